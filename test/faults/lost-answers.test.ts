// Create requests whose answers were lost: the run is found again and adopted, and no second one is paid for. A second
// request leaves only after several whole looks into the list have found nothing.

import { describe, expect, it } from 'vitest';
import type { Run } from '../../sandbox/runflow/runflow.ts';
import type { Fault } from '../../sandbox/server.ts';
import type { Lab } from '../lab.ts';
import { pause } from '../support.ts';
import { createRun, creates, delivered, everyTime, expectOnce, htmlPage, inLab, listRuns, lists } from './own-lab.ts';

const down = { kind: 'answer', status: 503, body: { code: 'MODEL_UNAVAILABLE', message: 'down' } } as const;

const losses: readonly (Fault & { what: string })[] = [
  { what: 'no answer in time', ...createRun, kind: 'hang-after' },
  { what: 'a reset', ...createRun, kind: 'reset-after' },
  { what: 'a 500', ...createRun, kind: 'answer-after', status: 500 },
  { what: 'a 504 in HTML', ...createRun, kind: 'answer-after', ...htmlPage, status: 504 },
  { what: 'a 409', ...createRun, kind: 'answer-after', status: 409, body: { code: 'CONFLICT', message: 'refetch' } },
  { what: 'HTML that says 200', ...createRun, kind: 'answer-after', ...htmlPage },
  { what: 'half of an answer', ...createRun, kind: 'truncate', bytes: 40 },
];

function forget(run: Run, field: 'client_ref' | 'metadata'): void {
  run[field] = null;
}

/** What makes the run hard to find. */
const hidings: readonly { what: string; hide: (lab: Lab) => void }[] = [
  { what: 'the list is as it should be', hide: () => {} },
  {
    what: 'the list fails for a while',
    hide: ({ runflow }) => void runflow.standIn.fault({ ...listRuns, ...down, times: 3 }),
  },
  {
    what: 'the list is HTML, cut, reset and slow before it comes',
    hide({ runflow: { standIn } }) {
      standIn.fault({ ...listRuns, kind: 'answer', ...htmlPage });
      standIn.fault({ ...listRuns, kind: 'truncate', bytes: 30, skip: 0 });
      standIn.fault({ ...listRuns, kind: 'reset' });
      standIn.fault({ ...listRuns, kind: 'hang' });
      standIn.fault({ ...listRuns, kind: 'delay', ms: 200 });
    },
  },
  {
    what: 'the run has only metadata',
    hide: ({ runflow }) => void runflow.on('created', (run) => forget(run, 'client_ref')),
  },
  {
    what: 'the run has only client_ref',
    hide: ({ runflow }) => void runflow.on('created', (run) => forget(run, 'metadata')),
  },
  {
    what: 'it is on the third page',
    hide: (lab) => void lab.runflow.on('created', (run) => addForeign(lab, run, 1_100)),
  },
  ...(['next', 'url'] as const).map((cursor) => ({
    what: `it is on the third page, and the cursor stands in "${cursor}"`,
    hide(lab: Lab) {
      lab.runflow.pageForm = { cursor, items: 'data' };
      lab.runflow.on('created', (run) => addForeign(lab, run, 1_100));
    },
  })),
];

const cells = [
  ...losses.map((loss) => ({ loss, hiding: hidings[0] })),
  ...hidings.slice(1).map((hiding) => ({ loss: losses[1], hiding })),
].flatMap(({ loss, hiding }) => (loss && hiding ? [{ loss, hiding, name: `${loss.what}; ${hiding.what}` }] : []));

/** Runs of others that were created after this one. */
function addForeign(lab: Lab, after: Run, count: number): void {
  // One in the future is not listed yet.
  const created_at = new Date(Date.parse(after.created_at) + 1).toISOString();
  const template = { ...after, client_ref: null, metadata: { app: 'another' }, created_at };
  for (let index = 0; index < count; index += 1) {
    const id = `foreign-${index}`;
    lab.runflow.runs.set(id, { ...template, id });
  }
}

