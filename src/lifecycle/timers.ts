// Work that must happen later. When each edit is due stands in its record, so these timers are only an index of the
// store: lost with the process and made again at the next start. Works alike for one process and for several that
// share a store, because whoever's timer fires first takes the edit's lease.
import type { Clock } from '../clock.ts';

export type Timers = {
  /** Runs `work(id)` at that time (milliseconds since the epoch) instead of any time set before. */
  schedule(id: string, at: number): void;
  cancel(id: string): void;
  /** Whether a time is set for it. */
  knows(id: string): boolean;
  /** No timer fires any more. */
  stop(): void;
};

/** @param work must not reject */
export function createTimers(clock: Clock, work: (id: string) => void): Timers {
  const timers = new Map<string, () => void>();
  let stopped = false;

  function cancel(id: string): void {
    timers.get(id)?.();
    timers.delete(id);
  }

  return {
    schedule(id, at) {
      cancel(id);
      if (stopped) return;
      const fire = () => {
        timers.delete(id);
        work(id);
      };
      timers.set(id, clock.after(Math.max(0, at - clock.now()), fire));
    },
    cancel,
    knows: (id) => timers.has(id),
    stop() {
      stopped = true;
      for (const id of [...timers.keys()]) cancel(id);
    },
  };
}
