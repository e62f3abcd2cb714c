// How a subject's costs grow with the edits in flight. Each level has ten times as many; at each, measures what one
// edit costs, what waiting costs, and the memory in use. Also measures the figures that need ten thousand open edits.
import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from './figures.ts';
import type { SubjectName } from './subjects.ts';
import { type Bench, complain, note, timed, withSubject } from './trials.ts';
import { readUsage, storeBytes } from './usage.ts';

export type Step = {
  subject: SubjectName;
  inFlight: number;
  acknowledgedMs: number;
  postedMs: number;
  /** Processor time of one edit while that many are in flight. */
  cpuMs: number;
  /** Processor time of one second of waiting. */
  waitingCpuMs: number;
  residentMb: number;
};

export const levels = [1, 10, 100, 1_000, 10_000] as const;
const most = levels[levels.length - 1] ?? 0;
/** The baseline polls each run every two seconds: with 10,000 runs it would measure the stand-ins, not itself. */
const baselineMost = 1_000;
const quietMs = 3_000;
/** Quiet time before reading memory: longer than darkroom rests between two collections (10 s). */
const settleMs = 12_000;

/** Small pictures: this measures growth, not the cost of bytes. */
const pictureBytes = 20_000;

export function runGrowth(bench: Bench, name: SubjectName): Promise<Step[]> {
  return withSubject(bench, name, { runMs: 100, pictureBytes }, async (subject) => {
    const { stage } = bench;
    await sleep(settleMs);
    const freshMb = readUsage(subject.pid).residentMb;
    // Warm up before measuring idle memory: code that has not run is not loaded yet.
    await stage.give({ do: 'steady', perSecond: 20, seconds: 2 });
    await sleep(settleMs);
    const idleMb = readUsage(subject.pid).residentMb;
    note(bench, name, { idle: idleMb });
    const steps: Step[] = [];
    for (const inFlight of levels) {
      if (name === 'baseline' && inFlight > baselineMost) break;
      await stage.give({ do: 'fill', waiting: inFlight });
      await sleep(inFlight === most ? settleMs : 1_000);
      const quiet = await timed(subject, () => stage.give({ do: 'look', ms: quietMs }));
      const { residentMb } = readUsage(subject.pid);
      const times = inFlight < 10 ? 10 : 40;
      const atOnce = Math.min(inFlight, 8);
      const { tally, cpuMs } = await timed(subject, () => stage.give({ do: 'cycle', times, atOnce }));
      // Subtract the cost of waiting. If nothing remains, the edits' own cost is unknown.
      const ownCpuMs = cpuMs - (quiet.cpuMs * tally.elapsedMs) / quiet.tally.elapsedMs;
      steps.push({
        subject: name,
        inFlight,
        residentMb,
        acknowledgedMs: quantile(tally.acknowledged, 0.5),
        postedMs: quantile(tally.posted, 0.5),
        cpuMs: ownCpuMs > 0 ? ownCpuMs / times : Number.NaN,
        waitingCpuMs: (quiet.cpuMs / quiet.tally.elapsedMs) * 1_000,
      });
      if (inFlight === most) note(bench, name, { waiting: residentMb - idleMb });
      complain(bench, name, tally);
    }
    if (name === 'darkroom') {
      await subject.stop();
      note(bench, name, { storeOpen: storeBytes(subject.folder) / most });
      note(bench, name, { startFull: await subject.restart() });
      await sleep(settleMs);
      note(bench, name, { waitingRestarted: readUsage(subject.pid).residentMb - freshMb });
    }
    return steps;
  });
}

/** Time from start to ready without open edits. */
export async function runStart(bench: Bench, name: SubjectName): Promise<void> {
  await withSubject(bench, name, { runMs: 100, pictureBytes }, async (subject) => {
    await subject.stop();
    note(bench, name, { startEmpty: await subject.restart() });
  });
}

/** Values below these are noise. For waiting: a collection of a tenth of a second may fall into the measured time. */
const noises = [
  ['acknowledgedMs', 1],
  ['postedMs', 1],
  ['cpuMs', 1],
  ['waitingCpuMs', 50],
  ['residentMb', 1],
] as const;

/** Steps where a value grew faster than the edits in flight: more than ten times (plus noise) in one step. */
export function findSteep(steps: readonly Step[]): string[] {
  const steep: string[] = [];
  for (const [key, noise] of noises) {
    steps.forEach((step, index) => {
      const before = steps[index - 1];
      if (before?.subject !== step.subject || step[key] < noise) return;
      const grew = step[key] / Math.max(before[key], noise);
      if (grew > (step.inFlight / before.inFlight) * 1.2) {
        steep.push(`${step.subject}: ${key} × ${grew.toFixed(1)} from ${before.inFlight} to ${step.inFlight}`);
      }
    });
  }
  return steep;
}
