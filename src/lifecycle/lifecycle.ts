// Entry point of `lifecycle/` and of every edit: `advance(id)` loads the edit, takes the step for its state, saves, and
// repeats until there is nothing to do now. Calling it again repairs a crash between any two lines.
import type { Clock } from '../clock.ts';
import { acknowledgeMs } from '../discord/limits.ts';
import type { EditEvent } from '../edit/events.ts';
import { holdLease } from '../edit/lease.ts';
import { move } from '../edit/moves.ts';
import { type Accepted, type Edit, isClosed, movesPictures, type Running } from '../edit/record.ts';
import type { Records } from '../edit/records.ts';
import type { Retry } from '../edit/retry.ts';
import type { AtMoment, Change, Payers, Steps } from '../edit/step.ts';
import { backoff, type Timing } from '../edit/timing.ts';
import { asError, StoreError, UserError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { RunFeature } from '../run/run.ts';
import type { Callback } from '../runflow/callback.ts';
import { createSlots } from '../slots.ts';
import { createAfterMove } from './after-move.ts';
import { createPayDuty } from './duties.ts';
import { createTakeStep } from './steps.ts';
import { createTimers } from './timers.ts';

export type Lifecycle = {
  /**
   * Accepts a new edit: saves it, then acknowledges and submits in parallel. Resolves once acknowledged, or with
   * `duplicate`, having done nothing, when the same interaction was accepted before.
   * @throws {UserError} when it cannot be saved, before anything is paid for
   */
  accept(edit: Accepted, acknowledge: () => Promise<unknown>): Promise<'accepted' | 'duplicate'>;
  /** Does everything due for an edit now. Never rejects. */
  advance(id: string): Promise<void>;
  change: Change;
  /** Handles a callback. Resolves with the result once its outcome is saved. @throws {StoreError} */
  callback(callback: Callback, proven: boolean): Promise<'kept' | 'known' | 'unknown' | 'hint'>;
  /** Finds every open edit without a timer and continues it. @returns how many */
  resume(): Promise<number>;
  /** Stops after the current steps; aborts those that take longer than `graceMs`. */
  stop(graceMs: number): Promise<void>;
};

/** Bounds the connections, of which each delivery has its own; picture/fetch.ts bounds the memory. */
const deliveriesAtOnce = 32;
/** Cards have slots of their own: a slow review channel must not hold up pictures that members wait for. */
const cardsAtOnce = 8;
const stepsAtOnce = 256;

export function createLifecycle(options: {
  records: Records;
  poll: RunFeature['poll'];
  overdueAt: (edit: Running) => number;
  steps: Steps;
  payers: Payers;
  retry: Retry;
  clock: Clock;
  timing: Timing;
  log: Log;
  metrics: Metrics;
  at: AtMoment;
}): Lifecycle {
  const { records, poll, clock, timing, log, metrics } = options;
  const takeStep = createTakeStep({ steps: options.steps, payDuty: createPayDuty(options), clock });
  const afterMove = createAfterMove(options);
  const timers = createTimers(clock, (id) => void track(advance(id)));
  const stopping = new AbortController();
  const aborting = new AbortController();
  const moving = { delivery: createSlots(deliveriesAtOnce), card: createSlots(cardsAtOnce) };
  const others = createSlots(stepsAtOnce);
  /** Edits this process is working on; true when triggered again meanwhile. */
  const atWork = new Map<string, boolean>();
  const underWay = new Set<Promise<unknown>>();
  /** Pending acknowledgements: a reply can be edited only after its own. */
  const acknowledging = new Map<string, Promise<unknown>>();
  const bugs = new Map<string, number>();

  function track<Result>(work: Promise<Result>): Promise<Result> {
    underWay.add(work);
    return work.finally(() => underWay.delete(work));
  }

  /** Works on an edit as far as it goes now. Returns the kind of slot when it has to wait for one. */
  async function work(id: string, has: keyof typeof moving | undefined): Promise<keyof typeof moving | undefined> {
    const lease = await holdLease(records, id, timing.leaseMs, clock);
    if (!lease) {
      timers.schedule(id, clock.now() + timing.leaseMs);
      return undefined;
    }
    let edit: Edit | undefined;
    let taken: { kind: keyof typeof moving; giveBack: () => void } | undefined;
    try {
      edit = await records.load(id);
      // Another process on the same store may have advanced it.
      if (edit && edit.state !== 'running' && 'runId' in edit && edit.runId) poll.forget(edit.runId);
      const apply = async (event: EditEvent) => {
        if (!edit) return;
        const before = edit;
        const after = move(before, event, clock.now());
        if (after === before) return;
        if (!lease.held()) throw new Error('the lease was lost in the middle of a step');
        await records.save(after);
        edit = after;
        if (isClosed(after)) bugs.delete(id);
        await afterMove(before, after);
      };
      while (edit && !isClosed(edit) && !stopping.signal.aborted) {
        const kind = movesPictures(edit);
        if (kind && kind !== has && kind !== taken?.kind) {
          taken?.giveBack();
          const giveBack = moving[kind].take();
          taken = giveBack && { kind, giveBack };
          // Release the lease while waiting for a slot: with thousands of edits that takes minutes.
          if (!taken) return kind;
        }
        const result = await takeStep(edit, { note: apply, signal: aborting.signal }, acknowledging.get(id));
        if (result.type === 'wait') {
          timers.schedule(id, result.until);
          return undefined;
        }
        if (result.type === 'put-off') metrics.retries.inc({ step: edit.state });
        const before: Edit = edit;
        await apply(result);
        // Otherwise the loop would repeat the same step forever.
        if (edit === before) throw new Error(`${result.type} changed nothing in the state ${before.state}`);
      }
      return undefined;
    } catch (thrown) {
      if (!stopping.signal.aborted) afterBug(id, edit, asError(thrown));
      return undefined;
    } finally {
      taken?.giveBack();
      await lease.release();
    }
  }

  /** After a store failure or a bug of ours: leaves the record as it is and retries with growing pauses. */
  function afterBug(id: string, edit: Edit | undefined, err: Error): void {
    const times = bugs.get(id) ?? 0;
    bugs.set(id, times + 1);
    const waitMs = backoff(times, timing);
    const what = err instanceof StoreError ? 'store trouble' : 'step failed';
    log.error({ edit: id, state: edit?.state, err, waitMs }, what);
    timers.schedule(id, clock.now() + waitMs);
  }

  async function advanceOnce(id: string): Promise<void> {
    try {
      let needs = await others.run(() => work(id, undefined));
      while (needs) {
        const kind: keyof typeof moving = needs;
        needs = await moving[kind].run(() => work(id, kind));
      }
    } catch (thrown) {
      // Only taking or giving back the lease is outside of what `work` handles.
      afterBug(id, undefined, asError(thrown));
    }
  }

  async function advance(id: string): Promise<void> {
    if (stopping.signal.aborted) return;
    if (atWork.has(id)) {
      atWork.set(id, true);
      return;
    }
    timers.cancel(id);
    do {
      atWork.set(id, false);
      await advanceOnce(id);
    } while (atWork.get(id) && !stopping.signal.aborted);
    atWork.delete(id);
  }

  const change: Change = async (id, choose) => {
    // Outlasts a dead process's lease; the interaction is acknowledged, so the person can wait.
    const waitUntil = clock.now() + timing.leaseMs + 2_000;
    let lease = await holdLease(records, id, timing.leaseMs, clock);
    while (!lease) {
      if (clock.now() > waitUntil) throw new UserError((t) => t.general.busy);
      await new Promise<void>((resolve) => clock.after(50, resolve));
      lease = await holdLease(records, id, timing.leaseMs, clock);
    }
    try {
      const edit = await records.load(id);
      const event = edit && choose(edit);
      const changed = edit && event ? move(edit, event, clock.now()) : edit;
      if (!edit || !changed || changed === edit) return changed;
      await records.save(changed);
      if (isClosed(changed)) bugs.delete(id);
      await afterMove(edit, changed);
      return changed;
    } finally {
      await lease.release();
      void track(advance(id));
    }
  };

  return {
    async accept(edit, acknowledge) {
      if (stopping.signal.aborted) throw new UserError((t) => t.general.stopping);
      try {
        if ((await records.admit(edit, timing.leaseMs)) === 'duplicate') return 'duplicate';
      } catch (err) {
        log.error({ edit: edit.id, err }, 'an edit could not be saved; it was refused');
        throw new UserError((t) => t.general.storeDown, { cause: err });
      }
      metrics.editsAccepted.inc();
      await options.at('accepted', edit.id);
      const late = Promise.withResolvers<void>();
      // Discord accepts no acknowledgement after that, so stop waiting for it.
      const cancelLate = clock.after(acknowledgeMs, late.resolve);
      const answered = acknowledge().then(
        () => options.at('acknowledged', edit.id),
        (err: unknown) => log.warn({ edit: edit.id, err }, 'the interaction could not be acknowledged'),
      );
      const acknowledged = Promise.race([answered, late.promise]).finally(cancelLate);
      acknowledging.set(edit.id, acknowledged);
      void track(advance(edit.id));
      await acknowledged;
      acknowledging.delete(edit.id);
      return 'accepted';
    },

    advance: (id) => track(advance(id)),

    change: (id, choose) => track(change(id, choose)),

    async callback({ runId, outcome, editId }, proven) {
      const id = poll.editOf(runId) ?? editId;
      if (!proven || !outcome) {
        poll.hint(runId);
        return 'hint';
      }
      const edit = id === undefined ? undefined : await records.load(id);
      // Only our own record proves whose run it is; an accepted edit does not have its run's id yet.
      const expected = edit && (edit.state === 'accepted' || (edit.state === 'running' && edit.runId === runId));
      if (!edit || !expected) return edit && 'runId' in edit && edit.runId === runId ? 'known' : 'unknown';
      await records.keepOutcome(runId, outcome, edit.id);
      await options.at('callback', edit.id);
      void track(advance(edit.id));
      return 'kept';
    },

    async resume() {
      let found = 0;
      const ended = new Set<string>();
      for await (const [, { editId }] of records.outcomes()) if (editId !== undefined) ended.add(editId);
      for await (const [id, edit] of records.open()) {
        if (stopping.signal.aborted) break;
        if (atWork.has(id) || timers.knows(id)) continue;
        found += 1;
        if (edit.state === 'running' && !ended.has(id) && clock.now() < options.overdueAt(edit)) {
          // Waiting edits need no lease; there may be ten thousand of them.
          poll.watch(edit);
          timers.schedule(id, options.overdueAt(edit));
        } else {
          timers.schedule(id, edit.state === 'running' ? clock.now() : edit.dueAt);
        }
      }
      metrics.waiting.set(poll.size());
      return found;
    },

    async stop(graceMs) {
      stopping.abort();
      timers.stop();
      poll.stop();
      const settled = () => Promise.allSettled([...underWay]);
      const late = new Promise<'late'>((resolve) => clock.after(graceMs, () => resolve('late')));
      if ((await Promise.race([settled(), late])) === 'late') {
        aborting.abort(new Error('the process is stopping'));
        await Promise.race([settled(), new Promise((resolve) => clock.after(1_000, () => resolve(undefined)))]);
      }
    },
  };
}
