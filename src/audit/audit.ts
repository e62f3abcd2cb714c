// A server's audit log of moderation: who did what, to which edit, when and why. Append-only: nothing here changes or
// removes an entry. With each entry it keeps what the cards and the statistics count.
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import {
  type Adopt,
  behind,
  type OlderEntry,
  type Place,
  positionOf,
  rankOf,
  type Store,
  type Table,
  type Write,
} from '../store/store.ts';
import { count, type EditAccount, follow, type History, leaveOut, noHistory, sumUp, untouched } from './accounts.ts';
import { type AuditEntry, type Reason, readReason, sequenceDigits } from './entry.ts';

export {
  type AuditAction,
  type AuditEntry,
  auditId,
  cannedReasons,
  type Reason,
  type ReasonKey,
  readReason,
  reportReasons,
  type VerdictKind,
  verdictKinds,
} from './entry.ts';

export type AuditFilter = {
  memberId?: string | undefined;
  actorId?: string | undefined;
  /** All that happened to one edit, whoever did it. */
  editId?: string | undefined;
  /** Only entries older than this id, closest first. */
  before?: string | undefined;
  /** Only entries newer than this id, those closest to it. */
  after?: string | undefined;
  limit: number;
};

export type Audit = {
  /** Idempotent for an entry that already has its id and time. */
  append(guildId: string, entry: Omit<AuditEntry, 'id' | 'at'> | AuditEntry): Promise<void>;
  /** Newest first. */
  list(guildId: string, filter: AuditFilter): Promise<AuditEntry[]>;
  /** Oldest first. @param since leaves out what is older, in milliseconds since the epoch */
  all(guildId: string, since?: number): AsyncIterable<AuditEntry>;
  /** What became of the edits that were flagged since then. */
  accounts(guildId: string, since: number): AsyncIterable<EditAccount>;
  /** @param without an edit that is not counted */
  history(guildId: string, memberId: string, without?: string): Promise<History>;
  /** Takes up what older versions stored. */
  adopt: Adopt;
};

/** Makes ids that sort in the order they were made, even when the clock is set back. */
function createIds(clock: Pick<Clock, 'now'>): () => string {
  let last = 0;
  let sequence = 0;
  return () => {
    const now = clock.now();
    sequence = now > last ? 0 : sequence + 1;
    last = Math.max(last, now);
    // The random end keeps two processes apart.
    return `${rankOf(last)}${sequence.toString(36).padStart(sequenceDigits, '0')}${randomBytes(4).toString('hex')}`;
  };
}

const stored = z.looseObject({ id: z.string(), at: z.number(), action: z.string(), actorId: z.string() });

/** Reads an entry of any version; undefined when it is none. Older versions stored a reason as a finished sentence. */
function readEntry(value: unknown): AuditEntry | undefined {
  if (!isEntry(value)) return undefined;
  const { reason, ...entry } = value;
  return reason === undefined ? entry : { ...entry, reason: readReason(reason) };
}

type StoredEntry = Omit<AuditEntry, 'reason'> & { reason?: Reason | string | undefined };
const isEntry = (value: unknown): value is StoredEntry => stored.safeParse(value).success;

const accountShape = z.custom<EditAccount>((value) => z.object({ state: z.string() }).safeParse(value).success);
const historyShape = z.custom<History>((value) => z.object({ flagged: z.number() }).safeParse(value).success);

/** Entries read at a time: some milliseconds of work, then others have a turn. */
const page = 200;
/** Written at a time at a start, when nobody waits. */
const bulk = 2_000;
const rest = () => new Promise<void>((resolve) => setImmediate(resolve));

/** The list that holds what a filter lets through, the whole log without one. */
function listOf(guildId: string, filter: Pick<AuditFilter, 'memberId' | 'actorId' | 'editId'>): string {
  const { memberId, actorId, editId } = filter;
  if (editId !== undefined) return `${guildId}:edit:${editId}`;
  const member = memberId === undefined ? '' : `:member:${memberId}`;
  return `${guildId}${member}${actorId === undefined ? '' : `:actor:${actorId}`}`;
}

function placesOf(guildId: string, { memberId, actorId, editId }: AuditEntry): Place[] {
  const lists = [listOf(guildId, {}), listOf(guildId, { actorId })];
  if (memberId !== undefined) lists.push(listOf(guildId, { memberId }), listOf(guildId, { memberId, actorId }));
  if (editId !== undefined) lists.push(listOf(guildId, { editId }));
  // Their keys sort as they do.
  return lists.map((list) => ({ list, rank: '' }));
}

