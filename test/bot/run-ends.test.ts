// The ends that Runflow's documents leave open: outputs, flags and statuses in every shape, with callbacks and by polls.
// The picture is posted once, nothing flagged is, and what is not said is asked for before it is acted on.

import { describe, expect, it } from 'vitest';
import type { Plan } from '../../sandbox/runflow/runflow.ts';
import { asked, delivered, expectOnce, failedEdits, inLab, listRuns, runsOf, shown } from '../faults/own-lab.ts';
import type { Lab, LabOptions } from '../lab.ts';
import { minuteMs, pause } from '../support.ts';

const read = /^\/v1\/runs\/[^/?]+(?:\?|$)/;
const reads = (lab: Lab) => asked(lab, 'GET', read);

/** Nothing else than the callback, or than the poll, brings the end. */
const ways: readonly [name: string, options: LabOptions][] = [
  ['by its callback', { timing: { callbackOverdueMs: 60_000 } }],
  ['by a poll', { callbacks: false }],
];

/** Waits until the requester was told that the result is not shown. */
const withheld = (lab: Lab, editId: string) =>
  lab
    .until('withheld', () =>
      lab.discord
        .visible('general', 'mia')
        .some(({ interactionId, content }) => interactionId === editId && content.includes('so I did not post it')),
    )
    .then(() => expect(shown(lab, editId)).toEqual([]));

describe.concurrent.each(ways)('an end that is known %s', { timeout: 60_000 }, (_name, options) => {
  it.each([
    'text',
    'list',
    'objects',
    'single',
    'image-urls',
    'image',
    'images',
    'image-url',
    'output-url',
    'mime-type',
    'capital',
    'untyped',
  ] as const)('has its picture in the shape "%s"', (output) =>
    inLab(options, async (lab) => {
      lab.runflow.plan({ tellings: [{ output }] });
      const interaction = lab.edit('blur');
      await delivered(lab, [interaction]);
      expectOnce(lab, interaction);
    }),
  );

  it.each([
    { tellings: [{ flag: 'text' }] },
    { tellings: [{ flag: 'number' }] },
    { tellings: [{ flag: 'object' }] },
    { tellings: [{ flag: 'list' }] },
    { tellings: [{ flag: 'on-outputs' }] },
    { tellings: [{ flag: 'model-data' }] },
    { tellings: [{ flag: 'text', output: 'single' }] },
    { tellings: [{ to: 'callback', output: 'image-urls' }] },
    { tellings: [{ to: 'callback', flag: 'absent' }] },
    { tellings: [{ to: 'list', flag: 'absent' }] },
    { tellings: [{ to: 'list', output: 'none' }] },
    { tellings: [{ to: 'callback', output: 'none' }] },
    { statusWord: 'Succeeded' },
    { statusWord: 'COMPLETED' },
    { statusWord: 'evaporated' },
  ] satisfies Plan[])('is flagged in every shape: %j', (plan) =>
    inLab(options, async (lab) => {
      lab.runflow.plan({ nsfw: true, ...plan });
      const interaction = lab.edit('blur');
      await withheld(lab, interaction.id);
    }),
  );

  it.each([
    { tellings: [{ flag: 'text' }] },
    { tellings: [{ flag: 'number' }] },
    { tellings: [{ flag: 'object' }] },
    { tellings: [{ flag: 'list' }] },
    { tellings: [{ flag: 'on-outputs' }] },
    { statusWord: 'success' },
    { statusWord: 'evaporated' },
  ] satisfies Plan[])('is plainly cleared in every shape: %j', (plan) =>
    inLab(options, async (lab) => {
      lab.runflow.plan({ nsfw: false, ...plan });
      const interaction = lab.edit('blur');
      await delivered(lab, [interaction]);
      expectOnce(lab, interaction);
    }),
  );

  it('that nobody flags anywhere is one that was not checked', () =>
    inLab(options, async (lab) => {
      lab.runflow.plan({ tellings: [{ flag: 'absent' }] });
      const interaction = lab.edit('blur');
      await delivered(lab, [interaction]);
      expectOnce(lab, interaction);
      expect(reads(lab).length).toBeGreaterThan(0);
    }));

  it('without an output is asked about again, for the store behind it may lag', () =>
    inLab(options, async (lab) => {
      lab.runflow.plan({ tellings: [{ output: 'none', times: 3 }] });
      const interaction = lab.edit('blur');
      await delivered(lab, [interaction]);
      expectOnce(lab, interaction);
    }));

  it.each([{ output: 'none' }, { output: 'empty' }, { output: 'film' }] as const)(
    'without a picture for good (%j) ends the edit, in words that do not say what it cost',
    (telling) =>
      inLab(options, async (lab) => {
        lab.runflow.plan({ tellings: [telling] });
        const message = await lab.edit('blur').replied(20_000);
        expect(message.content).toContain('not a picture');
        expect(message.content).not.toContain('Nothing was charged');
        expect(reads(lab).length).toBeGreaterThanOrEqual(3);
      }),
  );

  it('with a flag on each of its pictures has them all', () =>
    inLab(options, async (lab) => {
      lab.runflow.plan({ tellings: [{ flag: 'on-outputs' }] });
      const interaction = lab.edit('blur', { count: 2 });
      await delivered(lab, [interaction]);
      expect(shown(lab, interaction.id)[0]?.attachments).toHaveLength(2);
    }));

  it('as errored is a failure', () =>
    inLab(options, async (lab) => {
      const message = await lab.edit('blur [errored]').replied();
      expect(message.content).toContain("couldn't make this edit");
    }));

  it('as a word that nobody knows, and without a picture, is one of which nobody knows the cost', () =>
    inLab(options, async (lab) => {
      lab.runflow.plan({ statusWord: 'evaporated', tellings: [{ output: 'none' }] });
      const message = await lab.edit('blur').replied();
      expect(message.content).toContain("doesn't know any more how this edit ended");
      expect(message.content).not.toContain('Nothing was charged');
    }));
});

