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

/** A timer that fires this much later than it should says that the process stood still, or was hardly let run. */
const stoodStillMs = 500;

/**
 * Waits for an answer for `ms` milliseconds. Time in which this process itself stood still does not count: what has come
 * meanwhile is read only afterwards, and it would blame others for its own silence.
 * @param late what counts instead when there is none
 * @param strict whoever asked has no time left, whatever the reason
 */
export async function within<Answer, Late>(
  { after, elapsed }: Pick<Clock, 'after' | 'elapsed'>,
  ms: number,
  answer: Promise<Answer>,
  late: () => Late,
  strict = false,
): Promise<Answer | Late> {
  const silence = Promise.withResolvers<'late'>();
  const began = elapsed();
  let cancel = after(ms, () => {
    const stoodStill = elapsed() - began - ms;
    if (strict || stoodStill < stoodStillMs) silence.resolve('late');
    else cancel = after(Math.min(ms, stoodStill), () => silence.resolve('late'));
  });
  try {
    const first = await Promise.race([answer.then((value) => ({ value })), silence.promise]);
    return first === 'late' ? late() : first.value;
  } finally {
    cancel();
  }
}