export function createAudit(store: Store, clock: Pick<Clock, 'now'>): Audit {
  const log = store.table('audit', readEntry);
  // Sums that cannot be read begin anew: they must not hold up the log, the cards, and what waits behind them.
  const accounts = store.table('account', (value) => accountShape.safeParse(value).data, untouched);
  const histories = store.table('history', (value) => historyShape.safeParse(value).data, noHistory);
  const nextId = createIds(clock);
  const keyOf = (guildId: string, id: string) => `${guildId}:${id}`;

  const writeEntry = (guildId: string, entry: AuditEntry): Write =>
    log.write(keyOf(guildId, entry.id), entry, 0, { places: placesOf(guildId, entry) });
  function writeAccount(guildId: string, editId: string, account: EditAccount, version: number): Write {
    const { flaggedAt } = account;
    const places = flaggedAt === undefined ? [] : [{ list: guildId, rank: rankOf(flaggedAt) }];
    return accounts.write(keyOf(guildId, editId), account, version, { places });
  }

  /** The entry and what it changes in its edit's account and its member's history: written together, or not at all. */
  async function writesOf(guildId: string, entry: AuditEntry): Promise<Write[]> {
    const { editId, memberId } = entry;
    const writes = [writeEntry(guildId, entry)];
    const known = editId === undefined ? undefined : await accounts.get(keyOf(guildId, editId));
    const before = known?.value ?? untouched;
    const after = editId === undefined ? before : follow(before, entry);
    if (editId !== undefined && after !== before) {
      writes.push(writeAccount(guildId, editId, after, known?.version ?? 0));
    }
    if (memberId === undefined) return writes;
    const counted = count(noHistory, entry, before, after);
    if (Object.values(counted).every((number) => number === 0)) return writes;
    const key = keyOf(guildId, memberId);
    const history = await histories.get(key);
    const value = count(history?.value ?? noHistory, entry, before, after);
    return [...writes, histories.write(key, value, history?.version ?? 0)];
  }

  async function append(guildId: string, entry: AuditEntry): Promise<void> {
    while (!(await store.commit(await writesOf(guildId, entry)))) {
      // Appended before, or another entry of the same edit or member came in between.
      if (await log.get(keyOf(guildId, entry.id))) return;
    }
  }

  async function* pages<Value>(table: Table<Value>, list: string, from: string): AsyncGenerator<Value> {
    let after = from;
    while (true) {
      const ids = await table.items(list, { after, limit: page });
      const last = ids.at(-1)?.at ?? after;
      for (const { value } of await table.range(list, { after, before: behind(last), limit: page })) yield value;
      after = last;
      if (ids.length < page) return;
      await rest();
    }
  }

  return {
    append: (guildId, entry) => append(guildId, 'id' in entry ? entry : { ...entry, id: nextId(), at: clock.now() }),
    async list(guildId, { before, after, limit, ...filter }) {
      const upwards = after !== undefined;
      const at = (id: string | undefined) => (id === undefined ? undefined : positionOf('', keyOf(guildId, id)));
      const range = { before: at(before), after: at(after), limit, backwards: !upwards };
      const found = (await log.range(listOf(guildId, filter), range)).map(({ value }) => value);
      return upwards ? found.reverse() : found;
    },
    all: (guildId, since = 0) => pages(log, listOf(guildId, {}), positionOf('', keyOf(guildId, rankOf(since)))),
    accounts: (guildId, since) => pages(accounts, guildId, rankOf(since)),
    async history(guildId, memberId, without) {
      const history = (await histories.get(keyOf(guildId, memberId)))?.value ?? noHistory;
      if (without === undefined) return history;
      const account = await accounts.get(keyOf(guildId, without));
      return leaveOut(history, account?.value ?? untouched);
    },
    async adopt(entries) {
      const left: OlderEntry[] = [];
      const known = entries.flatMap((older) => {
        const entry = readEntry(older.value);
        if (!entry) left.push(older);
        return entry ? [{ guildId: older.space.slice(older.space.indexOf(':') + 1), entry }] : [];
      });
      // In their order, and the sums of all of them at once: a log of years must not take minutes.
      known.sort((one, other) => (one.entry.id < other.entry.id ? -1 : 1));
      const sums = sumUp(known);
      await writeMissing([
        ...known.map(({ guildId, entry }) => writeEntry(guildId, entry)),
        ...sums.accounts.map(({ guildId, id, value }) => writeAccount(guildId, id, value, 0)),
        ...sums.histories.map(({ guildId, id, value }) => histories.write(keyOf(guildId, id), value, 0)),
      ]);
      return left;
    },
  };

  /** Another process may have written some of them. */
  async function writeMissing(writes: readonly Write[]): Promise<void> {
    for (let start = 0; start < writes.length; start += bulk) {
      const part = writes.slice(start, start + bulk);
      if (!(await store.commit(part))) for (const write of part) await store.commit([write]);
      await rest();
    }
  }
}
