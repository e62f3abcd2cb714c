// How long the steps wait, in milliseconds, in one place. Production uses `timing` as it is; tests shorten it.

export type Timing = typeof timing;

export const timing = {
  /** An edit's lease: after a crash, another process (or this one, restarted) waits this long to take over. */
  leaseMs: 5_000,
  /** Nobody can answer an interaction any more this long after its edit was taken: Discord allows three seconds. */
  answerableMs: 4_000,
  /** An answer from Runflow counts as lost after this long. Even a create is quick: its answer precedes the run. */
  answerMs: 30_000,
  /** Pause before each look at the run list after a create request's answer was lost; the last one repeats. */
  looksMs: [1_000, 2_000, 4_000, 8_000, 15_000] as readonly number[],
  /**
   * A missing run proves that none was created only this long after its request left: the longest answer, and a minute
   * for a list that lags.
   */
  certainMs: 90_000,
  /** The same for a run that answers only when its picture is finished (`sync_mode`): up to three minutes. */
  syncCertainMs: 240_000,
  /** The same when Runflow itself answered that it could not create one. */
  refusedCertainMs: 7_000,
  /** Create requests for one edit, whatever the reasons: Runflow's documentation advises five. */
  createTries: 5,
  /** Give up an edit that Runflow has not taken for this long: before its reply can no longer be edited. */
  queueForMs: 10 * 60_000,
  /** Look again at an edit in line after this long, should its turn never be called. */
  queueLookMs: 30_000,
  /** Tell the requester, once in each state, after waiting this long. */
  tellWaitMs: 60_000,
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
  /** How often and over how long a read says that a run does not exist, until that is believed. */
  notFound: { times: 4, forMs: 180_000 },
  /** The same for a run that succeeded without a picture: the store behind it may lag. */
  emptyEnd: { times: 4, forMs: 20_000 },
  abandonMs: 24 * 3_600_000,
  /** Give up posting a picture after this long (Discord down, output unavailable). */
  deliverForMs: 24 * 3_600_000,
  /** Give up downloading an output after this long (server down, connection lost). */
  downloadForMs: 3_600_000,
  /** A picture that arrives more slowly than this on average, once so much time has passed, is fetched again later. */
  leastSpeed: { afterMs: 10_000, bytesPerSecond: 32_768 },
  /** Attempts with an output whose URL expired or whose bytes are no picture. */
  downloadTries: 4,
  /** Attempts to make a result smaller that ended with the process; after two the card goes without its input. */
  shrinkTries: 4,
  originalTries: 2,
  /** Stop trying to send a failure notice after this long; the log has it. */
  tellForMs: 3_600_000,
  /** A missing right or a refused message is final after this long and this many tries: rights come back. */
  refuseForMs: 3 * 60_000,
  refuseTries: 4,
  /** While a service is away, one of those who wait for it tries this often; its success wakes the others. */
  probeMs: 8_000,
  /** Many lost edits are noticed at once, each by its callback; one reading of the list finds them all. */
  recoverRestMs: 10_000,
  /** Between two log-ins to Discord of one lane of shards: five seconds, and their ways there may differ. */
  identifyMs: 5_500,
  /** An original is put away so long after its picture is posted: nobody waits for it. */
  keepAfterMs: 2_000,
  /** Interval for searching the store for edits without a timer. */
  rescanMs: 60_000,
  /**
   * Where several processes share a store: how long the lead lasts without its holder, how often it is kept or looked
   * for, and how long after it was due an edit counts as left behind.
   */
  leadMs: 5_000,
  leadLookMs: 2_500,
  lateMs: 2_000,
};

/** Longest pause in milliseconds while a service or the store is away: soon after it is back, all goes on. */
export const awayMaxMs = 10_000;

/** Nothing is put off for longer. */
export const longestPauseMs = 5 * 60_000;

/** Whether what was put off until `at` is due, also when the clock was set back since. */
export const isDue = (at: number, now: number): boolean => at <= now || at > now + longestPauseMs;

/** Clocks differ: Runflow may date a run earlier than we do. */
export const clockSkewMs = 5 * 60_000;

/** Exponential backoff with jitter: between half and all of `base × 2^retries`. */
export function backoff(retries: number, limits: Pick<Timing, 'backoffMs' | 'backoffMaxMs'>): number {
  const full = Math.min(limits.backoffMaxMs, limits.backoffMs * 2 ** Math.min(retries, 20));
  return Math.round(full * (0.5 + Math.random() / 2));
}
