// Runflow on a bad day: slow, silent, out of words, refusing, away for minutes. Edits go on when it comes back, what
// cannot be mended is closed with a reason, and the number of requests stays small meanwhile.

import { describe, expect, it } from 'vitest';
import { type Lab, stamp } from '../lab.ts';
import { mia, minuteMs, pause } from '../support.ts';
import {
  asked,
  creates,
  delivered,
  downloadOutput,
  everyTime,
  expectOnce,
  failedEdits,
  htmlPage,
  inLab,
  listRuns,
  lists,
  runsOf,
  shown,
} from './own-lab.ts';

const read = { method: 'GET', path: /^\/v1\/runs\/[^?/]+$/ };
const listOrRead = { method: 'GET', path: /^\/v1\/runs/ };
/** The list that is read at every start is not in the way. */
const noRecovery = { RECOVER_LOOKBACK_MINUTES: '0' };

const reads = (lab: Lab) => asked(lab, 'GET', read.path);
const downloads = (lab: Lab) => asked(lab, 'GET', downloadOutput.path);

describe.concurrent('answers', { timeout: 60_000 }, () => {
  it.each([{ callbacks: true }, { callbacks: false }])('may be slow (callbacks: $callbacks)', ({ callbacks }) =>
    inLab({ callbacks }, async (lab) => {
      lab.runflow.standIn.fault({ path: /^\//, kind: 'delay', ms: 400, times: everyTime });
      const interactions = ['blur', 'sepia', 'blur [expired]'].map((prompt) => lab.edit(prompt));
      await delivered(lab, interactions);
      for (const interaction of interactions) expectOnce(lab, interaction);
      expect(creates(lab)).toHaveLength(3);
    }),
  );

  it('may be HTML, empty or of another shape, in the list and when a run is read', () =>
    inLab({ callbacks: false }, async (lab) => {
      const { standIn } = lab.runflow;
      for (const where of [listRuns, read]) {
        standIn.fault({ ...where, kind: 'answer', ...htmlPage });
        standIn.fault({ ...where, kind: 'answer', status: 200, body: '' });
        standIn.fault({ ...where, kind: 'answer', status: 200, body: { items: 'none', id: 7 } });
        standIn.fault({ ...where, kind: 'truncate', bytes: 20 });
      }
      const interactions = [lab.edit('blur'), lab.edit('sepia [expired]')];
      await delivered(lab, interactions);
      for (const interaction of interactions) expectOnce(lab, interaction);
    }));
});

describe.concurrent('an output', { timeout: 60_000 }, () => {
  it.each([
    { what: 'expired for good', fault: { kind: 'answer', status: 403 }, words: 'could not be fetched' },
    { what: 'no picture for good', fault: { kind: 'answer', ...htmlPage }, words: 'not a picture' },
  ] as const)('that is $what is closed after a few attempts, each with a fresh address', ({ fault, words }) =>
    inLab({}, async (lab) => {
      lab.runflow.standIn.fault({ ...downloadOutput, ...fault, times: everyTime });
      const message = await lab.edit('blur').replied(20_000);
      expect(message.content).toContain(words);
      expect(downloads(lab)).toHaveLength(5);
      expect(new Set(downloads(lab).map(({ path }) => path)).size).toBe(5);
      expect(failedEdits(lab)).toHaveLength(1);
    }),
  );

  it.each([
    { what: 'away', fault: { kind: 'answer', status: 502 } },
    { what: 'cut', fault: { kind: 'truncate', bytes: 1_000 } },
    { what: 'unreachable', fault: { kind: 'reset' } },
  ] as const)('whose server is $what is fetched when that is over, or closed after an hour', ({ fault }) =>
    inLab({}, async (lab) => {
      const { standIn } = lab.runflow;
      standIn.fault({ ...downloadOutput, ...fault, times: everyTime });
      const saved = lab.edit('blur');
      await lab.until('attempts', () => downloads(lab).length >= 4);
      lab.clock.move(10 * minuteMs);
      await lab.until('more attempts', () => downloads(lab).length >= 6);
      standIn.clearFaults();
      await delivered(lab, [saved]);
      expectOnce(lab, saved);

      standIn.fault({ ...downloadOutput, ...fault, times: everyTime });
      const lost = lab.edit('sepia');
      const before = downloads(lab).length;
      await lab.until('attempts again', () => downloads(lab).length >= before + 3);
      lab.clock.move(61 * minuteMs);
      await lab.until('closed', () => failedEdits(lab).length === 1, 20_000);
      expect(failedEdits(lab)[0]).toMatchObject({ edit: lost.id, reason: 'output-gone' });
      expect(downloads(lab).length).toBeLessThan(before + 12);
    }),
  );

  it.each([
    { what: 'stops', fault: { kind: 'trickle', bytes: 0 } },
    { what: 'trickles', fault: { kind: 'trickle', bytes: 4_000 } },
  ] as const)('that $what holds up nobody else, and is fetched when that is over', ({ fault }) =>
    inLab({}, async (lab) => {
      const { standIn } = lab.runflow;
      const staller = lab.edit('blur', { count: 4 });
      const ofStaller = ({ path }: { path: string }) => runsOf(lab, staller.id).some(({ id }) => path.includes(id));
      standIn.fault({ ...downloadOutput, ...fault, times: everyTime, when: ofStaller });
      await lab.until('its download', () => downloads(lab).length > 0);
      const since = Date.now();
      const others = Array.from({ length: 5 }, () => lab.edit('sepia'));
      await delivered(lab, others, 3_000);
      expect(Date.now() - since).toBeLessThan(3_000);
      await lab.until('another attempt', () => downloads(lab).filter(ofStaller).length > 4);
      standIn.clearFaults();
      await delivered(lab, [staller]);
      expect(shown(lab, staller.id)).toHaveLength(1);
      for (const other of others) expectOnce(lab, other);
    }),
  );

  it('that can neither be had nor be asked about is closed after a day', () =>
    inLab({}, async (lab) => {
      lab.runflow.standIn.fault({ ...downloadOutput, kind: 'answer', status: 403, times: everyTime });
      lab.runflow.standIn.fault({ ...read, kind: 'answer', status: 500, times: everyTime });
      const interaction = lab.edit('blur');
      await lab.until('attempts', () => reads(lab).length >= 3);
      lab.clock.move(25 * 60 * minuteMs);
      await lab.until('closed', () => failedEdits(lab).length === 1);
      expect(failedEdits(lab)[0]).toMatchObject({ edit: interaction.id, reason: 'output-gone' });
    }));
});

describe.concurrent('waiting for a run', { timeout: 60_000 }, () => {
  it('asks ever more seldom while Runflow is away, however many begin to wait meanwhile', () =>
    inLab({ callbacks: false, env: noRecovery }, async (lab) => {
      lab.runflow.standIn.fault({ ...listOrRead, kind: 'answer', status: 503, times: everyTime });
      const interactions = [];
      for (let index = 0; index < 30; index += 1) {
        interactions.push(lab.edit('blur'));
        await pause(100);
      }
      // 40 ms doubled again and again: 7 pauses reach 3 s. One read tells whether only the list is away.
      expect(lists(lab).length + reads(lab).length).toBeLessThan(15);
      expect(lab.logs.filter(({ msg }) => msg.startsWith('polling failed'))).toHaveLength(1);
      lab.runflow.standIn.clearFaults();
      await delivered(lab, interactions, 20_000);
      for (const interaction of interactions) expectOnce(lab, interaction);
    }));

  it('reads the runs one by one, a few at a time, while only the list is away', () =>
    inLab({ callbacks: false, env: noRecovery }, async (lab) => {
      lab.runflow.standIn.fault({ ...listRuns, kind: 'answer', status: 500, times: everyTime });
      lab.runflow.hold();
      const unreadable = lab.edit('blur');
      await lab.until('its run', () => lab.runs().length === 1);
      const [run] = lab.runs();
      const only = ({ path }: { path: string }) => path.endsWith(`/${run?.id}`);
      lab.runflow.standIn.fault({ ...read, kind: 'answer', status: 500, times: everyTime, when: only });
      const interactions = Array.from({ length: 20 }, () => lab.edit('sepia'));
      await lab.until('all runs', () => lab.runs().length === 21);
      const since = Date.now();
      await lab.until('a read of each', () => new Set(reads(lab).map(({ path }) => path)).size === 21);
      await pause(1_000);
      // At most ten with each poll, and a poll in 50 ms at most.
      expect(reads(lab).length).toBeLessThan(10 * (2 + (Date.now() - since) / 50));
      const askedFor = lists(lab).length;
      expect(askedFor).toBeLessThan(12);
      lab.runflow.release();
      await delivered(lab, interactions);
      for (const interaction of interactions) expectOnce(lab, interaction);
      expect(lab.logs.filter(({ msg }) => msg.startsWith('the run list is away'))).toHaveLength(1);
      lab.runflow.standIn.clearFaults();
      await delivered(lab, [unreadable]);
      await lab.until('the list again', () => lists(lab).length > askedFor);
    }));

  it('keeps to Retry-After', () =>
    inLab({ callbacks: false, env: noRecovery }, async (lab) => {
      const headers = { 'retry-after': '2' };
      lab.runflow.standIn.fault({ ...listRuns, kind: 'answer', status: 429, headers, body: { code: 'RATE_LIMITED' } });
      const first = lab.edit('blur');
      await lab.until('the refusal', () => lists(lab).length === 1);
      const second = lab.edit('sepia');
      await delivered(lab, [first, second]);
      const [refused, next] = lists(lab);
      expect((next?.at ?? 0) - (refused?.at ?? 0)).toBeGreaterThanOrEqual(1_990);
    }));

  it('is ended by a callback while polls fail', () =>
    inLab({ timing: { callbackOverdueMs: 100 } }, async (lab) => {
      lab.runflow.standIn.fault({ ...listOrRead, kind: 'answer', status: 503, times: everyTime });
      const overdue = lab.edit('blur [nocallback]');
      await lab.until('a failed poll', () => lists(lab).length > 1);
      const interaction = lab.edit('sepia');
      await delivered(lab, [interaction]);
      expectOnce(lab, interaction);
      expect(shown(lab, overdue.id)).toEqual([]);
      lab.runflow.standIn.clearFaults();
      await delivered(lab, [overdue]);
    }));

  it('goes on for the others when one run cannot be read', () =>
    inLab({ callbacks: false, env: { RUN_TIMEOUT_MINUTES: '0.01' } }, async (lab) => {
      const stuck = lab.edit('blur [stuck]');
      await stuck.replied();
      const [run] = lab.runs();
      const only = ({ path }: { path: string }) => path.endsWith(`/${run?.id}`);
      lab.runflow.standIn.fault({ ...read, kind: 'answer', status: 500, times: everyTime, when: only });
      await lab.until('reads of it', () => reads(lab).length > 6);
      const interaction = lab.edit('sepia');
      await delivered(lab, [interaction]);
      expect(lab.logs.filter(({ msg }) => msg.startsWith('polling failed'))).toEqual([]);
    }));

  it('goes on for the others when many that have ended cannot be read', () =>
    inLab({ callbacks: false, env: noRecovery }, async (lab) => {
      // The list leaves out how they ended.
      lab.runflow.plan({ tellings: [{ to: 'list', output: 'none' }] }, 31);
      const stuck = Array.from({ length: 30 }, () => lab.discord.slash(mia, 'edit', { image: stamp, prompt: 'blur' }));
      const ofStuck = ({ path }: { path: string }) =>
        stuck.some(({ id }) => runsOf(lab, id).some((run) => path.endsWith(`/${run.id}`)));
      lab.runflow.standIn.fault({ ...read, kind: 'answer', ...htmlPage, status: 404, times: everyTime, when: ofStuck });
      await lab.until('reads of them', () => reads(lab).filter(ofStuck).length > 60);
      const interaction = lab.edit('sepia');
      await delivered(lab, [interaction]);
      lab.runflow.standIn.clearFaults();
      await delivered(lab, stuck);
      for (const one of stuck) expectOnce(lab, one);
    }));

  it('finds a run behind several pages, and begins anew when a cursor is not taken any more', () =>
    inLab({ callbacks: false }, async (lab) => {
      lab.runflow.hold();
      const interaction = lab.edit('sepia');
      await lab.until('the run', () => lab.runs()[0]?.status_code === 'running');
      const [run] = lab.runs();
      if (!run) throw new Error('no run');
      const addForeign = (id: string) =>
        lab.runflow.runs.set(id, {
          ...run,
          id,
          client_ref: null,
          metadata: null,
          created_at: new Date().toISOString(),
        });
      for (let index = 0; index < 1_200; index += 1) addForeign(`foreign-${index}`);
      let stale: string | null = null;
      lab.runflow.standIn.fault({
        ...listRuns,
        kind: 'answer',
        status: 422,
        body: { code: 'VALIDATION_ERROR', message: 'Not a cursor' },
        times: everyTime,
        when({ path }) {
          const cursor = new URL(path, lab.runflow.url).searchParams.get('pq');
          if (stale === null && cursor !== null) {
            stale = cursor;
            addForeign('foreign-later');
          }
          return cursor !== null && cursor === stale;
        },
      });
      lab.runflow.release();
      await delivered(lab, [interaction]);
      expect(lab.runs().filter(({ client_ref }) => client_ref === interaction.id)).toHaveLength(1);
      expect(lists(lab).length).toBeLessThan(100);
    }));

  it('ends although the cursors of the list lead in a circle, and the run is not in it', () =>
    inLab({ callbacks: false, env: noRecovery }, async (lab) => {
      lab.runflow.pageForm = { cursor: 'loop' };
      const items = [{ id: 'foreign', status_code: 'running', created_at: new Date(Date.now() + 1_000).toISOString() }];
      const body = { items, next_pq: 'first-page' };
      lab.runflow.standIn.fault({ ...listRuns, kind: 'answer', status: 200, body, times: everyTime });
      const interaction = lab.edit('blur');
      await delivered(lab, [interaction]);
      expectOnce(lab, interaction);
      expect(lists(lab).length).toBeLessThan(20);
    }));

  it('reads a run before it is given up, for the process may have been away while it ended', () =>
    inLab({ callbacks: false }, async (lab) => {
      const start = async (prompt: string) => {
        lab.runflow.hold();
        const interaction = lab.edit(prompt);
        const known = () => lab.runs().find(({ client_ref }) => client_ref === interaction.id);
        await lab.until('the run', () => known() !== undefined);
        await lab.until('its id', () => lists(lab).length > 0 || reads(lab).length > 0);
        await lab.stop();
        lab.runflow.release();
        await lab.until('the end', () => known()?.status_code === 'succeeded');
        return interaction;
      };
      const short = await start('blur');
      lab.clock.move(20 * minuteMs);
      await lab.start();
      await delivered(lab, [short]);
      expect(lab.discord.messages('general').filter(({ content }) => content.includes('longer than usual'))).toEqual(
        [],
      );
      const long = await start('sepia');
      lab.clock.move(25 * 60 * minuteMs);
      lab.runflow.standIn.fault({ path: /^\/v1\//, kind: 'answer', status: 503, times: 6 });
      await lab.start();
      await delivered(lab, [long]);
      for (const interaction of [short, long]) expectOnce(lab, interaction);
      expect(failedEdits(lab)).toEqual([]);
    }));
});