describe.concurrent('a read of a run', { timeout: 60_000 }, () => {
  const answer = (status: number, body: unknown) =>
    ({ method: 'GET', path: read, kind: 'answer', status, body }) as const;
  const html = { ...answer(404, '<html>404</html>'), headers: { 'content-type': 'text/html' } };
  const notFound = answer(404, { code: 'RUN_NOT_FOUND', message: 'Run not found' });

  /** The list does not show runs yet, and no callback comes. */
  const lagging: LabOptions = {
    callbacks: false,
    runflow: { listLagMs: 3_600_000 },
    env: { RECOVER_LOOKBACK_MINUTES: '0' },
    timing: { notFound: { times: 4, forMs: 600 } },
  };

  it.each([
    { what: 'HTML', fault: html },
    { what: 'no code', fault: answer(404, { message: 'not found' }) },
    { what: 'another code', fault: answer(404, { code: 'NOT_FOUND' }) },
    { what: 'a key that is not accepted', fault: answer(401, { code: 'UNAUTHORIZED' }) },
    { what: 'a missing scope', fault: answer(403, { code: 'PERMISSION_DENIED' }) },
  ])('that is answered with $what for minutes ends nothing', ({ fault }) =>
    inLab(lagging, async (lab) => {
      lab.runflow.standIn.fault({ ...fault, times: 100_000 });
      const interaction = lab.edit('blur');
      for (let minute = 0; minute < 6; minute += 1) {
        const before = reads(lab).length;
        await lab.until('a read', () => reads(lab).length > before);
        lab.clock.move(minuteMs);
      }
      expect(failedEdits(lab)).toEqual([]);
      lab.runflow.standIn.clearFaults();
      await delivered(lab, [interaction]);
      expectOnce(lab, interaction);
    }),
  );

  it('that says for a while that there is no such run ends the edit, without a word about money', () =>
    inLab(lagging, async (lab) => {
      lab.runflow.standIn.fault({ ...notFound, times: 100_000 });
      const interaction = lab.edit('blur');
      await lab.until('some reads', () => reads(lab).length >= 3);
      expect(failedEdits(lab)).toEqual([]);
      const said = () => interaction.followups()[0]?.content ?? '';
      await lab.until('told', () => said().includes("doesn't know any more"));
      expect(said()).not.toContain('Nothing was charged');
      expect(failedEdits(lab)[0]).toMatchObject({ reason: 'run-lost' });
      const [first, ...more] = reads(lab);
      expect((more.at(-1)?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(590);
    }));

  it('that finds the run once in between begins to count anew', () =>
    inLab(lagging, async (lab) => {
      lab.runflow.hold();
      const interaction = lab.edit('blur');
      await lab.until('the run is read', () => reads(lab).length > 0);
      for (let turn = 0; turn < 3; turn += 1) {
        const stop = lab.runflow.standIn.fault({ ...notFound, times: 100_000 });
        const before = reads(lab).length;
        await lab.until('two reads', () => reads(lab).length >= before + 2);
        stop();
        await lab.until('a read that finds it', () => reads(lab).length > before + 3);
      }
      lab.runflow.release();
      await delivered(lab, [interaction]);
      expectOnce(lab, interaction);
    }));

  it('tells a failure before anybody says so: a list that is wrong about it ends nothing', () =>
    inLab({ callbacks: false }, async (lab) => {
      lab.runflow.hold();
      const interaction = lab.edit('blur');
      await lab.until('the run', () => lab.runs()[0]?.status_code === 'running');
      const items = [{ ...runsOf(lab, interaction.id)[0], status_code: 'failed', files: undefined, plan: undefined }];
      lab.runflow.standIn.fault({ ...listRuns, kind: 'answer', status: 200, body: { items, next_pq: null }, times: 5 });
      await lab.until('reads', () => reads(lab).length > 2);
      expect(failedEdits(lab)).toEqual([]);
      lab.runflow.release();
      await delivered(lab, [interaction]);
      expectOnce(lab, interaction);
    }));
});

describe.concurrent('an address that is refused', { timeout: 60_000 }, () => {
  it('is asked for once with a signature', () =>
    inLab({}, async (lab) => {
      const interaction = lab.edit('blur [unsigned]');
      await delivered(lab, [interaction]);
      expectOnce(lab, interaction);
      expect(reads(lab).filter(({ path }) => path.endsWith('?add_signature=true'))).toHaveLength(1);
    }));

  it('may bring a flag with the fresh one: then the picture is not posted', () =>
    inLab({ timing: { callbackOverdueMs: 60_000 } }, async (lab) => {
      lab.runflow.plan({ nsfw: true, staleUrls: 1, tellings: [{ to: 'callback', flag: 'cleared' }] });
      const interaction = lab.edit('blur');
      await withheld(lab, interaction.id);
    }));
});

describe.concurrent('two callbacks that do not agree', { timeout: 60_000 }, () => {
  it('mean the more careful one, while nothing is posted', () =>
    inLab({ timing: { callbackOverdueMs: 60_000 } }, async (lab) => {
      lab.runflow.plan({ nsfw: true, tellings: [{ to: 'callback', flag: 'cleared', times: 1 }] });
      // The picture cannot be had yet, so that the second one comes in time.
      const stop = lab.runflow.standIn.fault({
        method: 'GET',
        path: /^\/outputs\//,
        kind: 'answer',
        status: 503,
        times: 1_000,
      });
      const interaction = lab.edit('blur');
      await lab.until('a download', () => asked(lab, 'GET', /^\/outputs\//).length > 0);
      await lab.runflow.sendCallback(runsOf(lab, interaction.id)[0]?.id ?? '');
      await withheld(lab, interaction.id);
      stop();
      await pause(300);
      expect(shown(lab, interaction.id)).toEqual([]);
    }));

  it('mean the more careful one, also while the picture is on its way', () =>
    inLab({ timing: { callbackOverdueMs: 60_000 } }, async (lab) => {
      lab.runflow.plan({ nsfw: true, tellings: [{ to: 'callback', flag: 'cleared', times: 1 }] });
      lab.runflow.standIn.fault({ method: 'GET', path: /^\/outputs\//, kind: 'delay', ms: 1_000 });
      const interaction = lab.edit('blur');
      await lab.until('a download', () => asked(lab, 'GET', /^\/outputs\//).length > 0);
      await lab.runflow.sendCallback(runsOf(lab, interaction.id)[0]?.id ?? '');
      await withheld(lab, interaction.id);
      await pause(1_500);
      expect(shown(lab, interaction.id)).toEqual([]);
    }));
});
