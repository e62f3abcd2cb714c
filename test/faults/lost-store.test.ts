// The database file is gone when the bot starts. Runflow's list still tells of the runs of the last hour: what the
// channel does not show is delivered once, what it shows is left alone, and what is not ours is not touched.

import { rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { Interaction } from '../../sandbox/discord/discord.ts';
import type { Run } from '../../sandbox/runflow/runflow.ts';
import { type Lab, storePath } from '../lab.ts';
import { at, mia, minuteMs, noah, pause } from '../support.ts';
import { delivered, expectOnce, inLab, lists, pixelPng, runsOf, shown } from './own-lab.ts';

const quiet = { msg: 'runs that the store did not know were taken up again' };

async function loseStore(lab: Lab): Promise<void> {
  const path = storePath(lab);
  for (const suffix of ['', '-wal', '-shm']) await rm(path + suffix, { force: true });
}

async function runOf(lab: Lab, interaction: Interaction): Promise<Run> {
  await lab.until('the run', () => runsOf(lab, interaction.id).length === 1);
  const [run] = runsOf(lab, interaction.id);
  if (!run) throw new Error('no run');
  return run;
}

const ended = (lab: Lab, run: Run) => lab.until('the end', () => run.completed_at !== null);

/** Moves a run into the past. */
function age(run: Run, ms: number): void {
  run.created_at = new Date(Date.now() - ms).toISOString();
}

/** A run that somebody made with this account, finished. */
async function makeRun(lab: Lab, metadata: unknown): Promise<Run> {
  const known = lab.runs().length;
  const response = await fetch(`${lab.runflow.url}/v1/models/black-forest-labs/flux-2-klein-9b/edit/runs`, {
    method: 'POST',
    headers: { authorization: 'Bearer sandbox-key', 'content-type': 'application/json' },
    body: JSON.stringify({
      input: { prompt: 'blur', image_urls: [`data:image/png;base64,${pixelPng}`] },
      metadata: {},
    }),
  });
  expect(response.status).toBe(201);
  const run = lab.runs()[known];
  if (!run) throw new Error('no run');
  // Whatever JSON can be: the stand-in's own check of requests is not what is tried here.
  Object.assign(run, { metadata });
  return run;
}

describe.concurrent('without its store, the bot', { timeout: 60_000 }, () => {
  it('delivers what was lost beside a record that cannot be read', () =>
    inLab({ callbacks: false }, async (lab) => {
      lab.runflow.hold();
      const lost = lab.edit('sepia');
      const lostRun = await runOf(lab, lost);
      const halved = lab.edit('blur');
      await runOf(lab, halved);
      expect(lab.runs()[0]).toBe(lostRun);
      await lab.stop();
      const database = new DatabaseSync(storePath(lab));
      database.prepare('DELETE FROM record WHERE key = ?').run(`edit:${lost.id}`);
      database.prepare('UPDATE record SET value = ? WHERE key = ?').run('{"half', `edit:${halved.id}`);
      database.close();
      lab.runflow.release();
      await lab.start();
      await delivered(lab, [lost]);
      expectOnce(lab, lost);
    }));

  it.each([
    { way: 'callback', callbacks: true },
    { way: 'poll', callbacks: false },
  ])('delivers what nobody saw, once, and nothing else ($way)', ({ callbacks }) =>
    inLab({ callbacks }, async (lab) => {
      const before = lab.edit('blur');
      const failed = lab.edit('blur [failed]');
      const flagged = lab.edit('blur [flagged]');
      await Promise.all([before, failed, flagged].map((interaction) => interaction.replied()));
      await delivered(lab, [before]);
      lab.runflow.hold();
      const finished = lab.edit('sepia');
      const waiting = lab.edit('invert', {}, at(noah, 'general-thread'));
      const direct = lab.edit('mirror', {}, at(mia, 'dm'));
      const runs = await Promise.all([finished, waiting, direct].map((interaction) => runOf(lab, interaction)));
      await lab.stop();
      await loseStore(lab);
      await lab.runflow.finish(runs[0]?.id ?? '');

      await lab.start();
      await delivered(lab, [before, finished]);
      lab.runflow.release();
      await delivered(lab, [waiting, direct]);
      await pause(500);
      for (const interaction of [before, finished, waiting, direct]) expectOnce(lab, interaction);
      expect(shown(lab, finished.id)[0]?.mentions).toEqual([lab.discord.world.user('mia').id]);
      expect([...shown(lab, failed.id), ...shown(lab, flagged.id)]).toEqual([]);
      expect(lab.results('general').every(({ content }) => !content.includes('flagged'))).toBe(true);

      // The next start knows them all.
      const lines = lab.logs.length;
      const posts = lab.discord.standIn.requests.length;
      await lab.stop();
      await lab.start();
      await pause(600);
      expect(lab.logs.slice(lines)).not.toContainEqual(expect.objectContaining(quiet));
      const written = lab.discord.standIn.requests.slice(posts).filter(({ method }) => method !== 'GET');
      expect(written).toEqual([]);
      for (const interaction of [before, finished, waiting, direct]) expectOnce(lab, interaction);
    }),
  );

  it('looks back an hour, or as far as it is told', () =>
    inLab({ idle: true, callbacks: false, env: { RECOVER_LOOKBACK_MINUTES: '120' } }, async (lab) => {
      await lab.start();
      lab.runflow.hold();
      const edits = [119, 121, 61].map((minutes) => ({ minutes, interaction: lab.edit('blur') }));
      const runs = await Promise.all(edits.map(({ interaction }) => runOf(lab, interaction)));
      await lab.stop();
      await loseStore(lab);
      lab.runflow.release();
      for (const [index, run] of runs.entries()) {
        await ended(lab, run);
        age(run, (edits[index]?.minutes ?? 0) * minuteMs);
      }
      delete lab.env.RECOVER_LOOKBACK_MINUTES;
      await lab.start();
      await pause(700);
      expect(lab.results()).toEqual([]);
      await lab.stop();
      lab.env.RECOVER_LOOKBACK_MINUTES = '120';
      await lab.start();
      await lab.until('two pictures', () => lab.results().length === 2);
      await pause(400);
      expect(edits.map(({ interaction }) => shown(lab, interaction.id).length)).toEqual([1, 0, 1]);
    }));

  it('takes up nothing that is older than what the store remembers of closed edits', () =>
    inLab({ callbacks: false }, async (lab) => {
      Object.assign(lab.env, { KEEP_EDITS_DAYS: '1', RECOVER_LOOKBACK_MINUTES: '2880' });
      const interaction = lab.edit('blur');
      await delivered(lab, [interaction]);
      const [message] = lab.results();
      lab.discord.deleteMessage(message?.id ?? '');
      age(await runOf(lab, interaction), 30 * 60 * minuteMs);
      await lab.stop();
      // As after a day: the store has forgotten the edit, whose picture its requester took down.
      await loseStore(lab);
      await lab.start();
      await pause(700);
      expect(lab.results()).toEqual([]);
    }));

  it('waits for a Runflow that is away at the start, and then takes what was recent at the start', () =>
    inLab({ callbacks: false }, async (lab) => {
      lab.runflow.hold();
      const interaction = lab.edit('blur');
      const run = await runOf(lab, interaction);
      await lab.stop();
      await loseStore(lab);
      lab.runflow.release();
      await ended(lab, run);
      age(run, 58 * minuteMs);
      lab.runflow.standIn.fault({ path: /^\/v1\//, kind: 'answer', status: 503, times: 1_000 });
      await lab.start();
      await lab.until('some attempts', () => lists(lab).length >= 3);
      lab.clock.move(10 * minuteMs);
      lab.runflow.standIn.clearFaults();
      await delivered(lab, [interaction]);
      expectOnce(lab, interaction);
      // It asked again with pauses, not at once.
      expect(lists(lab).length).toBeLessThan(15);
    }));

  it('leaves alone what other bots and other programs made, and what only looks like its own', () =>
    inLab({ callbacks: false }, async (lab) => {
      await lab.stop();
      const { world } = lab.discord;
      const own = {
        app: 'darkroom',
        application_id: world.application.id,
        edit_id: '1456000000000000001',
        channel_id: world.channel('general').id,
        user_id: world.user('mia').id,
        guild_id: world.guild.id,
        age_restricted: false,
      };
      const others: unknown[] = [
        null,
        {},
        'darkroom',
        [own],
        { ...own, app: 'lightroom' },
        { ...own, app: ['darkroom'] },
        { ...own, application_id: '1' },
        { ...own, application_id: null },
        { ...own, edit_id: 1_456 },
        { ...own, edit_id: '../../../users/@me' },
        { ...own, edit_id: '1'.repeat(500) },
        { ...own, edit_id: { toString: 'x' } },
        { ...own, channel_id: `${own.channel_id}/messages` },
        { ...own, channel_id: null },
        { ...own, user_id: '@everyone' },
        { ...own, guild_id: 7 },
      ];
      for (const metadata of others) await makeRun(lab, metadata);
      const broken = await makeRun(lab, { ...own, edit_id: '1456000000000000002' });
      Object.assign(broken, { input: { prompt: { text: 'x' }, image_urls: 'none' } });
      const odd = await makeRun(lab, { ...own, age_restricted: 'perhaps', more: { deep: [1] } });
      for (const run of lab.runs()) await ended(lab, run);
      await loseStore(lab);
      await lab.start();
      // Only one is ours, and no reply waits for it.
      const dropped = () => lab.logs.filter(({ msg }) => msg.startsWith('a result is not posted'));
      await lab.until('the one that is ours', () => dropped().length === 1);
      await pause(500);
      expect(dropped()).toMatchObject([{ edit: own.edit_id, run: odd.id }]);
      expect(lab.results()).toEqual([]);
      expect(lab.discord.standIn.requests.filter(({ path }) => path.includes('@me/'))).toEqual([]);
    }));

  it('does not take a button of another edit, or a person, for the picture being shown', () =>
    inLab({}, async (lab) => {
      const other = lab.edit('blur');
      await other.replied();
      lab.runflow.hold();
      const interaction = lab.edit('sepia');
      const run = await runOf(lab, interaction);
      lab.discord.post(mia, `again:${interaction.id}`);
      await lab.stop();
      await loseStore(lab);
      lab.runflow.release();
      await ended(lab, run);
      await lab.start();
      await delivered(lab, [interaction, other]);
      expectOnce(lab, interaction);
      expectOnce(lab, other);
    }));
});
