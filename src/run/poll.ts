// Polls Runflow for runs whose callback has not arrived. One list request covers all waiting edits. Runs missing from it
// are read one by one, a few at a time, and so are those of whose end it says too little, and all of them while it is
// away. An outcome is saved before its edit advances.
import type { Clock } from '../clock.ts';
import type { Running } from '../edit/record.ts';
import type { Records } from '../edit/records.ts';
import { askedMs } from '../edit/retry.ts';
import { awayMaxMs, backoff, clockSkewMs, type Timing } from '../edit/timing.ts';
import { asError, RunflowError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Runflow } from '../runflow/client.ts';
import { failureCodes, type Outcome } from '../runflow/run.ts';
import { createHints } from './hints.ts';
import { reaches } from './run-list.ts';
import { nextPollMs, type Watched, watchedOf } from './watched.ts';

export type Poll = {
  /** Watches a run until `forget`. Watching it again changes nothing. */
  watch(edit: Running): void;
  forget(runId: string): void;
  /** Reads a run that an unsigned callback says has ended. Remembers runs that are not watched yet. */
  hint(runId: string): void;
  /** The edit this run belongs to, if this process watches it. */
  editOf(runId: string): string | undefined;
  size(): number;
  /** Whether this process polls for all that share the store. Otherwise it reads only the runs that it has hints of. */
  lead(leads: boolean): void;
  /** Forgets the runs of edits that did not wait for them any more at that time. */
  forgetMissing(waits: (editId: string) => boolean, at: number): void;
  stop(): void;
};

type Pass = { cursor: string | undefined; seen: Set<string>; due: Set<string> };
/** `called`: a callback said that it ended. */

/** Single reads per poll: enough to catch up with runs the list misses, far below any rate limit. */
const readsPerPoll = 3;
/** Single reads per poll of runs that are said to have ended: each takes an edit further. */
const endsPerPoll = 20;
/** The list is away once it has failed so often in a row; then so many of the waiting runs are read with each poll. */
const listTries = 3;
const readsWithoutList = 10;

