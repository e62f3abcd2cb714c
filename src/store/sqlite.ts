// The default store: one SQLite file through Node's own driver, which needs no compiler and no server.
import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { Keyv } from 'keyv';
import { systemClock } from '../clock.ts';
import { createFileCheck, createWrite, openDatabase, type RunWrite, readUptime, type Uptime } from './sqlite-file.ts';
import { SqliteAdapter } from './sqlite-space.ts';
import {
  createReadable,
  createSpace,
  guarded,
  itemOf,
  noNews,
  type OlderEntry,
  positionOf,
  type Range,
  readJson,
  readJsonOr,
  type Store,
  type StoreNews,
  type Table,
  type Write,
} from './store.ts';
import { createLocalThrottle } from './throttle.ts';

/** Rows to read or remove at a time, so that many neither fill memory nor block for long. */
const batch = 500;
/** After every text of our keys and ranks. */
const end = '\u{10ffff}';

const rest = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Does all of the work, or nothing when it returns false or throws. */
function transact(database: DatabaseSync, write: RunWrite, work: () => boolean): boolean {
  return write(() => {
    database.exec('BEGIN IMMEDIATE');
    try {
      const done = work();
      database.exec(done ? 'COMMIT' : 'ROLLBACK');
      return done;
    } catch (error) {
      // A full disk may have rolled it back already.
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  });
}

/** Writes records, several of them in one transaction. */
function createCommit(database: DatabaseSync, write: RunWrite, now: () => number) {
  const insert = database.prepare(
    // One that expired and was not swept away yet counts as none.
    `INSERT INTO record (key, version, value, places, expires) VALUES (?, 1, ?, ?, ?)
     ON CONFLICT (key) DO UPDATE
     SET version = 1, value = excluded.value, places = excluded.places, expires = excluded.expires
     WHERE record.expires <= ?`,
  );
  const update = database.prepare(
    'UPDATE record SET version = version + 1, value = ?, places = ?, expires = ? WHERE key = ? AND version = ?',
  );
  const remove = database.prepare('DELETE FROM record WHERE key = ? AND version = ?');

  function apply({ table, key, expected, value, places = [], keepMs }: Write): boolean {
    const name = `${table}:${key}`;
    if (value === undefined) return remove.run(name, expected).changes > 0;
    const text = JSON.stringify(value);
    const stands = JSON.stringify(places.map(({ list, rank }) => [`${table}:${list}`, positionOf(rank, key)]));
    const expires = keepMs === undefined ? null : Math.floor(now() + keepMs);
    if (expected === 0) return insert.run(name, text, stands, expires, now()).changes > 0;
    return update.run(text, stands, expires, name, expected).changes > 0;
  }

  return (writes: readonly Write[]): boolean => {
    const [first] = writes;
    if (first && writes.length === 1) return write(() => apply(first));
    return transact(database, write, () => writes.every(apply));
  };
}

function createTables(database: DatabaseSync, now: () => number, news: StoreNews): Store['table'] {
  const readable = createReadable(news);
  const get = database.prepare('SELECT version, value FROM record WHERE key = ? AND (expires IS NULL OR expires > ?)');
  const prepareList = (columns: string, from: string, order: string) =>
    database.prepare(
      `SELECT ${columns} FROM ${from} WHERE list = :list AND at > :after AND at < :before ORDER BY at ${order} LIMIT :limit`,
    );
  const columns = 'at, version, value';
  // What follows an item's first space is its key (positionOf in store.ts).
  const joined = "place JOIN record ON record.key = :table || ':' || substr(at, instr(at, ' ') + 1)";
  const records = { up: prepareList(columns, joined, 'ASC'), down: prepareList(columns, joined, 'DESC') };
  const items = { up: prepareList('at', 'place', 'ASC'), down: prepareList('at', 'place', 'DESC') };
  const bounds = (table: string, list: string, { after = '', before = end, limit }: Range) => {
    return { list: `${table}:${list}`, after, before, limit };
  };

  const listItems = (table: string, list: string, range: Range) =>
    guarded('list', () =>
      items[range.backwards ? 'down' : 'up'].all(bounds(table, list, range)).map(({ at }) => itemOf(String(at))),
    );

  return <Value>(table: string, read: (value: unknown) => Value | undefined, otherwise?: Value): Table<Value> => ({
    get: (key) =>
      guarded('read', () => {
        const row = get.get(`${table}:${key}`, now());
        return row && { value: readJsonOr(String(row.value), read, otherwise), version: Number(row.version) };
      }),
    write: (key, value, expected, more = {}) => ({ table, key, expected, value, ...more }),
    range: (list, range) =>
      guarded('list', () =>
        readable(
          records[range.backwards ? 'down' : 'up'].all({ table, ...bounds(table, list, range) }),
          ({ at }) => `${table} ${itemOf(String(at)).key}`,
          ({ at, version, value }) => ({
            ...itemOf(String(at)),
            version: Number(version),
            value: readJson(String(value), read),
          }),
        ),
      ),
    items: (list, range) => listItems(table, list, range),
    lead: (list, range) => listItems(table, list, range),
  });
}

function createCounters(database: DatabaseSync, write: RunWrite, now: () => number): Pick<Store, 'add' | 'counts'> {
  const add = database.prepare(
    `INSERT INTO counter (name, value, expires) VALUES (?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET value = value + excluded.value, expires = excluded.expires`,
  );
  const get = database.prepare('SELECT value FROM counter WHERE name = ?');
  return {
    add: (counter, by, keepMs) =>
      guarded('count', () => {
        write(() => add.run(counter, by, Math.floor(now() + keepMs)));
      }),
    counts: (counters) => guarded('read', () => counters.map((counter) => Number(get.get(counter)?.value ?? 0))),
  };
}

function createClaims(database: DatabaseSync, write: RunWrite, checkFile: () => void, uptime: Uptime): Store['claim'] {
  // The statement that checks a lapsed claim also replaces its holder, so two cannot take it.
  const take = database.prepare(
    `INSERT INTO claim (key, holder, boot, expires) VALUES (?, ?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET holder = excluded.holder, boot = excluded.boot, expires = excluded.expires
     WHERE claim.expires <= ? OR claim.boot <> excluded.boot`,
  );
  const renew = database.prepare('UPDATE claim SET expires = ? WHERE key = ? AND holder = ?');
  const release = database.prepare('DELETE FROM claim WHERE key = ? AND holder = ?');
  return (key, leaseMs) =>
    guarded('claim', () => {
      checkFile();
      const holder = randomUUID();
      const until = () => Math.floor(uptime.now() + leaseMs);
      const taken = write(() => take.run(key, holder, uptime.boot, until(), Math.floor(uptime.now())));
      if (taken.changes === 0) return undefined;
      return {
        renew: () => guarded('renew a claim', () => write(() => renew.run(until(), key, holder)).changes > 0),
        release: () =>
          guarded('release a claim', () => {
            write(() => release.run(key, holder));
          }),
      };
    });
}

function createOlder(database: DatabaseSync, write: RunWrite): Pick<Store, 'older' | 'forgetOlder' | 'settleOlder'> {
  const list = database.prepare('SELECT key, value FROM entry WHERE key > ? AND key < ? ORDER BY key LIMIT ?');
  const remove = database.prepare('DELETE FROM entry WHERE key = ?');

  function read(row: ReturnType<typeof list.all>[number]): OlderEntry {
    const name = String(row.key);
    const split = name.lastIndexOf(':');
    let value: unknown;
    try {
      value = JSON.parse(String(row.value))?.value;
    } catch {
      // Whoever asked says that it cannot be read.
    }
    return { space: name.slice(0, split), key: name.slice(split + 1), value };
  }

  return {
    async *older(name) {
      let last = `${name}:`;
      while (true) {
        // ';' follows ':' in ASCII, so the range is exactly the keys of this name.
        const rows = await guarded('list', () => list.all(last, `${name};`, batch));
        for (const row of rows) {
          last = String(row.key);
          yield read(row);
        }
        if (rows.length < batch) return;
        await rest();
      }
    },
    forgetOlder: (entries) =>
      guarded('delete', async () => {
        for (let start = 0; start < entries.length; start += batch) {
          const part = entries.slice(start, start + batch);
          transact(database, write, () => {
            for (const { space, key } of part) remove.run(`${space}:${key}`);
            return true;
          });
          await rest();
        }
      }),
    // The schema's number tells; looking for the entries costs nothing here.
    async settleOlder() {},
  };
}

/**
 * @param path of the SQLite file, relative to the working directory
 * @throws {StartError} when the file cannot be opened or written, or has a newer version
 */
export function createSqliteStore(
  path: string,
  options: { now?: () => number; uptime?: Uptime; news?: StoreNews } = {},
): Store {
  const { now = Date.now, uptime = readUptime(), news = noNews } = options;
  const { database, isNew } = openDatabase(path);
  const write = createWrite(database);
  const checkFile = createFileCheck(path);
  const commit = createCommit(database, write, now);
  const probe = database.prepare("INSERT OR REPLACE INTO entry (key, value, expires) VALUES ('probe', ?, NULL)");

  /** Removes in steps: sweeping away a month must not block for a second. */
  async function sweepTable(table: string, key: string, limit: number): Promise<void> {
    const remove = database.prepare(
      `DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM ${table} WHERE expires <= ? LIMIT ${batch})`,
    );
    while (write(() => remove.run(limit)).changes === batch) await rest();
  }

  return {
    isNew,
    space<Value>(name: string) {
      const adapter = new SqliteAdapter(database, write);
      return createSpace(new Keyv<Value>({ store: adapter, namespace: name, throwOnErrors: true }));
    },
    table: createTables(database, now, news),
    commit: (writes) =>
      guarded('write', () => {
        checkFile();
        return commit(writes);
      }),
    ...createCounters(database, write, now),
    claim: createClaims(database, write, checkFile, uptime),
    throttle: createLocalThrottle(systemClock),
    ...createOlder(database, write),

    probe: () =>
      guarded('write', () => {
        checkFile();
        write(() => probe.run(String(now())));
      }),

    sweep: () =>
      guarded('sweep', async () => {
        await sweepTable('entry', 'key', now());
        await sweepTable('record', 'key', now());
        await sweepTable('counter', 'name', now());
        database.prepare('DELETE FROM claim WHERE expires <= ? OR boot <> ?').run(uptime.now(), uptime.boot);
        database.exec('PRAGMA incremental_vacuum');
        // What was overwritten stands in the journal until that is begun anew. Another process may be reading: next time.
        database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      }),

    async close() {
      database.close();
    },
  };
}
