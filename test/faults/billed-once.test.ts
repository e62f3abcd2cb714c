// Billed once: another create request leaves only when it is certain that the first created nothing, and only from the
// process that works on the edit. The line in front of Runflow, and what those who wait are told.

import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { move } from '../../src/edit/moves.ts';
import { createRecords } from '../../src/edit/records.ts';
import { createSqliteStore } from '../../src/store/sqlite.ts';
import { directMessages } from '../bot/review-cards.ts';
import { type Lab, storePath } from '../lab.ts';
import { pause } from '../support.ts';
import {
  createRun,
  creates,
  delivered,
  everyTime,
  expectOnce,
  failedEdits,
  inLab,
  listRuns,
  lists,
} from './own-lab.ts';

/** What another process finds after a minute: a lapsed lease, which it takes. */
async function takeLease(lab: Lab, id: string, leaseMs: number): Promise<void> {
  const database = new DatabaseSync(storePath(lab));
  database.prepare('UPDATE claim SET expires = 0 WHERE key = ?').run(`edit:${id}`);
  database.close();
  const other = createSqliteStore(storePath(lab));
  expect(await other.claim(`edit:${id}`, leaseMs)).toBeDefined();
  await other.close();
}

const noRecovery = { RECOVER_LOOKBACK_MINUTES: '0' };

describe.concurrent('a second create request', { timeout: 60_000 }, () => {
  it.each([
    { what: 'the list shows the run late', runflow: { listLagMs: 1_500 }, fault: { kind: 'reset-after' } },
    { what: 'the run is created late', runflow: {}, fault: { kind: 'delay', ms: 1_500 } },
  ] as const)('does not leave when $what', ({ runflow, fault }) =>
    inLab({ runflow, callbacks: false, env: noRecovery, timing: { answerMs: 200, certainMs: 3_000 } }, async (lab) => {
      lab.runflow.standIn.fault({ ...createRun, ...fault });
      const interaction = lab.edit('sepia');
      await delivered(lab, [interaction]);
      expect(creates(lab)).toHaveLength(1);
      expectOnce(lab, interaction);
      // It does not wait for the end of the doubt: the first looks are as early as ever.
      const [created] = creates(lab);
      expect((lists(lab)[0]?.at ?? 0) - (created?.at ?? 0)).toBeLessThan(2_500);
    }),
  );

  it('leaves when the doubt is over, and no sooner', () =>
    inLab({ callbacks: false, env: noRecovery, timing: { certainMs: 1_500 } }, async (lab) => {
      lab.runflow.standIn.fault({ ...createRun, kind: 'reset' });
      const interaction = lab.edit('sepia');
      await delivered(lab, [interaction]);
      const [first, second] = creates(lab);
      expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1_450);
      expectOnce(lab, interaction);
    }));

  it('leaves soon after Runflow answered itself that the model is down', () =>
    inLab({ env: noRecovery, timing: { certainMs: 20_000 } }, async (lab) => {
      const interaction = lab.edit('sepia [unavailable]');
      await delivered(lab, [interaction], 10_000);
      expect(creates(lab)).toHaveLength(2);
      expect(lists(lab).length).toBeGreaterThan(0);
      expectOnce(lab, interaction);
    }));

  it('does not leave from a process that stood still until another one had taken over', () =>
    inLab({ callbacks: false, env: noRecovery, idle: true }, async (lab) => {
      let stoodStill = false;
      await lab.start({
        async at(moment, id) {
          if (moment !== 'sending' || stoodStill) return;
          stoodStill = true;
          await takeLease(lab, id, 1_000);
        },
      });
      const interaction = lab.edit('sepia');
      await delivered(lab, [interaction]);
      expect(stoodStill).toBe(true);
      expect(creates(lab)).toHaveLength(1);
      // A look came in place of the request that was about to leave.
      expect(lists(lab)[0]?.at ?? Number.POSITIVE_INFINITY).toBeLessThan(creates(lab)[0]?.at ?? 0);
      expectOnce(lab, interaction);
    }));

  it('never leaves while the list cannot be read, and then nobody is told that it was free', () =>
    inLab({ callbacks: false, env: noRecovery }, async (lab) => {
      lab.runflow.standIn.fault({ ...createRun, kind: 'reset' });
      lab.runflow.standIn.fault({ ...listRuns, kind: 'answer', status: 500, times: everyTime });
      const interaction = lab.edit('sepia');
      await lab.until('looks', () => lists(lab).length >= 3);
      lab.clock.move(25 * 3_600_000);
      await lab.until('given up', () => failedEdits(lab).length === 1);
      expect(failedEdits(lab)[0]).toMatchObject({ edit: interaction.id, reason: 'uncertain' });
      expect(creates(lab)).toHaveLength(1);
      const said = () => directMessages(lab, 'mia');
      await lab.until('told', () => said().join('\n').includes('may have been charged'));
    }));
});

