// Lists Runflow's recent runs, newest first, once for all who ask at about the same time: if two hundred edits lose
// their answers together, they share one listing.
import type { Clock } from '../clock.ts';
import { clockSkewMs } from '../edit/timing.ts';
import type { Runflow } from '../runflow/client.ts';
import type { Run } from '../runflow/run.ts';

export type Recent = {
  runs: Run[];
  /** False when the list could not be read whole: a run missing here may still exist. */
  complete: boolean;
};

export type RunList = {
  /** Every run created since then (milliseconds since the epoch). Reads the list after the call, never before. */
  since(createdAt: number): Promise<Recent>;
};

/** 40 pages of 500 runs: a busy account takes hours to create more. */
const mostPages = 40;

/** @param gatherMs how long a listing waits for other callers to join it */
/** Whether a page of the list ends before that time, so that later pages hold older runs only. */
export function reaches(runs: readonly Run[], time: number): boolean {
  const times = runs.map(({ createdAt }) => createdAt ?? Number.NaN);
  // In another order than newest first, the last run says nothing about the pages that follow.
  const inOrder = times.every((at, index) => index === 0 || at <= (times[index - 1] ?? Number.NaN));
  return inOrder && (times.at(-1) ?? Number.NaN) < time;
}

export function createRunList(runflow: Pick<Runflow, 'list'>, clock: Clock, gatherMs = 250): RunList {
  let next: { oldest: number; recent: Promise<Recent> } | undefined;

  async function read(oldest: () => number): Promise<Recent> {
    await new Promise<void>((resolve) => clock.after(gatherMs, resolve));
    next = undefined;
    const runs: Run[] = [];
    let cursor: string | undefined;
    let gaps = false;
    for (let page = 0; page < mostPages; page += 1) {
      const listed = await runflow.list(cursor);
      runs.push(...listed.runs);
      gaps ||= listed.gaps;
      cursor = listed.next;
      if (!cursor || reaches(listed.runs, oldest() - clockSkewMs)) return { runs, complete: !gaps };
    }
    return { runs, complete: false };
  }

  return {
    since(createdAt) {
      if (next) {
        next.oldest = Math.min(next.oldest, createdAt);
        return next.recent;
      }
      const gathering = { oldest: createdAt };
      const recent = read(() => gathering.oldest);
      next = Object.assign(gathering, { recent });
      return recent;
    },
  };
}
