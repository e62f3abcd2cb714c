// Schedules later work. Each record has its own due time, so these timers only index the store: they die with the
// process and the next start rebuilds them. Where several processes share a store, shared-timers.ts does the same.
import type { Clock } from '../clock.ts';

export type Timers = {
  /** From now on, what is due is worked on. */
  begin(): void;
  /** Runs `work(id)` at that time (milliseconds since the epoch); replaces any time set before. */
  schedule(id: string, at: number): void;
  /** Has an edit looked at now that was just taken in, by whoever works. */
  hand(id: string): void;
  cancel(id: string): void;
  /** Whether this process has put the edit off. */
  knows(id: string): boolean;
  /** Starts no more work. */
  stop(): void;
};

/** @param work must not reject */
export function createTimers(clock: Clock, work: (id: string) => unknown): Timers {
  const timers = new Map<string, () => void>();
  let stopped = false;

  function cancel(id: string): void {
    timers.get(id)?.();
    timers.delete(id);
  }

  function schedule(id: string, at: number): void {
    cancel(id);
    if (stopped) return;
    const fire = () => {
      timers.delete(id);
      work(id);
    };
    timers.set(id, clock.after(Math.max(0, at - clock.now()), fire));
  }

  return {
    begin() {},
    schedule,
    hand: (id) => schedule(id, clock.now()),
    cancel,
    knows: (id) => timers.has(id),
    stop() {
      stopped = true;
      for (const id of [...timers.keys()]) cancel(id);
    },
  };
}
