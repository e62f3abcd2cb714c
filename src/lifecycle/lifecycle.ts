// Entry point of `lifecycle/` and of every edit: `advance(id)` loads the edit, takes the step for its state, saves, and
// repeats until there is nothing to do now. Calling it again repairs a crash between any two lines.
import type { Clock } from '../clock.ts';
import { type EditEvent, isFact } from '../edit/events.ts';
import { holdLease } from '../edit/lease.ts';
import { move } from '../edit/moves.ts';
import { movesPictures } from '../edit/moves-pictures.ts';
import { type Edit, isClosed, type Running } from '../edit/record.ts';
import type { Records, Saved } from '../edit/records.ts';
import type { Retry } from '../edit/retry.ts';
import type { AtMoment, Change, Payers, Steps } from '../edit/step.ts';
import type { Timing } from '../edit/timing.ts';
import { asError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Public } from '../notify/public.ts';
import type { RunFeature } from '../run/run.ts';
import type { Outcome } from '../runflow/run.ts';
import { createSlots } from '../slots.ts';
import type { Jobs } from '../store/jobs.ts';
import { type Accept, createAccept } from './accept.ts';
import { createAdmit } from './admit.ts';
import { createAfterMove } from './after-move.ts';
import { createBugs } from './bugs.ts';
import { createHearCallback, type HearCallback } from './callback.ts';
import { createChange } from './change.ts';
import { createPayDuty } from './duties.ts';
import { createLead, createLeadAlone } from './lead.ts';
import { createResume } from './resume.ts';
import { createSharedTimers } from './shared-timers.ts';
import { createTakeStep } from './steps.ts';
import { createTakeUp } from './take-up.ts';
import { createTellWait } from './tell-wait.ts';
import { createTimers } from './timers.ts';

export type Lifecycle = {
  accept: Accept;
  /** Does everything due for an edit now. Never rejects. */
  advance(id: string): Promise<void>;
  change: Change;
  callback: HearCallback;
  /**
   * Takes up the open edits, and from now on whatever is due.
   * @param onLead called when this process begins to do what only one of those that share a store does
   */
  begin(onLead: () => void): Promise<void>;
  /** Whether this process does it. */
  leads(): boolean;
  /** Stops after the current steps; aborts those that take longer than `graceMs`. */
  stop(graceMs: number): Promise<void>;
};

/** Bounds the connections, of which each delivery has its own; picture/fetch.ts bounds the memory. */
const deliveriesAtOnce = 32;
/** Cards have slots of their own: a slow review channel must not hold up pictures that members wait for. */
const cardsAtOnce = 8;
/** More than the create requests that may be under way: slow ones must not hold up what is finished. */
const stepsAtOnce = 1_024;
/** How often one piece of work begins again because others changed the record. */
const mostRounds = 10;

/** Somebody else changed the record in the middle of a step: what the step was about to do may no longer be right. */
class Overtaken extends Error {
  override name = 'Overtaken';
}

