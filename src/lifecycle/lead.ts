// One of the processes that share a store leads: it watches every run, and finds what has been due for a while though
// nobody works on it, because the job was lost with a process, or never made. The others look whether it still does.
import type { Clock } from '../clock.ts';
import type { Edit, Running } from '../edit/record.ts';
import type { Records } from '../edit/records.ts';
import type { Timing } from '../edit/timing.ts';
import { every } from '../housekeeping.ts';
import type { Log } from '../log.ts';
import type { RunFeature } from '../run/run.ts';
import { type Item, timeOf } from '../store/store.ts';
import type { Timers } from './timers.ts';

export type Lead = {
  /** Whether this process leads now. */
  leads(): boolean;
  /** Looks from now on, again and again; resolves once it is known who leads. @param onLead called whenever this process begins to lead */
  begin(onLead: () => void): Promise<void>;
  /** Gives the lead back. */
  stop(): Promise<void>;
};

/** Read at a time. */
const page = 500;
/** Late edits put on their way side by side. */
const atOnce = 50;

/** What is known of an edit's place in the list: when to look at it, and how often it was put on its way from here. */
type Seen = { lookAt: number; times: number };

/** A process that has its store to itself leads. @param resume takes up what has no timer */
export function createLeadAlone(options: {
  resume: () => Promise<unknown>;
  clock: Clock;
  timing: Pick<Timing, 'rescanMs'>;
  log: Log;
}): Lead {
  const { resume, clock, timing, log } = options;
  let stop = () => {};
  return {
    leads: () => true,
    async begin(onLead) {
      // The next search follows soon; until then, new edits need not wait.
      await resume().catch((err: unknown) => log.error({ err }, 'open edits cannot be looked for yet'));
      stop = every(clock, timing.rescanMs, resume, log);
      onLead();
    },
    stop: async () => stop(),
  };
}

export function createLead(options: {
  records: Pick<Records, 'leadDueIds' | 'dueIds' | 'due' | 'claim'>;
  poll: Pick<RunFeature['poll'], 'watch' | 'lead' | 'forgetMissing'>;
  timers: Pick<Timers, 'schedule'>;
  /** Whether this process works on edits: whoever does not never leads. */
  works: boolean;
  overdueAt: (edit: Running) => number;
  /** When to tell a requester that an edit takes long; undefined when there is nothing to tell. */
  tellAt: (edit: Edit) => number | undefined;
  isAtWork: (id: string) => boolean;
  clock: Clock;
  timing: Pick<Timing, 'leadMs' | 'leadLookMs' | 'lateMs' | 'queueLookMs' | 'abandonMs'>;
  log: Log;
}): Lead {
  const { records, poll, timers, clock, timing, log } = options;
  let leading = false;
  let stopped = false;
  let cancel = () => {};
  let onLead = () => {};
  /** Whether it leads is known. */
  const known = Promise.withResolvers<void>();
  /** By place in the list, which changes with every step. */
  const seen = new Map<string, Seen>();

  function setLeading(now: boolean): void {
    if (now === leading) return;
    leading = now;
    seen.clear();
    poll.lead(now);
    if (now) onLead();
  }

  /** When to look at an edit that nobody may be working on. */
  function lateAt(item: Item, edit: Edit): number {
    if (edit.state !== 'running' || edit.ended) return timeOf(item) + timing.lateMs;
    if (edit.givenUp) return edit.submittedAt + timing.abandonMs + timing.lateMs;
    return Math.min(options.overdueAt(edit), options.tellAt(edit) ?? Number.POSITIVE_INFINITY) + timing.lateMs;
  }

  /** Whoever works on it holds its lease; otherwise it goes on its way again. */
  async function putOnItsWay(item: Item): Promise<void> {
    const lease = await records.claim(item.key, timing.leadMs);
    if (!lease) return;
    await lease.release();
    log.debug({ edit: item.key }, 'an edit is due, and nobody works on it');
    timers.schedule(item.key, clock.now());
    const times = seen.get(item.at)?.times ?? 0;
    // It may be waiting in somebody's line.
    seen.set(item.at, { lookAt: clock.now() + (times === 0 ? timing.lateMs : timing.queueLookMs), times: times + 1 });
  }

  /** Reads what is new in a part of the list. */
  async function readNew(until: number, after: Item | undefined, part: readonly Item[]): Promise<void> {
    if (part.every(({ at }) => seen.has(at))) return;
    for (const { edit, ...item } of await records.due(until, after, page)) {
      if (seen.has(item.at)) continue;
      if (edit.state === 'running' && !edit.ended) poll.watch(edit);
      seen.set(item.at, { lookAt: lateAt(item, edit), times: 0 });
    }
    // What cannot be read is told of once.
    for (const { at } of part) if (!seen.has(at)) seen.set(at, { lookAt: Number.POSITIVE_INFINITY, times: 0 });
  }

  /** @returns whether something is late that others hold */
  async function look(): Promise<boolean> {
    const until = clock.now();
    let part = await records.leadDueIds(until, page, timing.leadMs);
    setLeading(part !== undefined);
    known.resolve();
    const found: Item[] = [];
    let after: Item | undefined;
    while (part && !stopped) {
      await readNew(until, after, part);
      found.push(...part);
      after = part.at(-1);
      if (part.length < page) break;
      part = await records.dueIds(until, after, page);
    }
    if (!leading || stopped) return false;
    const there = new Set(found.map(({ at }) => at));
    for (const at of seen.keys()) if (!there.has(at)) seen.delete(at);
    const ids = new Set(found.map(({ key }) => key));
    poll.forgetMissing((id) => ids.has(id), until);
    const isLate = ({ at, key }: Item) => (seen.get(at)?.lookAt ?? until + 1) <= until && !options.isAtWork(key);
    const late = found.filter(isLate);
    for (let start = 0; start < late.length; start += atOnce) {
      await Promise.all(late.slice(start, start + atOnce).map(putOnItsWay));
    }
    return late.length > 0;
  }

  async function round(): Promise<void> {
    let soon = false;
    try {
      soon = await look();
    } catch (err) {
      // Whoever cannot reach the store cannot keep the lead.
      setLeading(false);
      known.resolve();
      log.debug({ err }, 'the open edits cannot be looked through');
      soon = true;
    }
    if (!stopped) cancel = clock.after(soon ? timing.leadLookMs / 3 : timing.leadLookMs, () => void round());
  }

  return {
    leads: () => leading,
    async begin(whenLeading) {
      onLead = whenLeading;
      if (!options.works) return;
      void round();
      // Thousands of open edits must not keep new ones waiting.
      await known.promise;
    },
    async stop() {
      stopped = true;
      cancel();
      if (leading) await records.leadDueIds(0, 1, 1).catch(() => {});
    },
  };
}
