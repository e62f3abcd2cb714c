// What the bot stores, behind one interface for every database: keyed spaces (keyv); tables whose records carry a
// version and stand in ordered lists; counters; claims. A failing store throws; it never answers "none" instead.
import type { Keyv } from 'keyv';
import { asError, isUnreadable, StoreError } from '../errors.ts';
import type { Throttle } from './throttle.ts';

/** A keyed collection of JSON values. */
export type Space<Value> = {
  /** @throws {StoreError} also when what is stored cannot be read */
  get(key: string): Promise<Value | undefined>;
  /** @param keepMs milliseconds until the entry expires; without it, it stays */
  set(key: string, value: Value, keepMs?: number): Promise<void>;
  delete(key: string): Promise<void>;
};

/** A value with its version, which every write raises by one. */
export type Stored<Value> = { value: Value; version: number };

/** Where a record stands: lists are sorted by rank, then by key. A rank has no spaces; `rankOf` makes one of a time. */
export type Place = { list: string; rank: string };

/** A write that happens only if the record still has the expected version; 0 means that there is none. */
export type Write = {
  table: string;
  key: string;
  expected: number;
  /** Absent: deletes the record. */
  value?: unknown;
  /** All the places of the record; it leaves every other. */
  places?: readonly Place[] | undefined;
  /** Milliseconds until it expires; without it, it stays. */
  keepMs?: number | undefined;
};

/** A part of a list. Bounds are exclusive and compared byte by byte: a rank, or the `at` of an item. */
export type Range = {
  after?: string | undefined;
  before?: string | undefined;
  limit: number;
  /** Begins at the end of the list. */
  backwards?: boolean;
};

export type Item = { key: string; at: string };

/** Records with versions, in ordered lists. */
export type Table<Value> = {
  /** @throws {StoreError} also when the record cannot be read */
  get(key: string): Promise<Stored<Value> | undefined>;
  write(key: string, value: Value, expected: number, more?: Pick<Write, 'places' | 'keepMs'>): Write;
  /** A part of a list with its records. Leaves out what cannot be read, and says so once. */
  range(list: string, range: Range): Promise<(Item & Stored<Value>)[]>;
  /** A part of a list without its records. */
  items(list: string, range: Range): Promise<Item[]>;
  /**
   * The same for the one process that leads, undefined for all others: takes the lead over the list for `leaseMs`, or
   * keeps it. Where each process has its store to itself, each leads.
   */
  lead(list: string, range: Range, leaseMs: number): Promise<Item[] | undefined>;
};

/** The right to work on something; lapses by itself when its holder dies. Saves double work, guards nothing. */
export type Lease = {
  /** Restarts the lease's time; false when it lapsed and somebody else took it. */
  renew(): Promise<boolean>;
  release(): Promise<void>;
};

/** An entry that an older version kept in a space which is a table now. */
export type OlderEntry = { space: string; key: string; value: unknown };

/** Takes up older entries. @returns what cannot be read: that stays where it is */
export type Adopt = (entries: readonly OlderEntry[]) => Promise<readonly OlderEntry[]>;

export type Store = {
  /** Whether nothing was ever stored here before. */
  isNew: boolean;
  space<Value>(name: string): Space<Value>;
  /**
   * @param read checks what is stored; undefined when it is no such record
   * @param otherwise what `get` answers for a record that cannot be read, so that it can be written anew
   */
  table<Value>(name: string, read: (value: unknown) => Value | undefined, otherwise?: Value): Table<Value>;
  /**
   * Writes all or nothing.
   * @param withinMs how long somebody waits for it; it is not done later
   * @returns false when a record no longer had the expected version
   */
  commit(writes: readonly Write[], withinMs?: number): Promise<boolean>;
  /** Adds to a counter, which begins at 0 and expires `keepMs` after its last change. */
  add(counter: string, by: number, keepMs: number): Promise<void>;
  counts(counters: readonly string[]): Promise<number[]>;
  /** Takes the lease on a key for `leaseMs`; undefined when somebody else holds it. */
  claim(key: string, leaseMs: number): Promise<Lease | undefined>;
  /** What all processes on the store may do together, and how fast. */
  throttle: Throttle;
  /** What older versions kept in the spaces of this name, or whose names begin with it and a colon. */
  older(name: string): AsyncIterable<OlderEntry>;
  /** Removes older entries that tables hold now. Idempotent. */
  forgetOlder(entries: readonly OlderEntry[]): Promise<void>;
  /** Every older entry is in a table now: the next start need not look for more. */
  settleOlder(): Promise<void>;
  /** Resolves when the store can be written now. @throws {StoreError} */
  probe(): Promise<void>;
  /** Removes expired entries. */
  sweep(): Promise<void>;
  close(): Promise<void>;
};