export function createLifecycle(options: {
  /** What is due later, where several processes share the store. */
  jobs: Jobs | undefined;
  /** Whether this process works on edits, or leaves that to others. */
  works: boolean;
  /** Whether no other process may have heard the same interaction. */
  isOurs: (id: string) => boolean;
  records: Records;
  poll: RunFeature['poll'];
  leaveLine: RunFeature['queue']['leave'];
  dropPictures: (outcome: Outcome) => Promise<void>;
  overdueAt: (edit: Running) => number;
  onUnknown: () => void;
  isClosed: () => boolean;
  steps: Steps;
  keepSource: (edit: Edit) => void;
  payers: Payers;
  public: Public;
  retry: Retry;
  clock: Clock;
  timing: Timing;
  log: Log;
  metrics: Metrics;
  at: AtMoment;
}): Lifecycle {
  const { records, poll, jobs, works, clock, timing, log, metrics } = options;
  const tellWait = createTellWait(options);
  const takeUp = createTakeUp(options);
  const takeStep = createTakeStep({ ...options, payDuty: createPayDuty(options), takeUp, tellWait });
  const afterMove = createAfterMove(options);
  const due = (id: string, handed = false) => {
    if (handed) takeUp.tookIn(id);
    return track(advance(id));
  };
  const timers = jobs ? createSharedTimers(jobs, clock, due) : createTimers(clock, due);
  const stopping = new AbortController();
  const aborting = new AbortController();
  const moving = { delivery: createSlots(deliveriesAtOnce), card: createSlots(cardsAtOnce) };
  const others = createSlots(stepsAtOnce);
  /**
   * Records just saved, so that their work need not read them again. Only for steps that save before they do anything
   * outside: if somebody else has changed the record since, that is when it shows.
   */
  const fresh = new Map<string, Saved>();
  /** Edits this process is working on; true when triggered again meanwhile. */
  const atWork = new Map<string, boolean>();
  const underWay = new Set<Promise<unknown>>();
  /** Pending acknowledgements: a reply can be edited only after its own. */
  const acknowledging = new Map<string, Promise<unknown>>();
  const bugs = createBugs({ timers, clock, timing, log });

  const admit = createAdmit(options);
  const changeEdit = createChange(options);
  const taking = {
    ...options,
    timers,
    tellAt: tellWait.at,
    isAtWork: (id: string) => atWork.has(id) || admit.refused(id),
    isStopping: () => stopping.signal.aborted,
  };
  const lead = jobs ? createLead(taking) : createLeadAlone({ ...options, resume: createResume(taking) });

  function track<Result>(work: Promise<Result>): Promise<Result> {
    underWay.add(work);
    return work.finally(() => underWay.delete(work));
  }

  /** Works on an edit as far as it goes now. Returns the kind of slot when it has to wait for one. */
  async function work(id: string, has: keyof typeof moving | undefined): Promise<keyof typeof moving | undefined> {
    let saved = fresh.get(id);
    fresh.delete(id);
    const lease = await holdLease(records, id, timing.leaseMs, clock);
    if (!lease) {
      timers.schedule(id, clock.now() + timing.leaseMs);
      return undefined;
    }
    const signal = AbortSignal.any([aborting.signal, lease.lost]);
    /** Saves what an event makes of the edit. */
    const apply = async (event: EditEvent): Promise<void> => {
      while (saved) {
        const { edit: before, version } = saved;
        const after = move(before, event, clock.now());
        if (after === before) return;
        const done = await records.save(after, version);
        if (done) {
          saved = done;
          if (isClosed(after)) bugs.forget(id);
          await afterMove(before, after);
          return;
        }
        // Somebody else changed the record. What has happened outside still has to be noted in it.
        saved = await records.find(id);
        if (!saved || !isFact(event) || move(saved.edit, event, clock.now()) === saved.edit) throw new Overtaken();
      }
    };
    let taken: { kind: keyof typeof moving; giveBack: () => void } | undefined;
    try {
      saved ??= await records.find(id);
      // Closed while it was in line, it must not keep the turn that was called.
      if (saved?.edit.state !== 'accepted') options.leaveLine(id);
      // Another process on the same store may have advanced it.
      if (saved && saved.edit.state !== 'running' && 'runId' in saved.edit && saved.edit.runId) {
        poll.forget(saved.edit.runId);
      }
      for (let rounds = 0; saved && !isClosed(saved.edit) && !signal.aborted && !stopping.signal.aborted; ) {
        const kind = movesPictures(saved.edit);
        if (kind && kind !== has && kind !== taken?.kind) {
          taken?.giveBack();
          const giveBack = moving[kind].take();
          taken = giveBack && { kind, giveBack };
          // Release the lease while waiting for a slot: with thousands of edits that takes minutes.
          if (!taken) return kind;
        }
        const before: Edit = saved.edit;
        try {
          const context = { note: apply, signal, holdsLease: lease.confirm };
          const result = await takeStep(before, context, acknowledging.get(id));
          if (result.type === 'wait') {
            timers.schedule(id, result.until);
            return undefined;
          }
          if (result.type === 'put-off' || result.type === 'duty-failed') metrics.retries.inc({ step: before.state });
          await apply(result);
          // Otherwise the loop would repeat the same step forever.
          if (saved?.edit === before) throw new Error(`${result.type} changed nothing in the state ${before.state}`);
        } catch (thrown) {
          rounds += 1;
          if (!(thrown instanceof Overtaken) || rounds > mostRounds) throw thrown;
        }
      }
      // Whoever took over goes on; look whether it did.
      if (lease.lost.aborted) timers.schedule(id, clock.now() + timing.leaseMs);
      return undefined;
    } catch (thrown) {
      if (lease.lost.aborted && !stopping.signal.aborted) timers.schedule(id, clock.now() + timing.leaseMs);
      else if (!stopping.signal.aborted) bugs.retry(id, saved?.edit, asError(thrown));
      return undefined;
    } finally {
      taken?.giveBack();
      await lease.release();
    }
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
      bugs.retry(id, undefined, asError(thrown));
    }
  }

  async function advance(id: string): Promise<void> {
    if (stopping.signal.aborted) return;
    if (!works) {
      timers.schedule(id, clock.now());
      return;
    }
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

  const change: Change = (id, choose) => {
    const done = (before: Edit, after: Edit) => {
      if (isClosed(after)) bugs.forget(id);
      return afterMove(before, after);
    };
    return changeEdit(id, choose, done).finally(() => void track(advance(id)));
  };

  const accept = createAccept({
    ...options,
    admit,
    acknowledging,
    onSaved(id, saved) {
      if (!works) return;
      if (options.isOurs(id)) takeUp.tookIn(id);
      fresh.set(id, saved);
    },
    advance: (id) => void track(advance(id)),
    hand: (id) => (options.isOurs(id) ? timers.hand(id) : timers.schedule(id, clock.now())),
    isStopping: () => stopping.signal.aborted,
  });

  const callback = createHearCallback({
    ...options,
    advance: (id) => void track(advance(id)),
    goOn(id, saved) {
      // Unless somebody works on it, who sees that the record has changed.
      if (works && !atWork.has(id)) fresh.set(id, saved);
      void track(advance(id));
    },
  });

  return {
    accept,
    advance: (id) => track(advance(id)),
    change: (id, choose) => track(change(id, choose)),

    callback: (heard, proven) => track(callback(heard, proven)),

    async begin(onLead) {
      await lead.begin(onLead);
      if (!stopping.signal.aborted) timers.begin();
    },

    leads: lead.leads,

    async stop(graceMs) {
      stopping.abort();
      void lead.stop();
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
