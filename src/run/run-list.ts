// Runflow's recent runs, newest first, read once for everybody who asks at about the same time: two hundred edits
// whose answers were lost together cost one listing.
import type { Clock } from '../clock.ts';
import { clockSkewMs } from '../edit/timing.ts';
import type { Runflow } from '../runflow/client.ts';
import type { Run } from '../runflow/run.ts';

export type Recent = {
  runs: Run[];
  /** False when the list was too long to be read to its end: then a run that is not here may still exist. */
  complete: boolean;
};

export type RunList = {
  /** Every run created since then (milliseconds since the epoch), as of a moment after the call. */
  since(createdAt: number): Promise<Recent>;
};

/** 500 runs a page: more than that since the oldest edit concerned would take hours of a busy account. */
const mostPages = 40;

/** @param gatherMs how long a listing waits for others to join it */
export function createRunList(runflow: Runflow, clock: Clock, gatherMs = 250): RunList {
  let next: { oldest: number; recent: Promise<Recent> } | undefined;

  async function read(oldest: () => number): Promise<Recent> {
    await new Promise<void>((resolve) => clock.after(gatherMs, resolve));
    next = undefined;
    const runs: Run[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < mostPages; page += 1) {
      const listed = await runflow.list(cursor);
      runs.push(...listed.runs);
      cursor = listed.next;
      const last = listed.runs.at(-1)?.createdAt;
      if (!cursor || (last !== undefined && last < oldest() - clockSkewMs)) return { runs, complete: true };
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
