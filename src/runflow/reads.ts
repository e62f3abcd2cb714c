// When a read of a run may be believed. "Not found" and "succeeded without a picture" end an edit that is paid for, and
// both are also what a store that lags behind says: they count once they were seen several times over a while.
import type { Clock } from '../clock.ts';
import { RunflowError } from '../errors.ts';
import type { Run } from './run.ts';

/** How often, and over how many milliseconds, a doubtful answer has to come before it is believed. */
export type Patience = { times: number; forMs: number };

/** The answer to one request; undefined for 404 RUN_NOT_FOUND. */
export type ReadOnce = (id: string, query: string, signal: AbortSignal | undefined) => Promise<Run | undefined>;

export type ReadOptions = {
  signal?: AbortSignal;
  /** Asks Runflow to sign the addresses that it would hand out unsigned. */
  addSignature?: boolean;
};

/** Runs in doubt that are remembered; the oldest are forgotten, which only means to ask more often. */
const mostDoubts = 10_000;

/** Counts the doubtful answers in a row for each run. Kept in memory: after a restart the count begins anew. */
function createDoubts(clock: Clock, { times, forMs }: Patience) {
  const doubts = new Map<string, { since: number; times: number }>();
  return {
    /** Counts one more. @returns whether it may be believed now */
    confirm(id: string): boolean {
      const doubt = doubts.get(id) ?? { since: clock.elapsed(), times: 0 };
      doubt.times += 1;
      doubts.delete(id);
      doubts.set(id, doubt);
      for (const oldest of doubts.keys()) {
        if (doubts.size <= mostDoubts) break;
        doubts.delete(oldest);
      }
      return doubt.times >= times && clock.elapsed() - doubt.since >= forMs;
    },
    dispel: (id: string) => void doubts.delete(id),
  };
}

/** Whether the request itself was refused, which says nothing about the run. */
function isRefused(error: unknown): error is RunflowError {
  return error instanceof RunflowError && error.kind === 'rejected';
}

export function createReads(options: { readOnce: ReadOnce; clock: Clock; notFound: Patience; empty: Patience }) {
  const { readOnce } = options;
  const missing = createDoubts(options.clock, options.notFound);
  const empty = createDoubts(options.clock, options.empty);

  async function ask(id: string, { signal, addSignature }: ReadOptions): Promise<Run | undefined> {
    if (addSignature) {
      try {
        return await readOnce(id, '?add_signature=true', signal);
      } catch (error) {
        // Perhaps only the parameter is not taken.
        if (!isRefused(error)) throw error;
      }
    }
    try {
      return await readOnce(id, '', signal);
    } catch (error) {
      if (!isRefused(error)) throw error;
      const { message, status, code, retryAfterMs } = error;
      const said = status === undefined ? { code, retryAfterMs } : { status, code, retryAfterMs };
      throw new RunflowError('unknown', message, { ...said, cause: error });
    }
  }

  /**
   * Reads a run. Here, the run itself, a hint at its end becomes the end.
   * @returns undefined once it is certain that Runflow does not know the run
   * @throws {RunflowError} never `rejected`: whether a read is refused says nothing about the run
   */
  return async function read(id: string, how: ReadOptions = {}): Promise<Run | undefined> {
    const run = await ask(id, how);
    if (!run) {
      empty.dispel(id);
      if (missing.confirm(id)) return undefined;
      const details = { status: 404, code: 'RUN_NOT_FOUND' };
      throw new RunflowError('unknown', `GET /v1/runs/${id}: 404 RUN_NOT_FOUND, not certain yet`, details);
    }
    missing.dispel(id);
    const { hint } = run;
    if (hint?.unsaid === 'pictures')
      return empty.confirm(id) ? { ...run, outcome: hint.outcome, hint: undefined } : run;
    empty.dispel(id);
    return hint ? { ...run, outcome: hint.outcome, hint: undefined } : run;
  };
}
