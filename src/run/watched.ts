// A run whose end is waited for, and when the next poll is worth its request.
import type { Clock } from '../clock.ts';
import type { Running } from '../edit/record.ts';
import type { Timing } from '../edit/timing.ts';

/** `called`: a callback said that it ended; `since`: by the clock that may be set back, the rest not. */
export type Watched = {
  editId: string;
  since: number;
  dueAt: number;
  givenUp: boolean;
  called: boolean;
  readAt: number;
};

/** @param callbacks whether its end is usually told, so that it has to be asked for only when it is overdue */
export function watchedOf(
  { id, submittedAt, givenUp }: Running,
  callbacks: boolean,
  clock: Pick<Clock, 'now' | 'elapsed'>,
  timing: Pick<Timing, 'callbackOverdueMs' | 'pollFirstMs' | 'slowPollMs'>,
): Watched {
  const firstMs = callbacks ? timing.callbackOverdueMs : timing.pollFirstMs;
  // The clock may have been set back since it was submitted.
  const waitMs = givenUp ? timing.slowPollMs : firstMs + Math.min(0, submittedAt - clock.now());
  const dueAt = clock.elapsed() + waitMs;
  return { editId: id, since: submittedAt, dueAt, givenUp, called: false, readAt: 0 };
}

/** Milliseconds until the next poll: the younger the youngest run that is due, the sooner. Undefined when none waits. */
export function nextPollMs(
  watched: readonly Watched[],
  clock: Pick<Clock, 'now' | 'elapsed'>,
  timing: Pick<Timing, 'pollMs' | 'pollMaxMs'>,
): number | undefined {
  if (watched.length === 0) return undefined;
  const now = clock.elapsed();
  let soonest = Number.POSITIVE_INFINITY;
  let youngestMs = Number.POSITIVE_INFINITY;
  for (const run of watched) {
    soonest = Math.min(soonest, run.dueAt);
    if (run.dueAt <= now && !run.givenUp) youngestMs = Math.min(youngestMs, clock.now() - run.since);
  }
  if (soonest > now) return soonest - now;
  return Math.min(timing.pollMaxMs, Math.max(timing.pollMs, youngestMs / 8));
}