/** What a store tells the process. */
export type StoreNews = {
  /** A stored entry that cannot be read; told once for each. */
  unreadable(where: string, why: string): void;
  /** The database lost what it held while it was open. */
  lost(): void;
  /** The database was started anew, perhaps without what it was given last. */
  restarted(): void;
  /** The database cannot be used yet, or with less safety than it could be. */
  trouble(message: string): void;
};

export const noNews: StoreNews = { unreadable() {}, lost() {}, restarted() {}, trouble() {} };

/** Digits of a time in base 36: enough until the year 5188. */
const timeDigits = 9;
const latest = 36 ** timeDigits - 1;

/** A time in milliseconds as a rank: sorts as the times do. */
export function rankOf(ms: number): string {
  return Math.floor(Math.min(latest, Math.max(0, ms)))
    .toString(36)
    .padStart(timeDigits, '0');
}

/** The bound after every item of this rank. */
export const behind = (rank: string): string => `${rank}!`;

/** An item's position: a space sorts before everything that a rank may contain. */
export const positionOf = (rank: string, key: string): string => `${rank} ${key}`;
export const timeOf = ({ at }: Item): number => Number.parseInt(at.slice(0, at.indexOf(' ')), 36);
export const itemOf = (at: string): Item => ({ at, key: at.slice(at.indexOf(' ') + 1) });

/** Runs a database call; turns anything it throws into a StoreError. */
export async function guarded<Result>(what: string, call: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (thrown) {
    throw new StoreError(`the store failed to ${what}: ${asError(thrown).message}`, { cause: thrown });
  }
}

/** Reads stored JSON with the table's own check. @throws {SyntaxError} that says what is wrong */
export function readJson<Value>(text: string, read: (value: unknown) => Value | undefined): Value {
  const value = read(JSON.parse(text));
  if (value === undefined) throw new SyntaxError('it is no such record');
  return value;
}

/** The same for one record, with something to go on with where it cannot be read. */
export function readJsonOr<Value>(text: string, read: (value: unknown) => Value | undefined, otherwise?: Value): Value {
  try {
    return readJson(text, read);
  } catch (error) {
    if (otherwise === undefined || !(error instanceof SyntaxError)) throw error;
    return otherwise;
  }
}

/**
 * A space of what may be forgotten: what cannot be read counts as not there, and the next write replaces it.
 * @param read checks what is stored; undefined when it is no such value
 */
export function createForgetful<Value>(
  space: Space<unknown>,
  read: (value: unknown) => Value | undefined,
): Space<Value> {
  return {
    async get(key) {
      try {
        return read(await space.get(key));
      } catch (error) {
        if (!isUnreadable(error)) throw error;
        return undefined;
      }
    },
    set: space.set,
    delete: space.delete,
  };
}

/** keyv wraps each value; what has no value in it was not written by it, and must not pass for nothing. */
function checkWrapped(json: unknown): void {
  const wrapped = typeof json === 'object' && json !== null && 'value' in json ? json : undefined;
  if (wrapped?.value === undefined || wrapped.value === null) throw new SyntaxError('it is no entry');
}

/** Keeps the readable rows; tells of each other one once. */
export function createReadable(news: StoreNews) {
  const told = new Set<string>();
  return <Row, Value>(rows: readonly Row[], name: (row: Row) => string, read: (row: Row) => Value): Value[] =>
    rows.flatMap((row) => {
      try {
        return [read(row)];
      } catch (thrown) {
        const where = name(row);
        if (!told.has(where)) news.unreadable(where, asError(thrown).message);
        told.add(where);
        return [];
      }
    });
}

/** A space over a keyv instance that was made with `throwOnErrors`. */
export function createSpace<Value>(keyv: Keyv<Value>): Space<Value> {
  // keyv reports each failure twice, thrown and emitted; the thrown one is handled where the call was made.
  keyv.on('error', () => {});
  // keyv's own JSON format supports Buffers and takes several times as long; our values have none.
  keyv.serialize = (data) => JSON.stringify(data);
  keyv.deserialize = (text) => {
    const json = JSON.parse(text);
    checkWrapped(json);
    return json;
  };
  return {
    get: (key) => guarded('read', () => keyv.get(key)),
    set: (key, value, keepMs) =>
      guarded('write', async () => {
        if (!(await keyv.set(key, value, keepMs))) throw new Error('the value was not stored');
      }),
    delete: (key) =>
      guarded('delete', async () => {
        await keyv.delete(key);
      }),
  };
}
