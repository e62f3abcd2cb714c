// How long the steps wait, in milliseconds, in one place. Production uses `timing` as it is; tests shorten it.

export type Timing = typeof timing;

export const timing = {
  /** An edit's lease: after a crash, another process (or this one, restarted) waits this long to take over. */
  leaseMs: 10_000,
  /** An answer from Runflow counts as lost after this long. Even a create is quick: its answer precedes the run. */
  answerMs: 30_000,
  /** Pause before each look at the run list after a create request's answer was lost. */
  looksMs: [1_000, 2_000, 4_000] as readonly number[],
  /** Create requests for one edit, whatever the reasons: Runflow's documentation advises five. */
  createTries: 5,
  /** First wait of an exponential backoff, and its longest. */
  backoffMs: 1_000,
  backoffMaxMs: 300_000,
  /** Without callbacks: the first poll after a run was created. Runs of this model take a few seconds. */
  pollFirstMs: 1_000,
  /** With callbacks: when one counts as overdue (its three attempts take 3 s after the run's end). */
  callbackOverdueMs: 15_000,
  /** Shortest and longest time between two polls; in between, an eighth of the youngest edit's waiting time. */
  pollMs: 1_000,
  pollMaxMs: 10_000,
  /** Interval for reading a run that was given up, until it is a day old. */
  slowPollMs: 60_000,
  abandonMs: 24 * 3_600_000,
  /** Give up posting a picture after this long (Discord down, output unavailable). */
  deliverForMs: 24 * 3_600_000,
  /** Give up downloading an output after this long (server down, connection lost). */
  downloadForMs: 3_600_000,
  /** Attempts with an output whose URL expired or whose bytes are no picture. */
  downloadTries: 4,
  /** Attempts to make a result smaller that ended with the process; after two the card goes without its input. */
  shrinkTries: 4,
  originalTries: 2,
  /** Stop trying to send a failure notice after this long; the log has it. */
  tellForMs: 3_600_000,
  /** Interval for searching the store for edits without a timer. */
  rescanMs: 60_000,
};

/** Clocks differ: Runflow may date a run earlier than we do. */
export const clockSkewMs = 5 * 60_000;

/** Exponential backoff with jitter: between half and all of `base × 2^retries`. */
export function backoff(retries: number, limits: Pick<Timing, 'backoffMs' | 'backoffMaxMs'>): number {
  const full = Math.min(limits.backoffMaxMs, limits.backoffMs * 2 ** Math.min(retries, 20));
  return full * (0.5 + Math.random() / 2);
}