describe.concurrent('a lost create answer', { timeout: 60_000 }, () => {
  it.each(cells)('$name', ({ loss, hiding }) =>
    inLab({ callbacks: false, timing: { answerMs: 300 } }, async (lab) => {
      lab.runflow.standIn.fault(loss);
      hiding.hide(lab);
      const interaction = lab.edit('sepia');
      await delivered(lab, [interaction]);
      expect(creates(lab)).toHaveLength(1);
      expect(lab.runs().filter(({ id }) => !id.startsWith('foreign'))).toHaveLength(1);
      expect(lab.results()).toHaveLength(1);
    }),
  );

  it('is found although the list shows the run late', () =>
    inLab({ runflow: { listLagMs: 500 }, callbacks: false }, async (lab) => {
      lab.runflow.standIn.fault({ ...createRun, kind: 'reset-after' });
      const interaction = lab.edit('sepia');
      await delivered(lab, [interaction]);
      expectOnce(lab, interaction);
      expect(lists(lab).length).toBeGreaterThan(1);
    }));

  it('is not made up for while the list is too long to be read whole', () =>
    inLab({ callbacks: false }, async (lab) => {
      const { standIn } = lab.runflow;
      standIn.fault({ ...createRun, kind: 'reset-after' });
      const items = [{ id: 'foreign', status_code: 'running', created_at: new Date(Date.now() + 1_000).toISOString() }];
      standIn.fault({ ...listRuns, kind: 'answer', status: 200, body: { items, next_pq: 'more' }, times: everyTime });
      const interaction = lab.edit('sepia');
      await lab.until('several looks', () => lists(lab).length > 4 * 40, 20_000);
      expect(creates(lab)).toHaveLength(1);
      standIn.clearFaults();
      await delivered(lab, [interaction]);
      expectOnce(lab, interaction);
    }));

  it.each([
    { what: 'a full page has no cursor', form: { cursor: 'hidden' } },
    { what: 'its items cannot be read', form: { unreadable: true } },
  ] as const)('is not made up for while $what', ({ form }) =>
    inLab({ callbacks: false, env: { RECOVER_LOOKBACK_MINUTES: '0' } }, async (lab) => {
      lab.runflow.standIn.fault({ ...createRun, kind: 'reset-after' });
      lab.runflow.on('created', (run) => addForeign(lab, run, 600));
      lab.runflow.pageForm = form;
      const interaction = lab.edit('sepia');
      await lab.until('several looks', () => lists(lab).length > 6);
      expect(creates(lab)).toHaveLength(1);
      lab.runflow.pageForm = {};
      await delivered(lab, [interaction]);
      expectOnce(lab, interaction);
    }),
  );

  it('is followed by another request when the list has shown several times that there is no run', () =>
    inLab({ callbacks: false, timing: { answerMs: 300 }, env: { RECOVER_LOOKBACK_MINUTES: '0' } }, async (lab) => {
      const { standIn } = lab.runflow;
      standIn.fault({ ...createRun, kind: 'reset' });
      standIn.fault({ ...createRun, kind: 'hang' });
      const interaction = lab.edit('sepia');
      await delivered(lab, [interaction]);
      expectOnce(lab, interaction);
      expect(creates(lab)).toHaveLength(3);
      const [first, second] = creates(lab);
      const between = lists(lab).filter(({ at }) => at > (first?.at ?? 0) && at < (second?.at ?? 0));
      expect(between).toHaveLength(3);
    }));

  it('costs one listing for many edits that lost theirs together', () =>
    inLab({ callbacks: false, timing: { pollFirstMs: 60_000 } }, async (lab) => {
      lab.runflow.standIn.fault({ ...createRun, kind: 'reset-after', times: 40 });
      const interactions = Array.from({ length: 40 }, () => lab.edit('blur'));
      await lab.until('40 running', () => lab.logs.filter(({ msg }) => msg.startsWith('found the run')).length === 40);
      expect(lists(lab).length).toBeLessThan(8);
      expect(creates(lab)).toHaveLength(40);
      expect(new Set(lab.runs().map(({ client_ref }) => client_ref))).toEqual(
        new Set(interactions.map(({ id }) => id)),
      );
    }));
});

describe.concurrent('the same interaction', { timeout: 60_000 }, () => {
  it('twice, at once, later and after a restart, is one edit', () =>
    inLab({}, async (lab) => {
      lab.runflow.standIn.fault({ ...createRun, kind: 'reset-after' });
      const interaction = lab.edit('sepia');
      for (let index = 0; index < 4; index += 1) lab.discord.replay(interaction);
      await delivered(lab, [interaction]);
      lab.discord.replay(interaction);
      await lab.stop();
      await lab.start();
      lab.discord.replay(interaction);
      await pause(300);
      expectOnce(lab, interaction);
      expect(creates(lab)).toHaveLength(1);
    }));
});
