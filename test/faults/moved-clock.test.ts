// The clock of the machine is set while edits are on their way: back, as after a start with a wrong clock, or ahead.
// Nobody waits for as long as it was set back.
import { describe, expect, it } from 'vitest';
import type { Lab } from '../lab.ts';
import { pause } from '../support.ts';
import { createRun, creates, delivered, downloadOutput, editReply, everyTime, expectOnce, inLab } from './own-lab.ts';

const hourMs = 3_600_000;
const down = { kind: 'answer', status: 503 } as const;

/** Faults that something waits for, and how to see that it does. */
const waits: readonly { what: string; begin: (lab: Lab) => void; seen: (lab: Lab) => boolean }[] = [
  { what: 'a poll', begin: ({ runflow }) => runflow.hold(), seen: (lab) => lab.runs().length > 0 },
  {
    what: 'the line at Runflow',
    begin: (lab) =>
      void lab.runflow.standIn.fault({ ...createRun, ...down, status: 429, headers: { 'retry-after': '1' }, times: 3 }),
    seen: (lab) => creates(lab).length > 0,
  },
  {
    what: 'another look at the run list',
    begin: (lab) => void lab.runflow.standIn.fault({ ...createRun, kind: 'reset' }),
    seen: (lab) => creates(lab).length > 0,
  },
  {
    what: 'another download',
    begin: (lab) => void lab.runflow.standIn.fault({ ...downloadOutput, ...down, times: everyTime }),
    seen: (lab) => lab.logs.some(({ msg }) => msg === 'delivery put off'),
  },
  {
    what: 'Discord',
    begin: (lab) => void lab.discord.standIn.fault({ ...editReply, ...down, times: everyTime }),
    seen: (lab) => lab.logs.some(({ msg }) => msg === 'delivery put off'),
  },
];

describe.concurrent.each([true, false])('an hour, with callbacks: %s', (callbacks) => {
  it.each(waits.flatMap((one) => [-hourMs, hourMs].map((ms) => ({ ...one, ms, way: ms < 0 ? 'back' : 'ahead' }))))(
    'while an edit waits for $what: $way',
    ({ begin, seen, ms }) =>
      inLab({ callbacks }, async (lab) => {
        await delivered(lab, [lab.edit('blur')]);
        begin(lab);
        const waiting = lab.edit('sepia');
        await lab.until('it waits', () => seen(lab));
        await pause(100);
        lab.clock.move(ms);
        const next = lab.edit('invert');
        await pause(100);
        lab.runflow.standIn.clearFaults();
        lab.discord.standIn.clearFaults();
        lab.runflow.release();
        await delivered(lab, [waiting, next], 10_000);
        for (const edit of [waiting, next]) expectOnce(lab, edit);
      }),
    30_000,
  );
});
describe.concurrent('an hour', { timeout: 30_000 }, () => {
  it('ahead is no proof that a request whose answer was lost created nothing', () =>
    inLab({ callbacks: false, runflow: { listLagMs: 600 } }, async (lab) => {
      lab.runflow.standIn.fault({ ...createRun, kind: 'reset-after' });
      const edit = lab.edit('sepia');
      await lab.until('sent', () => creates(lab).length === 1);
      lab.clock.move(hourMs);
      await delivered(lab, [edit]);
      expectOnce(lab, edit);
      expect(creates(lab)).toHaveLength(1);
    }));

  it('ahead between two processes is none either', () =>
    inLab({ callbacks: false, timing: { certainMs: 3_000 }, runflow: { listLagMs: 1_500 } }, async (lab) => {
      lab.runflow.standIn.fault({ ...createRun, kind: 'reset-after' });
      const edit = lab.edit('sepia');
      await lab.until('sent', () => creates(lab).length === 1);
      await lab.stop();
      lab.clock.move(hourMs);
      await lab.start();
      await delivered(lab, [edit]);
      expectOnce(lab, edit);
      expect(creates(lab)).toHaveLength(1);
    }));

  it.each(waits)('back between two processes, while an edit waits for $what', ({ begin, seen }) =>
    inLab({ callbacks: false }, async (lab) => {
      begin(lab);
      const edit = lab.edit('sepia');
      await lab.until('it waits', () => seen(lab));
      await lab.stop();
      lab.clock.move(-hourMs);
      lab.runflow.standIn.clearFaults();
      lab.discord.standIn.clearFaults();
      lab.runflow.release();
      await lab.start();
      await delivered(lab, [edit], 10_000);
      expectOnce(lab, edit);
    }),
  );
});