export function createPoll(options: {
  runflow: Pick<Runflow, 'list' | 'read'>;
  records: Pick<Records, 'keepOutcome'>;
  advance: (editId: string) => void;
  /** Whether it has its store to itself, so that nobody else polls. */
  alone: boolean;
  callbacks: boolean;
  /** A run's end was found whose callback is overdue. */
  onMissed: () => void;
  clock: Clock;
  timing: Timing;
  log: Log;
}): Poll {
  const { runflow, records, clock, timing, log } = options;
  const watched = new Map<string, Watched>();
  /** Callbacks that came before were for a process that had stopped. */
  const startedAt = clock.now();
  const hints = createHints();
  /** Runs to read one by one: missing from a full pass over the list, or given up. */
  const unlisted = new Set<string>();
  /** Runs that are said to have ended; what that means has to be read. */
  const ended = new Set<string>();
  const reading = new Set<string>();
  let planned: { at: number; cancel: () => void } | undefined;
  let lastPollAt = Number.NEGATIVE_INFINITY;
  let polling = false;
  let stopped = false;
  let leading = options.alone;
  let failures = 0;
  /** After a failure, no poll before this moment, even if more runs start waiting. */
  let pausedUntil = 0;
  /** The current pass over the list, one page per poll. */
  let pass: Pass | undefined;
  /** How often the list has failed in a row, and when to ask for it again. */
  let listFailures = 0;
  let listAgainAt = 0;

  function forget(runId: string): void {
    watched.delete(runId);
    unlisted.delete(runId);
    ended.delete(runId);
    pass?.due.delete(runId);
  }

  /** Saves the outcome, then advances the edit. The store has it from then on, so polling for the run stops. */
  async function arrived(runId: string, outcome: Outcome, editId: string): Promise<void> {
    const kept = await records.keepOutcome(runId, outcome, editId);
    const run = watched.get(runId);
    if (options.callbacks && kept.result === 'kept' && run && !run.called && run.since > startedAt) options.onMissed();
    forget(runId);
    // Another process on the same store may have advanced it already.
    const waits = kept.result === 'known' && kept.edit.state === 'running';
    if (kept.result === 'kept' || waits) options.advance(editId);
  }

  const due = () => [...watched].filter(([, run]) => run.dueAt <= clock.elapsed());

  function nextMs(): number | undefined {
    if (!leading) return ended.size > 0 ? timing.pollMs : undefined;
    return nextPollMs([...watched.values()], clock, timing);
  }

  function plan(waitMs = nextMs()): void {
    planned?.cancel();
    planned = undefined;
    if (waitMs === undefined || stopped || polling) return;
    const at = Math.max(clock.elapsed() + waitMs, lastPollAt + timing.pollMs, pausedUntil);
    planned = { at, cancel: clock.after(at - clock.elapsed(), () => void poll()) };
  }

  async function poll(): Promise<void> {
    polling = true;
    lastPollAt = clock.elapsed();
    try {
      await pollOnce();
      failures = 0;
    } catch (thrown) {
      const err = asError(thrown);
      pausedUntil = clock.elapsed() + Math.max(askedMs(err), backoff(failures, { ...timing, backoffMaxMs: awayMaxMs }));
      // The first failure of an outage is worth a line; the rest is the same line again.
      if (failures === 0) log.warn({ err, waiting: watched.size }, 'polling failed; it goes on with growing pauses');
      failures += 1;
    } finally {
      polling = false;
      plan();
    }
  }

  async function pollOnce(): Promise<void> {
    if (leading) await readList();
    const turn = [...ended].slice(0, endsPerPoll);
    for (const runId of turn) {
      // To the back: those that cannot be read must not keep others waiting.
      ended.delete(runId);
      ended.add(runId);
    }
    await Promise.all(turn.map(readOne));
    if (!leading) return;
    const slow = due().filter(([, run]) => run.givenUp);
    for (const [runId] of slow) unlisted.add(runId);
    for (const runId of [...unlisted].slice(0, readsPerPoll)) {
      unlisted.delete(runId);
      await readOne(runId);
    }
  }

  async function readList(): Promise<void> {
    const young = due().filter(([, run]) => !run.givenUp);
    if (clock.elapsed() < listAgainAt) {
      await readWithoutList();
    } else if (pass || young.length > 0) {
      pass ??= { cursor: undefined, seen: new Set(), due: new Set(young.map(([runId]) => runId)) };
      await readPage(pass).catch(withoutList);
    }
  }

  async function withoutList(error: unknown): Promise<void> {
    // A rate limit holds for reads as well.
    if (!(error instanceof RunflowError) || error.kind === 'throttled' || !pass) throw error;
    if (error.kind === 'rejected') {
      // Runflow would refuse the same list request again, so end the pass and read its runs one by one.
      log.warn({ err: error }, 'the run list is refused; runs are read one by one');
      for (const runId of pass.due) unlisted.add(runId);
      pass = undefined;
      return;
    }
    listFailures += 1;
    if (listFailures < listTries) throw error;
    if (listFailures === listTries) log.warn({ err: error }, 'the run list is away; waiting runs are read one by one');
    pass = undefined;
    const waitMs = backoff(listFailures, { ...timing, backoffMaxMs: awayMaxMs });
    listAgainAt = clock.elapsed() + Math.max(askedMs(error), waitMs);
    await readWithoutList();
  }

  /** Reads those that have waited longest for a read. One goes ahead: Runflow may be away altogether. */
  async function readWithoutList(): Promise<void> {
    const young = due().filter(([, run]) => !run.givenUp);
    const turn = young.sort(([, one], [, other]) => one.readAt - other.readAt).slice(0, readsWithoutList);
    for (const [, run] of turn) run.readAt = clock.elapsed();
    const [first, ...others] = turn.map(([runId]) => runId);
    if (first === undefined) return;
    await readSingle(first);
    await Promise.all(others.map(readOne));
  }

  /** One unreadable run must not hold up the others. An outage or a rate limit stops them all. */
  async function readOne(runId: string): Promise<void> {
    try {
      await readSingle(runId);
    } catch (err) {
      if (!(err instanceof RunflowError) || err.kind === 'throttled' || err.status === undefined) throw err;
      log.debug({ err, run: runId }, 'a run cannot be read');
      const run = watched.get(runId);
      if (run?.givenUp) run.dueAt = clock.elapsed() + timing.slowPollMs;
    }
  }

  async function readPage(current: Pass): Promise<void> {
    const page = await runflow.list(current.cursor);
    listFailures = 0;
    for (const run of page.runs) {
      current.due.delete(run.id);
      const waiting = watched.get(run.id);
      if (!waiting) continue;
      // Only a success that is told in full is taken from a list, which may lag behind what it lists.
      if (run.outcome?.kind === 'succeeded') await arrived(run.id, run.outcome, waiting.editId);
      else if (run.outcome || run.hint) ended.add(run.id);
    }
    const oldest = Math.min(...[...current.due].map((runId) => watched.get(runId)?.since ?? Number.POSITIVE_INFINITY));
    current.cursor = page.next;
    // A cursor that comes again leads nowhere.
    const leadsOn = page.next !== undefined && !current.seen.has(page.next);
    if (!leadsOn || current.due.size === 0 || reaches(page.runs, oldest - clockSkewMs)) {
      for (const runId of current.due) if (watched.has(runId)) unlisted.add(runId);
      pass = undefined;
    } else if (page.next !== undefined) {
      current.seen.add(page.next);
    }
  }

  /** Reads a run and takes up its end. */
  async function readSingle(runId: string): Promise<void> {
    const waiting = watched.get(runId);
    if (!waiting || reading.has(runId)) return;
    reading.add(runId);
    try {
      const run = await runflow.read(runId);
      if (waiting.givenUp) waiting.dueAt = clock.elapsed() + timing.slowPollMs;
      if (!run) {
        const message = 'Runflow does not know the run';
        await arrived(runId, { kind: 'failed', code: failureCodes.notFound, message }, waiting.editId);
      } else if (run.outcome) {
        await arrived(runId, run.outcome, waiting.editId);
      } else if (!run.hint) {
        ended.delete(runId);
        if (!leading) forget(runId);
      }
    } finally {
      reading.delete(runId);
    }
  }

  /** Reads a run that is said to have ended now, and again with each poll until it is known how. */
  function readEnd(runId: string, waiting: Watched): void {
    ended.add(runId);
    readSingle(runId)
      .catch((err: unknown) => log.debug({ err, run: runId }, 'reading a hinted run failed'))
      .finally(() => {
        if (!ended.has(runId) || waiting.givenUp) return;
        waiting.dueAt = Math.min(waiting.dueAt, clock.elapsed());
        if (!planned) plan();
        else if (planned.at > clock.elapsed() + timing.pollMs) plan(timing.pollMs);
      });
  }

  function hint(runId: string): void {
    const waiting = watched.get(runId);
    if (!waiting) {
      hints.add(runId);
      return;
    }
    waiting.called = true;
    if (clock.elapsed() < pausedUntil) ended.add(runId);
    else readEnd(runId, waiting);
  }

  return {
    watch(edit) {
      const known = watched.get(edit.runId);
      if (known && known.givenUp === edit.givenUp) return;
      const hinted = hints.take(edit.runId);
      if (!leading && !hinted && !known) return;
      const run = watchedOf(edit, options.callbacks, clock, timing);
      watched.set(edit.runId, { ...run, called: known?.called ?? false });
      if (hinted) hint(edit.runId);
      if (!planned || run.dueAt < planned.at) plan(Math.max(0, run.dueAt - clock.elapsed()));
    },
    forget,
    hint,
    editOf: (runId) => watched.get(runId)?.editId,
    size: () => watched.size,
    lead(leads) {
      leading = leads;
      if (!leads) for (const runId of watched.keys()) if (!ended.has(runId)) forget(runId);
      plan();
    },
    forgetMissing(waits, at) {
      for (const [runId, { editId, since }] of watched) if (since <= at && !waits(editId)) forget(runId);
    },
    stop() {
      stopped = true;
      plan();
    },
  };
}