describe.concurrent('the line in front of Runflow', { timeout: 60_000 }, () => {
  it('pauses as a whole, and takes everybody, when Runflow allows few a second', () =>
    inLab({ runflow: { createsPerSecond: 10 }, env: noRecovery }, async (lab) => {
      const interactions = Array.from({ length: 60 }, () => lab.edit('blur'));
      await delivered(lab, interactions, 40_000);
      expect(failedEdits(lab)).toEqual([]);
      expect(lab.runs()).toHaveLength(60);
      // One refusal or a few a second, not one for everybody who waits.
      expect(creates(lab).length).toBeLessThan(110);
    }));

  it('goes on when a Runflow that cannot be reached is back, however long that took', () =>
    inLab({ env: noRecovery }, async (lab) => {
      const headers = { 'retry-after': '0' };
      lab.runflow.standIn.fault({ ...createRun, kind: 'answer', status: 429, headers, times: 12 });
      const interactions = [lab.edit('blur'), lab.edit('sepia')];
      await delivered(lab, interactions);
      for (const interaction of interactions) expectOnce(lab, interaction);
    }));

  it('is not held up by an edit that another process closed while it was first in line', () =>
    inLab({ env: noRecovery }, async (lab) => {
      const headers = { 'retry-after': '2' };
      lab.runflow.standIn.fault({ ...createRun, kind: 'answer', status: 429, headers });
      const first = lab.edit('blur');
      await lab.until('a line', () => lab.logs.some(({ msg }) => msg.startsWith('create request not taken')));
      const second = lab.edit('sepia');
      await second.acknowledged;
      const store = createSqliteStore(storePath(lab));
      const records = createRecords(store, 60_000);
      await expect.poll(async () => (await records.load(first.id))?.state).toBe('accepted');
      const found = await records.find(first.id);
      if (!found) throw new Error('no record');
      const gone = move(found.edit, { type: 'deleted', by: 'mia' }, Date.now());
      expect(await records.save(gone, found.version)).toBeDefined();
      await store.close();
      await delivered(lab, [second]);
      const [refused, taken] = creates(lab);
      expect((taken?.at ?? 0) - (refused?.at ?? 0)).toBeLessThan(5_000);
      expect(lab.runs()).toHaveLength(1);
    }));

  it.each([
    { what: 'says that it need not wait', after: '0' },
    { what: 'has a clock that goes slow', after: new Date(Date.now() - 120_000).toUTCString() },
  ])('waits also for a Runflow that $what', ({ after }) =>
    inLab({ env: noRecovery, timing: { backoffMs: 1_000 } }, async (lab) => {
      const headers = { 'retry-after': after };
      const allow = lab.runflow.standIn.fault({ ...createRun, kind: 'answer', status: 429, headers, times: everyTime });
      const interaction = lab.edit('blur');
      await lab.until('a refusal', () => creates(lab).length > 0);
      await pause(2_000);
      expect(creates(lab).length).toBeLessThan(6);
      allow();
      await delivered(lab, [interaction]);
      expectOnce(lab, interaction);
    }),
  );

  it('is left after a while, before the reply can no longer say so', () =>
    inLab({ env: noRecovery, timing: { queueForMs: 1_500 } }, async (lab) => {
      lab.runflow.standIn.fault({ ...createRun, kind: 'answer', status: 429, times: everyTime });
      const interaction = lab.edit('blur');
      await lab.until('refusals', () => creates(lab).length >= 2);
      const said = () => interaction.followups()[0]?.content ?? '';
      await lab.until('given up', () => said().includes('too much to do'), 20_000);
      expect(said()).toContain('Nothing was charged');
    }));

  it('holds nobody up whose picture is finished', () =>
    inLab({ env: noRecovery }, async (lab) => {
      const finished = lab.edit('blur [stuck]');
      await lab.until('a run', () => lab.runs().length === 1);
      lab.runflow.standIn.fault({ ...createRun, kind: 'delay', ms: 6_000, times: 300 });
      for (let index = 0; index < 300; index += 1) lab.edit('sepia');
      await lab.until('a full line', () => creates(lab).length >= 17);
      const [run] = lab.runs();
      await lab.runflow.finish(run?.id ?? '');
      await delivered(lab, [finished], 3_000);
    }));
});

