// Polls Runflow for runs whose callback has not arrived. One list request covers all waiting edits, so the cost per
// minute does not depend on how many wait. Runs missing from the list are read one by one, a few at a time. An outcome
// is saved before its edit advances.
import type { Clock } from '../clock.ts';
import type { Running } from '../edit/record.ts';
import type { Records } from '../edit/records.ts';
import { askedMs } from '../edit/retry.ts';
import { backoff, clockSkewMs, type Timing } from '../edit/timing.ts';
import { asError, RunflowError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Runflow } from '../runflow/client.ts';
import type { Outcome } from '../runflow/run.ts';

export type Poll = {
  /** Watches a run until `forget`. Watching it again changes nothing. */
  watch(edit: Running): void;
  forget(runId: string): void;
  /** Reads a run that an unsigned callback says has ended. Remembers runs that are not watched yet. */
  hint(runId: string): void;
  /** The edit this run belongs to, if this process watches it. */
  editOf(runId: string): string | undefined;
  size(): number;
  stop(): void;
};

type Watched = { editId: string; since: number; dueAt: number; givenUp: boolean };

/** Single reads per poll: enough to catch up with runs the list misses, far below any rate limit. */
const readsPerPoll = 3;
/** Hints kept for runs not watched yet: a callback can overtake the answer to its create request. */
const mostHints = 1_000;
const youngMs = 2 * 60_000;

