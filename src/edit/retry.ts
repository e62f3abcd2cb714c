// The one retry rule: try nothing before it is due, put off the next attempt by the larger of a growing backoff and the
// pause that the other side asked for, and give up after long enough.
import type { Clock } from '../clock.ts';
import { DiscordTrouble, RunflowError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { EditEvent, PutOff } from './events.ts';
import type { Edit } from './record.ts';
import type { Wait } from './step.ts';
import { backoff, type Timing } from './timing.ts';

export type Retry = {
  /**
   * Does the work if it is due.
   * @param judge says what an error means and rethrows unknown ones; not called while the process stops
   */
  attempt(
    edit: Edit,
    signal: AbortSignal,
    work: () => Promise<EditEvent | Wait>,
    judge: (error: unknown) => EditEvent | Promise<EditEvent>,
  ): Promise<EditEvent | Wait>;
  /** @param what for the log: what failed. @param leastMs shortest pause; a growing backoff unless given */
  putOff(edit: Edit, error: Error, what: string, leastMs?: number): PutOff;
  /** Whether `forMs` milliseconds have passed since `since`. */
  isOver(since: number, forMs: number): boolean;
};

/** Longest pause in milliseconds that is believed: a wrong answer must not stop an edit for days. */
const mostAskedMs = 5 * 60_000;

/** The pause in milliseconds that Discord or Runflow asked for; 0 without one. */
export function askedMs(error: unknown): number {
  const asked = error instanceof DiscordTrouble || error instanceof RunflowError ? error.retryAfterMs : undefined;
  return Math.min(mostAskedMs, asked ?? 0);
}

export function createRetry(options: { clock: Clock; timing: Timing; log: Log }): Retry {
  const { clock, timing, log } = options;
  return {
    async attempt(edit, signal, work, judge) {
      if (edit.dueAt > clock.now()) return { type: 'wait', until: edit.dueAt };
      try {
        return await work();
      } catch (error) {
        if (signal.aborted) throw error;
        return judge(error);
      }
    },
    putOff(edit, error, what, leastMs = backoff(edit.retries, timing)) {
      const waitMs = Math.max(leastMs, askedMs(error));
      log.warn({ edit: edit.id, err: error, waitMs }, what);
      return { type: 'put-off', until: clock.now() + waitMs };
    },
    isOver: (since, forMs) => clock.now() - since > forMs,
  };
}
