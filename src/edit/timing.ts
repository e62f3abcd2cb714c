// How long the steps wait, in milliseconds, in one place. Production uses `timing` as it is; tests shorten it.

export type Timing = typeof timing;

export const timing = {
  /** An edit's lease: how long after a crash another process (or this one, restarted) waits before it takes over. */
  leaseMs: 10_000,
  /** A request to Runflow without an answer for this long is an answer lost: a create is answered before the run starts. */
  answerMs: 30_000,
  /** Pauses before each look into the run list after the answer to a create request was lost. */
  looksMs: [1_000, 2_000, 4_000] as readonly number[],
  /** Create requests for one edit, over all reasons: Runflow's documentation advises five. */
  createTries: 5,
  /** First wait of an exponential backoff, and its longest. */
  backoffMs: 1_000,
  backoffMaxMs: 300_000,
  /** Without callbacks: the first poll after a run was created. Runs of this model take a few seconds. */
  pollFirstMs: 1_000,
  /** With callbacks: from then on a callback counts as overdue (its three attempts take 3 s after the run's end). */
  callbackOverdueMs: 15_000,
  /** Shortest and longest time between two polls; in between, an eighth of the youngest edit's waiting time. */
  pollMs: 1_000,
  pollMaxMs: 10_000,
  /** Read a run that was given up this often, until it is a day old. */
  slowPollMs: 60_000,
  abandonMs: 24 * 3_600_000,
  /** A picture that cannot be posted for this long (Discord away, output not to be had) is given up. */
  deliverForMs: 24 * 3_600_000,
  /** An output that does not arrive for this long (its server away, the line cut) is given up. */
  downloadForMs: 3_600_000,
  /** Attempts with an output that arrives, but expired or as no picture. */
  downloadTries: 4,
  /** Stop trying to send a failure notice after this long; the log has it. */
  tellForMs: 3_600_000,
  /** How often the store is searched for edits that no timer knows. */
  rescanMs: 60_000,
};

/** Clocks differ: Runflow may say that a run is older than we think. */
export const clockSkewMs = 5 * 60_000;

/** Exponential backoff with jitter: between half and all of `base × 2^retries`. */
export function backoff(retries: number, limits: Pick<Timing, 'backoffMs' | 'backoffMaxMs'>): number {
  const full = Math.min(limits.backoffMaxMs, limits.backoffMs * 2 ** Math.min(retries, 20));
  return full * (0.5 + Math.random() / 2);
}