export function createPoll(options: {
  runflow: Pick<Runflow, 'list' | 'read'>;
  records: Pick<Records, 'keepOutcome' | 'load'>;
  advance: (editId: string) => void;
  callbacks: boolean;
  clock: Clock;
  timing: Timing;
  log: Log;
}): Poll {
  const { runflow, records, clock, timing, log } = options;
  const watched = new Map<string, Watched>();
  const hints = new Set<string>();
  /** Runs to read one by one: missing from a full pass over the list, or given up. */
  const unlisted = new Set<string>();
  const reading = new Set<string>();
  let planned: { at: number; cancel: () => void } | undefined;
  let lastPollAt = 0;
  let polling = false;
  let stopped = false;
  let failures = 0;
  /** After a failure, no poll before this time, even if more runs start waiting. */
  let pausedUntil = 0;
  /** The current pass over the list, one page per poll. */
  let pass: { cursor: string | undefined; due: Set<string> } | undefined;

  function forget(runId: string): void {
    watched.delete(runId);
    unlisted.delete(runId);
    pass?.due.delete(runId);
  }

  /** Saves the outcome, then advances the edit. The store has it from then on, so polling for the run stops. */
  async function arrived(runId: string, outcome: Outcome, editId: string): Promise<void> {
    const edit = await records.load(editId);
    // Another process on the same store may have advanced it already.
    const expected = edit?.state === 'running' && edit.runId === runId;
    if (expected) await records.keepOutcome(runId, outcome, editId);
    forget(runId);
    if (expected) options.advance(editId);
  }

  const due = () => [...watched].filter(([, run]) => run.dueAt <= clock.now());

  function nextPollMs(): number | undefined {
    if (watched.size === 0) return undefined;
    const now = clock.now();
    let soonest = Number.POSITIVE_INFINITY;
    let youngestMs = Number.POSITIVE_INFINITY;
    for (const run of watched.values()) {
      soonest = Math.min(soonest, run.dueAt);
      if (run.dueAt <= now && !run.givenUp) youngestMs = Math.min(youngestMs, now - run.since);
    }
    if (soonest > now) return soonest - now;
    return Math.min(timing.pollMaxMs, Math.max(timing.pollMs, youngestMs / 8));
  }

  function plan(waitMs = nextPollMs()): void {
    planned?.cancel();
    planned = undefined;
    if (waitMs === undefined || stopped || polling) return;
    const at = Math.max(clock.now() + waitMs, lastPollAt + timing.pollMs, pausedUntil);
    planned = { at, cancel: clock.after(at - clock.now(), () => void poll()) };
  }

  async function poll(): Promise<void> {
    polling = true;
    lastPollAt = clock.now();
    try {
      await pollOnce();
      failures = 0;
    } catch (thrown) {
      const err = asError(thrown);
      pausedUntil = clock.now() + Math.max(askedMs(err), backoff(failures, { ...timing, backoffMaxMs: 10_000 }));
      // The first failure of an outage is worth a line; the rest is the same line again.
      if (failures === 0) log.warn({ err, waiting: watched.size }, 'polling failed; it goes on with growing pauses');
      failures += 1;
    } finally {
      polling = false;
      plan();
    }
  }

  async function pollOnce(): Promise<void> {
    const young = due().filter(([, run]) => !run.givenUp);
    if (pass || young.length > 0) {
      pass ??= { cursor: undefined, due: new Set(young.map(([runId]) => runId)) };
      await readPage(pass).catch(withoutList);
    }
    const slow = due().filter(([, run]) => run.givenUp);
    for (const [runId] of slow) unlisted.add(runId);
    for (const runId of [...unlisted].slice(0, readsPerPoll)) {
      unlisted.delete(runId);
      await readUnlisted(runId);
    }
  }

  /** Runflow would refuse the same list request again, so end the pass and read its runs one by one. */
  function withoutList(error: unknown): void {
    if (!(error instanceof RunflowError) || error.kind !== 'rejected' || !pass) throw error;
    log.warn({ err: error }, 'the run list is refused; runs are read one by one');
    for (const runId of pass.due) unlisted.add(runId);
    pass = undefined;
  }

  /** One unreadable run must not hold up the others. An outage or a rate limit stops them all. */
  async function readUnlisted(runId: string): Promise<void> {
    try {
      await readSingle(runId);
    } catch (err) {
      if (!(err instanceof RunflowError) || err.kind === 'throttled' || err.status === undefined) throw err;
      log.debug({ err, run: runId }, 'a run cannot be read');
      const run = watched.get(runId);
      if (run?.givenUp) run.dueAt = clock.now() + timing.slowPollMs;
    }
  }

  async function readPage(current: { cursor: string | undefined; due: Set<string> }): Promise<void> {
    const page = await runflow.list(current.cursor);
    for (const run of page.runs) {
      current.due.delete(run.id);
      const waiting = watched.get(run.id);
      if (waiting && run.outcome) await arrived(run.id, run.outcome, waiting.editId);
    }
    const oldest = Math.min(...[...current.due].map((runId) => watched.get(runId)?.since ?? Number.POSITIVE_INFINITY));
    const reached = page.runs.at(-1)?.createdAt;
    current.cursor = page.next;
    if (!page.next || current.due.size === 0 || (reached !== undefined && reached < oldest - clockSkewMs)) {
      for (const runId of current.due) if (watched.has(runId)) unlisted.add(runId);
      pass = undefined;
    }
  }

  async function readSingle(runId: string): Promise<void> {
    const waiting = watched.get(runId);
    if (!waiting || reading.has(runId)) return;
    reading.add(runId);
    try {
      const run = await runflow.read(runId);
      if (waiting.givenUp) waiting.dueAt = clock.now() + timing.slowPollMs;
      if (!run) {
        // A new run may not be readable everywhere yet.
        if (clock.now() - waiting.since < youngMs) return;
        const outcome: Outcome = { kind: 'failed', code: 'RUN_NOT_FOUND', message: 'Runflow does not know the run' };
        await arrived(runId, outcome, waiting.editId);
      } else if (run.outcome) {
        await arrived(runId, run.outcome, waiting.editId);
      }
    } finally {
      reading.delete(runId);
    }
  }

  function hint(runId: string): void {
    if (watched.has(runId)) {
      if (clock.now() < pausedUntil) {
        unlisted.add(runId);
        return;
      }
      readSingle(runId).catch((err: unknown) => log.debug({ err, run: runId }, 'reading a hinted run failed'));
      return;
    }
    hints.add(runId);
    for (const oldest of hints) {
      if (hints.size <= mostHints) break;
      hints.delete(oldest);
    }
  }

  return {
    watch(edit) {
      const known = watched.get(edit.runId);
      if (known && known.givenUp === edit.givenUp) return;
      const firstMs = options.callbacks ? timing.callbackOverdueMs : timing.pollFirstMs;
      const dueAt = edit.givenUp ? clock.now() + timing.slowPollMs : edit.submittedAt + firstMs;
      watched.set(edit.runId, { editId: edit.id, since: edit.submittedAt, dueAt, givenUp: edit.givenUp });
      if (hints.delete(edit.runId)) hint(edit.runId);
      if (!planned || dueAt < planned.at) plan(Math.max(0, dueAt - clock.now()));
    },
    forget,
    hint,
    editOf: (runId) => watched.get(runId)?.editId,
    size: () => watched.size,
    stop() {
      stopped = true;
      plan();
    },
  };
}
