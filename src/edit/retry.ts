// The one retry rule: try nothing before it is due, put off the next attempt by the larger of a growing backoff and the
// pause that the other side asked for, and give up after long enough.
import type { Clock } from '../clock.ts';
import { believed, DiscordTrouble, DownloadError, isRefusal, RunflowError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { EditEvent, PutOff } from './events.ts';
import type { Outages, Service } from './outages.ts';
import { hasPutOff } from './owed.ts';
import type { Edit } from './record.ts';
import type { Wait } from './step.ts';
import { backoff, isDue, type Timing } from './timing.ts';

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
  /** Whether the service that the edit waits for has answered somebody since: then what is not due yet may be tried. */
  isWoken(edit: Edit): boolean;
  /** The edit is closed, and waits for nothing. */
  done(editId: string): void;
  /** @param what for the log: what failed. @param leastMs shortest pause; a growing backoff unless given */
  putOff(edit: Edit, error: Error, what: string, leastMs?: number): PutOff;
  /** Whether Discord's refusal of the present step is the end: at once where it says so, else after some minutes. */
  isFinal(edit: Edit, error: DiscordTrouble): boolean;
  /**
   * Whether the present step has been tried for long enough: for `forMs` milliseconds since `since`, and several times,
   * for the process may have been away, or the clock set ahead.
   */
  isOver(edit: Edit, since: number, forMs: number): boolean;
};

/** The pause in milliseconds that Discord or Runflow asked for; 0 without one. */
export function askedMs(error: unknown): number {
  const asked = error instanceof DiscordTrouble || error instanceof RunflowError ? error.retryAfterMs : undefined;
  return asked === undefined ? 0 : believed(asked);
}

/** The service that an error blames; undefined when it is about this edit alone. */
function blamed(error: Error): Service | undefined {
  if (error instanceof DiscordTrouble) return error.kind === 'later' ? 'discord' : undefined;
  if (error instanceof RunflowError) return error.kind === 'rejected' ? undefined : 'runflow';
  return error instanceof DownloadError && error.kind === 'broken' ? 'downloads' : undefined;
}

/** A refusal may end any minute, so its pauses do not grow beyond this. */
const refusedMaxMs = 45_000;

export function createRetry(options: { outages: Outages; clock: Clock; timing: Timing; log: Log }): Retry {
  const { outages, clock, timing, log } = options;
  return {
    async attempt(edit, signal, work, judge) {
      if (!isDue(edit.dueAt, clock.now()) && !outages.isWoken(edit.id)) return { type: 'wait', until: edit.dueAt };
      try {
        const result = await work();
        // What is owed may still wait for the same service.
        if (!hasPutOff(edit)) outages.done(edit.id);
        return result;
      } catch (error) {
        if (signal.aborted) throw error;
        const result = await judge(error);
        if (result.type !== 'put-off') outages.done(edit.id);
        return result;
      }
    },
    isWoken: (edit) => outages.isWoken(edit.id),
    done: outages.done,
    putOff(edit, error, what, leastMs = backoff(edit.retries, timing)) {
      const refused = isRefusal(error);
      const asked = askedMs(error);
      const waitMs = Math.max(refused ? Math.min(leastMs, refusedMaxMs) : leastMs, asked);
      const service = blamed(error);
      if (service) outages.wait(service, edit.id, asked);
      // Woken by a service that is back, it was refused: from now on it is tried when it is due, not at once.
      else outages.done(edit.id);
      log.warn({ edit: edit.id, err: error, waitMs }, what);
      return { type: 'put-off', until: clock.now() + waitMs, ...(refused ? { refused } : {}) };
    },
    isFinal({ refusedSince, retries }, { kind }) {
      if (kind === 'gone') return true;
      if (kind === 'later' || refusedSince === undefined) return false;
      return retries >= timing.refuseTries && clock.now() - refusedSince >= timing.refuseForMs;
    },
    isOver: ({ retries }, since, forMs) => retries >= timing.refuseTries && clock.now() - since > forMs,
  };
}
