// Time, handed in as an argument so that tests can move it.

export type Clock = {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds since some moment in the past; nobody can set it back. For lengths of time, never for dates. */
  elapsed(): number;
  /** Calls back once after `ms`; the returned function cancels. A waiting timer keeps no process alive. */
  after(ms: number, callback: () => void): () => void;
};

// setTimeout overflows above 2^31-1 ms and then fires at once.
const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(ms, 0), longestTimerMs));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
