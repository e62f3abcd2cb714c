// Runflow's recent runs, newest first, read once for everybody who asks at about the same time: two hundred edits
// whose answers were lost together cost one listing.
import type { Clock } from '../clock.ts';
import type { Runflow } from '../runflow/client.ts';
import type { Run } from '../runflow/run.ts';

export type RunList = {
  /** Every run created since then (milliseconds since the epoch), as of a moment after the call. */
  since(createdAt: number): Promise<Run[]>;
};

/** Clocks differ: Runflow may say that a run is older than we think. */
const skewMs = 5 * 60_000;
/** 500 runs a page: more than that since the oldest edit concerned would take hours of a busy account. */
const mostPages = 40;

/** @param gatherMs how long a listing waits for others to join it */
export function createRunList(runflow: Runflow, clock: Clock, gatherMs = 250): RunList {
  let next: { oldest: number; runs: Promise<Run[]> } | undefined;

  async function read(oldest: () => number): Promise<Run[]> {
    await new Promise<void>((resolve) => clock.after(gatherMs, resolve));
    next = undefined;
    const runs: Run[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < mostPages; page += 1) {
      const listed = await runflow.list(cursor);
      runs.push(...listed.runs);
      cursor = listed.next;
      const last = listed.runs.at(-1)?.createdAt;
      if (!cursor || (last !== undefined && last < oldest() - skewMs)) break;
    }
    return runs;
  }

  return {
    since(createdAt) {
      if (next) {
        next.oldest = Math.min(next.oldest, createdAt);
        return next.runs;
      }
      const gathering: { oldest: number; runs: Promise<Run[]> } = { oldest: createdAt, runs: Promise.resolve([]) };
      gathering.runs = read(() => gathering.oldest);
      next = gathering;
      return gathering.runs;
    },
  };
}
