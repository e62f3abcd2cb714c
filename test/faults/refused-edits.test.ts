// An edit whose record the store took and whose process died before anything else. Only Discord knows what its requester
// was told: who read that nothing is charged is not charged, and nobody else is forgotten.
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Interaction } from '../../sandbox/discord/discord.ts';
import type { Lab } from '../lab.ts';
import { createProxy } from '../redis-proxy.ts';
import { noRedis, startRedis } from '../redis-server.ts';
import { pause } from '../support.ts';
import { asked, delivered, everyTime, expectOnce, inLab, runsOf } from './own-lab.ts';

const minuteMs = 60_000;
const readReply = { method: 'GET', path: /%40original|@original/ };
const reads = (lab: Lab) =>
  lab.discord.standIn.requests.filter(({ method, path }) => method === readReply.method && readReply.path.test(path));

/** As in production, a start finds what is left at once. */
const left = { idle: true, timing: { rescanMs: 3_000 } };

/** A bot saves the edit and comes no further. */
async function leaveBehind(lab: Lab): Promise<Interaction> {
  const saved = Promise.withResolvers<void>();
  await lab.start({
    at(moment) {
      if (moment !== 'accepted') return undefined;
      saved.resolve();
      return new Promise(() => {});
    },
  });
  const interaction = lab.edit('sepia');
  await saved.promise;
  await lab.stop();
  return interaction;
}

/** What the process that died had answered: `refuse` in words to the requester alone, `defer` with "thinking…". */
async function answer(lab: Lab, { id, token }: Interaction, how: 'refuse' | 'defer'): Promise<void> {
  const body =
    how === 'defer'
      ? { type: 5 }
      : { type: 4, data: { content: "I can't take edits right now. Nothing was charged.", flags: 64 } };
  const { status } = await fetch(`${lab.discord.url}/v10/interactions/${id}/${token}/callback`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(status).toBe(204);
}

const notRun = (lab: Lab, { id }: Interaction) =>
  lab.until('it is not run', () => lab.logs.some(({ edit, msg }) => edit === id && msg.includes('is not run')));

describe.concurrent('an edit that another process left untouched', { timeout: 60_000 }, () => {
  it.each([0, 2 * minuteMs])('is not run when its requester was refused, %i ms later', (ms) =>
    inLab(left, async (lab) => {
      const interaction = await leaveBehind(lab);
      await answer(lab, interaction, 'refuse');
      lab.clock.move(ms);
      await lab.start();
      await notRun(lab, interaction);
      await lab.stop();
      await lab.start();
      const next = lab.edit('blur');
      await delivered(lab, [next]);
      expect(runsOf(lab, interaction.id)).toEqual([]);
      expect(interaction.original()?.content).toContain('Nothing was charged');
      expect(interaction.followups()).toEqual([]);
    }),
  );

  it('is not run when its requester is refused while it is looked at', () =>
    inLab(left, async (lab) => {
      const interaction = await leaveBehind(lab);
      await lab.start();
      await lab.discord.standIn.request(({ path }) => readReply.path.test(path));
      await answer(lab, interaction, 'refuse');
      await notRun(lab, interaction);
      expect(lab.runs()).toEqual([]);
    }));

  it.each([0, 16 * minuteMs])('is run when its reply waits for it, %i ms later', (ms) =>
    inLab(left, async (lab) => {
      const interaction = await leaveBehind(lab);
      await answer(lab, interaction, 'defer');
      lab.clock.move(ms);
      if (ms > 0) lab.discord.expireToken(interaction);
      await lab.start();
      await delivered(lab, [interaction]);
      expectOnce(lab, interaction);
      expect(reads(lab)).toHaveLength(ms > 0 ? 0 : 1);
    }),
  );

  it('is run when nobody was answered and nobody can be any more', () =>
    inLab(left, async (lab) => {
      const interaction = await leaveBehind(lab);
      await lab.start();
      await delivered(lab, [interaction]);
      expectOnce(lab, interaction);
    }));

  it('waits until Discord says how it was answered', () =>
    inLab(left, async (lab) => {
      const interaction = await leaveBehind(lab);
      await answer(lab, interaction, 'refuse');
      lab.discord.standIn.fault({ ...readReply, kind: 'answer', status: 503, times: everyTime });
      await lab.start();
      await lab.until('several looks', () => reads(lab).length >= 3);
      expect(lab.runs()).toEqual([]);
      lab.discord.standIn.clearFaults();
      await notRun(lab, interaction);
    }));

  it.each([
    { what: 'its reply was deleted', answered: 'defer', deleted: true, ms: 0 },
    { what: 'its refusal cannot be read any more', answered: 'refuse', deleted: false, ms: 16 * minuteMs },
  ] as const)('is not run, and its requester is told, when $what', ({ answered, deleted, ms }) =>
    inLab(left, async (lab) => {
      const interaction = await leaveBehind(lab);
      await answer(lab, interaction, answered);
      if (deleted) {
        await fetch(
          `${lab.discord.url}/v10/webhooks/${lab.discord.world.application.id}/${interaction.token}/messages/@original`,
          { method: 'DELETE' },
        );
      }
      lab.clock.move(ms);
      if (ms > 0) lab.discord.expireToken(interaction);
      await lab.start();
      const said = () => [...interaction.followups(), ...lab.discord.messages('dm-mia')].map(({ content }) => content);
      await lab.until('told', () => said().some((text) => text.includes('before it was started')));
      expect(said().join()).toContain('Nothing was charged');
      await pause(300);
      expect(lab.runs()).toEqual([]);
    }),
  );
});

it('the usual edit asks nothing', () =>
  inLab({}, async (lab) => {
    const interaction = lab.edit('sepia');
    await delivered(lab, [interaction]);
    expectOnce(lab, interaction);
    expect(reads(lab)).toEqual([]);
    expect(asked(lab, 'POST', /\/runs$/)).toHaveLength(1);
  }));

it.skipIf(noRedis)('an edit that two processes may have heard is not run when the other one refused it', async () => {
  const redis = await startRedis();
  const proxy = await createProxy(new URL(redis.url()));
  onTestFinished(() => {
    proxy.close();
    return redis.kill();
  });
  await inLab({ env: { STORE_URL: proxy.url } }, async (lab) => {
    // Who handles an interaction cannot be asked in time, but it can still be saved.
    proxy.delay(340);
    const interaction = lab.edit('sepia');
    await answer(lab, interaction, 'refuse');
    await notRun(lab, interaction);
    expect(runsOf(lab, interaction.id)).toEqual([]);
    expect(interaction.original()?.content).toContain('Nothing was charged');
    // Both answered it; what counts is that only the first answer is true.
    await lab.stop();
    const answeredTwice = lab.discord.violations.splice(0);
    expect(new Set(answeredTwice.map(({ rule }) => rule))).toEqual(new Set(['acknowledged-twice']));
  });
});