describe.concurrent('whoever waits for long', { timeout: 60_000 }, () => {
  const timing = { tellWaitMs: 300 };

  it.each([
    { what: 'for the run', words: 'still working', spoil: () => undefined, prompt: 'blur [slow]' },
    {
      what: 'in line',
      words: 'in line',
      prompt: 'blur',
      spoil: () => ({ ...createRun, kind: 'answer', status: 429, headers: { 'retry-after': '2' } }) as const,
    },
    {
      what: 'for a lost answer',
      words: 'looking for your edit',
      prompt: 'blur',
      spoil: () => ({ ...createRun, kind: 'reset' }) as const,
    },
    {
      what: 'for the picture to be fetched',
      words: 'finished',
      prompt: 'blur',
      spoil: () => ({ method: 'GET', path: /^\/outputs\//, kind: 'answer', status: 502, times: 4 }) as const,
    },
  ])('$what reads so, once, and then has the picture in its place', ({ words, spoil, prompt }) =>
    inLab({ runflow: { runMs: 60 }, env: noRecovery, timing: { ...timing, certainMs: 1_500 } }, async (lab) => {
      const fault = spoil();
      if (fault) lab.runflow.standIn.fault(fault);
      if (prompt.includes('slow')) lab.runflow.plan({ runMs: 1_200 });
      const interaction = lab.edit(prompt);
      const told = () =>
        lab.discord.standIn.requests.filter(
          ({ method, json }) => method === 'PATCH' && JSON.stringify(json ?? '').includes(words),
        );
      await lab.until('told', () => told().length > 0, 10_000);
      await delivered(lab, [interaction]);
      await pause(100);
      expect(told()).toHaveLength(1);
      expectOnce(lab, interaction);
      expect(lab.results()[0]?.content).not.toContain(words);
    }),
  );

  it.each([
    { what: 'that it takes a minute', lateMs: 61_000 },
    { what: 'that it takes very long', lateMs: 15 * 60_000 - 20_000 },
  ])('is not told $what by a process that stood still until another one had taken over', ({ lateMs }) =>
    inLab({ env: noRecovery, idle: true, runflow: { runMs: 60_000 } }, async (lab) => {
      let stoodStill = false;
      await lab.start({
        async at(moment, id) {
          if (moment !== 'running' || stoodStill) return;
          stoodStill = true;
          await takeLease(lab, id, 60_000);
          lab.clock.move(lateMs);
        },
      });
      lab.edit('sepia');
      await lab.until('the stop', () => stoodStill);
      await pause(500);
      expect(lab.discord.standIn.requests.filter(({ method }) => method === 'PATCH')).toEqual([]);
    }),
  );

  it('is told nothing when it is quick', () =>
    inLab({}, async (lab) => {
      const interaction = lab.edit('blur');
      await delivered(lab, [interaction]);
      const edits = lab.discord.standIn.requests.filter(({ method }) => method === 'PATCH');
      expect(edits).toHaveLength(1);
    }));
});
