// Stores edits: each is one record with a version, so that no write overwrites another's. Lists hold the open ones by
// when they are due, a server's open cards, and a server's edits.
import type { Outcome } from '../runflow/run.ts';
import {
  type Adopt,
  behind,
  type Item,
  type Lease,
  type OlderEntry,
  type Place,
  rankOf,
  type Store,
  type Stored,
  type Write,
} from '../store/store.ts';
import type { Allowance } from './allowance.ts';
import { erase } from './deleted.ts';
import { owesOnlySource } from './kept.ts';
import { move } from './moves.ts';
import { readStoredEdit, readStoredOutcome } from './older-records.ts';
import { nextDutyAt } from './owed.ts';
import { type Edit, isClosed, isDone } from './record.ts';
import { everything, type Waiting, waitingList, waitingPlaces } from './waiting.ts';

/** An edit and the version of its record. */
export type Saved = { edit: Edit; version: number };

/** What became of an outcome: kept in its edit's record, known there already, or of no edit that waits for it. */
export type Kept = { result: 'kept'; saved: Saved } | { result: 'known'; edit: Edit } | { result: 'unknown' };

export type Records = {
  /** Undefined while somebody else works on the edit. */
  claim(id: string, leaseMs: number): Promise<Lease | undefined>;
  /**
   * Saves a new edit, now or never; undefined when there is one already.
   * @param withinMs asked again before each try
   * @throws {UserError} when nothing is left of the allowance
   */
  admit(edit: Edit, withinMs?: () => number | undefined, allowance?: Allowance): Promise<Saved | undefined>;
  find(id: string): Promise<Saved | undefined>;
  load(id: string): Promise<Edit | undefined>;
  /** Saves an edit if its record still has this version. @returns undefined when somebody else changed it first */
  save(edit: Edit, version: number): Promise<Saved | undefined>;
  /** Removes a new edit that nobody took up, whose requester was refused. @returns whether it is gone */
  withdraw(edit: Edit, allowance?: Pick<Allowance, 'giveBack'>): Promise<boolean>;
  /** Ids of the open edits that are due by then, the longest waiting first, from an item on. */
  dueIds(until: number, after: Item | undefined, limit: number): Promise<Item[]>;
  /** The same from the beginning, for the one process that leads for so many milliseconds; undefined for the others. */
  leadDueIds(until: number, limit: number, leaseMs: number): Promise<Item[] | undefined>;
  /** The same with their edits, without those that cannot be read. */
  due(until: number, after: Item | undefined, limit: number): Promise<(Item & { edit: Edit })[]>;
  /** A server's edits that wait for a moderator, with or without a card yet, the oldest first, from an item on. */
  openReviews(
    guildId: string,
    limit: number,
    after?: Pick<Item, 'at'>,
    which?: Waiting,
  ): Promise<(Item & { edit: Edit })[]>;
  /** How many of them there are, as far as `most`. */
  countReviews(guildId: string, most: number, after?: Pick<Item, 'at'>, which?: Waiting): Promise<number>;
  /** A server's edits, the newest first, from an item on. */
  ofGuild(guildId: string, before: Item | undefined, limit: number): Promise<(Item & { edit: Edit })[]>;
  /** Keeps a run's outcome in its edit's record, even if this process dies. The first one stays. */
  keepOutcome(runId: string, outcome: Outcome, editId: string): Promise<Kept>;
  /** Takes up what older versions stored. */
  adopt: Readonly<Record<'open' | 'outcome', Adopt>>;
};
/** A new edit belongs to the process that accepted it, until that one must have taken it up, or given it up. */
const graceMs = 5_000;

/** When a rescan should look at an edit: a running one at once, for its run may have to be watched. */
function dueOf(edit: Edit): number {
  if (edit.state === 'running') return edit.submittedAt;
  const isNew = edit.state === 'accepted' && edit.tries === 0 && edit.retries === 0;
  if (isNew) return edit.createdAt + graceMs;
  return isDone(edit) ? Math.max(edit.dueAt, nextDutyAt(edit)) : edit.dueAt;
}

/** @param adopt whether it could be read */
async function adoptEach(
  entries: readonly OlderEntry[],
  adopt: (entry: OlderEntry) => Promise<boolean>,
): Promise<OlderEntry[]> {
  const left: OlderEntry[] = [];
  for (const entry of entries) if (!(await adopt(entry))) left.push(entry);
  return left;
}

/** The lists that an edit stands in. */
function placesOf(edit: Edit): Place[] {
  const { guildId } = edit.origin;
  const places: Place[] = [];
  if (!isClosed(edit)) places.push({ list: 'open', rank: rankOf(dueOf(edit)) });
  if (guildId === undefined) return places;
  places.push({ list: `guild:${guildId}`, rank: rankOf(edit.createdAt) });
  return [...places, ...waitingPlaces(edit)];
}

