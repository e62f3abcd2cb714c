// How a subject's costs grow with the edits in flight: filled step by step to ten times as many, and at each step what one
// edit costs, what waiting costs, and what is kept in memory. What takes ten thousand open edits is measured on the way.
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
  /** Of one edit, while that many are in flight. */
  cpuMs: number;
  /** Of a second in which nothing happens but waiting. */
  waitingCpuMs: number;
  residentMb: number;
};

export const levels = [1, 10, 100, 1_000, 10_000] as const;
const most = levels[levels.length - 1] ?? 0;
/** The baseline asks for each run every two seconds: with 10,000 of them it measures the stand-ins, not itself. */
const baselineMost = 1_000;
const quietMs = 3_000;
/** Memory is read after a quiet while: longer than darkroom rests before it gives some back. */
const settleMs = 12_000;

/** Small pictures: what grows is sought, not what bytes cost. */
const pictureBytes = 20_000;

export function runGrowth(bench: Bench, name: SubjectName): Promise<Step[]> {
  return withSubject(bench, name, { runMs: 100, pictureBytes }, async (subject) => {
    const { stage } = bench;
    await sleep(settleMs);
    const freshMb = readUsage(subject.pid).residentMb;
    // Warm before it is called idle: code that was never run is not in memory yet.
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
      // What waiting costs meanwhile is not the edits'; where that is all there is, theirs cannot be told.
      const ownCpuMs = cpuMs - (quiet.cpuMs * tally.elapsedMs) / quiet.tally.elapsedMs;
      steps.push({
        ...{ subject: name, inFlight, residentMb },
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

/** Start to ready without open edits. */
export async function runStart(bench: Bench, name: SubjectName): Promise<void> {
  await withSubject(bench, name, { runMs: 100, pictureBytes }, async (subject) => {
    await subject.stop();
    note(bench, name, { startEmpty: await subject.restart() });
  });
}

/** Below that, a number says nothing. Giving memory back takes a tenth of a second, which falls into a look or does not. */
const noises = [
  ['acknowledgedMs', 1],
  ['postedMs', 1],
  ['cpuMs', 1],
  ['waitingCpuMs', 50],
  ['residentMb', 1],
] as const;

/** The steps where something grew faster than the edits in flight did: more than ten times (and some noise) in a step. */
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
