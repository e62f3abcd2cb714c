// Repeats a task at intervals while the process lives. Logs a failure; the next round tries again.
import type { Clock } from './clock.ts';
import type { Log } from './log.ts';

/** @returns a function that stops it */
export function every(clock: Clock, ms: number, work: () => unknown, log: Log): () => void {
  let cancel = clock.after(ms, () => void round());
  let stopped = false;
  async function round(): Promise<void> {
    try {
      await work();
    } catch (err) {
      log.error({ err }, 'housekeeping failed');
    }
    if (!stopped) cancel = clock.after(ms, () => void round());
  }
  return () => {
    stopped = true;
    cancel();
  };
}