export function createRecords(store: Store, keepClosedMs: number): Records {
  const edits = store.table<Edit>('edit', readStoredEdit);
  /** What older versions closed stays where they put it, until it expires. */
  const closedBefore = store.space<unknown>('closed');

  const write = (edit: Edit, expected: number) => {
    const places = placesOf(edit);
    if (!isClosed(edit)) {
      // Its reply has said all, though its original is not put away yet.
      const said = isDone(edit) && owesOnlySource(edit) ? { ...edit, reply: undefined } : edit;
      return edits.write(edit.id, said, expected, { places });
    }
    return edits.write(edit.id, { ...erase(edit), reply: undefined }, expected, { places, keepMs: keepClosedMs });
  };

  async function save(
    edit: Edit,
    version: number,
    withinMs?: number,
    more: readonly Write[] = [],
  ): Promise<Saved | undefined> {
    return (await store.commit([write(edit, version), ...more], withinMs)) ? { edit, version: version + 1 } : undefined;
  }

  const fromTable = ({ value, version }: Stored<Edit>): Saved => ({ edit: value, version });

  async function find(id: string): Promise<Saved | undefined> {
    const stored = await edits.get(id);
    if (stored) return fromTable(stored);
    const before = await closedBefore.get(id);
    const edit = before === undefined ? undefined : readStoredEdit(before);
    return edit && { edit, version: 0 };
  }

  async function keepOutcome(runId: string, outcome: Outcome, editId: string): Promise<Kept> {
    while (true) {
      const found = await find(editId);
      if (!found) return { result: 'unknown' };
      const kept = move(found.edit, { type: 'outcome-kept', runId, outcome }, found.edit.dueAt);
      if (kept === found.edit) {
        const known = ('runId' in kept && kept.runId === runId) || ('ended' in kept && kept.ended?.runId === runId);
        return known ? { result: 'known', edit: kept } : { result: 'unknown' };
      }
      const saved = await save(kept, found.version);
      if (saved) return { result: 'kept', saved };
    }
  }

  return {
    claim: (id, leaseMs) => store.claim(`edit:${id}`, leaseMs),
    async admit(edit, withinMs, allowance) {
      while (true) {
        const share = (await allowance?.take(edit)) ?? [];
        const saved = await save(edit, 0, withinMs?.(), share);
        // Otherwise somebody else may have taken from the same allowance in between.
        if (saved || share.length === 0 || (await edits.get(edit.id))) return saved;
      }
    },
    find,
    load: async (id) => (await find(id))?.edit,
    async save(edit, version) {
      // An older version's copy lasts as long as that one wanted.
      if (isClosed(edit) && erase(edit) !== edit) await closedBefore.delete(edit.id);
      return save(edit, version);
    },
    async withdraw(edit, allowance) {
      while (true) {
        const share = (await allowance?.giveBack(edit)) ?? [];
        const gone = await store.commit([{ table: 'edit', key: edit.id, expected: 1 }, ...share]);
        const found = gone ? undefined : await edits.get(edit.id);
        if (found?.version !== 1) return found === undefined || found.value.state === 'deleted';
      }
    },
    dueIds: (until, after, limit) => edits.items('open', { after: after?.at, before: behind(rankOf(until)), limit }),
    leadDueIds: (until, limit, leaseMs) => edits.lead('open', { before: behind(rankOf(until)), limit }, leaseMs),
    async due(until, after, limit) {
      const found = await edits.range('open', { after: after?.at, before: behind(rankOf(until)), limit });
      return found.map(({ key, at, value }) => ({ key, at, edit: value }));
    },
    async openReviews(guildId, limit, after, which = everything) {
      const found = await edits.range(waitingList(guildId, which), { after: after?.at, limit });
      return found.map(({ key, at, value }) => ({ key, at, edit: value }));
    },
    async countReviews(guildId, most, after, which = everything) {
      return (await edits.items(waitingList(guildId, which), { after: after?.at, limit: most })).length;
    },
    async ofGuild(guildId, before, limit) {
      const found = await edits.range(`guild:${guildId}`, { before: before?.at, limit, backwards: true });
      return found.map(({ key, at, value }) => ({ key, at, edit: value }));
    },
    keepOutcome,
    adopt: {
      open: (entries) =>
        adoptEach(entries, async ({ key, value }) => {
          const edit = readStoredEdit(value);
          if (edit?.id !== key) return false;
          await save(edit, 0);
          return true;
        }),
      outcome: (entries) =>
        adoptEach(entries, async ({ key, value }) => {
          const stored = readStoredOutcome(value);
          if (stored?.editId !== undefined) await keepOutcome(key, stored.outcome, stored.editId);
          return stored !== undefined;
        }),
    },
  };
}
