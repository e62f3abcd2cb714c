// The default store: one SQLite file through Node's own driver, which needs no compiler and no server.
import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Keyv, type KeyvStoreAdapter } from 'keyv';
import { asError, StartError } from '../errors.ts';
import { createSpace, guarded, type Store } from './store.ts';

/** Each entry brings a database from the version before to its own number (SQLite's user_version). */
const migrations: readonly string[] = [
  `CREATE TABLE entry (key TEXT PRIMARY KEY, value TEXT NOT NULL, expires INTEGER) STRICT;
   CREATE INDEX entry_expires ON entry (expires) WHERE expires IS NOT NULL;
   CREATE TABLE claim (key TEXT PRIMARY KEY, holder TEXT NOT NULL, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;`,
  // The tables are the same, but records and settings have another shape, which version 1 would take for defaults: it must
  // not open this file any more.
  '',
];

/** Rows to read at a time while listing, so that a long list neither fills memory nor blocks for long. */
const listBatch = 500;

/** Waiting for a lock blocks the event loop: half a second leaves an interaction time to be refused in words. */
const lockMs = 500;
/** SQLite's result code SQLITE_BUSY: somebody else holds the lock. */
const busyCode = 5;

/** Opens the file, creating folder and tables as needed. @throws {StartError} when it cannot be used */
function openDatabase(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    database = new DatabaseSync(path, { timeout: lockMs });
    // Freed pages can go back to the disk only if this is set before the first table exists.
    database.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 16777216;');
    // In WAL mode NORMAL survives the death of the process; only a power cut can take the last few writes, and those
    // edits are found again in Runflow's run list.
    database.exec('PRAGMA synchronous = NORMAL;');
    migrate(database);
    return database;
  } catch (thrown) {
    database?.close();
    if (thrown instanceof StartError) throw thrown;
    throw new StartError([`STORE_URL: ${path} cannot be used as a database: ${asError(thrown).message}`]);
  }
}

function migrate(database: DatabaseSync): void {
  const version = () => Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);
  if (version() > migrations.length) {
    throw new StartError([
      `STORE_URL: the database is of a newer darkroom (schema ${version()}; this one knows ${migrations.length}). Start that version, or name another file.`,
    ]);
  }
  if (version() === migrations.length) return;
  // Asked again under the lock: another process may just have done it.
  database.exec('BEGIN IMMEDIATE');
  for (const sql of migrations.slice(version())) database.exec(sql);
  database.exec(`PRAGMA user_version = ${migrations.length}; COMMIT;`);
}

type Write = <Result>(statement: () => Result) => Result;

/**
 * Runs statements that write. Once a wait for the lock was in vain, the next ones do not wait at all, until one gets
 * through: a dozen edits that wait half a second each, one after the other, would leave no time for anything else.
 */
function createWrite(database: DatabaseSync): Write {
  let patient = true;
  function setPatience(wanted: boolean): void {
    if (wanted === patient) return;
    patient = wanted;
    database.exec(`PRAGMA busy_timeout = ${patient ? lockMs : 0}`);
  }
  return (statement) => {
    try {
      const result = statement();
      setPatience(true);
      return result;
    } catch (error) {
      if (error instanceof Error && 'errcode' in error && error.errcode === busyCode) setPatience(false);
      throw error;
    }
  };
}

/** Throws when the path no longer leads to the opened file: anything written then would be gone at the next start. */
function createFileCheck(path: string): () => void {
  const opened = statSync(path);
  return () => {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.ino !== opened.ino || found.dev !== opened.dev) throw new Error(`${path} was removed or replaced`);
  };
}

/** keyv's storage adapter for one namespace. keyv prefixes keys with `namespace:` and serialises values itself. */
class SqliteAdapter extends EventEmitter implements KeyvStoreAdapter {
  readonly opts = { dialect: 'sqlite', url: '' };
  namespace: string | undefined;
  readonly #database: DatabaseSync;
  readonly #write: Write;
  readonly #get;
  readonly #set;
  readonly #delete;
  readonly #list;

  constructor(database: DatabaseSync, write: Write) {
    super();
    this.#database = database;
    this.#write = write;
    this.#get = database.prepare('SELECT value FROM entry WHERE key = ?');
    this.#set = database.prepare(
      // An entry that is there is written over in its place. REPLACE would delete it and write a new one: six times as
      // slow, since both of the table's ends and its index change.
      `INSERT INTO entry (key, value, expires) VALUES (?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires`,
    );
    this.#delete = database.prepare('DELETE FROM entry WHERE key = ?');
    this.#list = database.prepare('SELECT key, value FROM entry WHERE key > ? AND key < ? ORDER BY key LIMIT ?');
  }

  // The interface lets the caller name the type of what was stored; what comes out is keyv's own serialised text.
  async get<Value>(key: string): Promise<Value | undefined> {
    return this.#get.get(key)?.value as Value | undefined;
  }

  async set(key: string, value: string, ttl?: number): Promise<void> {
    this.#write(() => this.#set.run(key, value, ttl === undefined ? null : Date.now() + ttl));
  }

  async delete(key: string): Promise<boolean> {
    return this.#write(() => this.#delete.run(key)).changes > 0;
  }

  async clear(): Promise<void> {
    this.#database
      .prepare('DELETE FROM entry WHERE key > ? AND key < ?')
      .run(`${this.namespace}:`, `${this.namespace};`);
  }

  async *iterator<Value>(namespace?: string): AsyncGenerator<Array<string | Awaited<Value> | undefined>, void> {
    let last = `${namespace}:`;
    while (true) {
      // ';' follows ':' in ASCII, so the range is exactly the keys of this namespace.
      const rows = this.#list.all(last, `${namespace};`, listBatch);
      for (const row of rows) {
        last = String(row.key);
        yield [last, row.value as Awaited<Value>];
      }
      if (rows.length < listBatch) return;
    }
  }
}

/**
 * @param path of the SQLite file, relative to the working directory
 * @throws {StartError} when the file cannot be opened or written, or is of a newer version
 */
export function createSqliteStore(path: string, now: () => number = Date.now): Store {
  const database = openDatabase(path);
  const write = createWrite(database);
  const checkFile = createFileCheck(path);
  // The holder of a lapsed claim is replaced in the same statement that looks at it.
  const take = database.prepare(
    `INSERT INTO claim (key, holder, expires) VALUES (?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET holder = excluded.holder, expires = excluded.expires WHERE claim.expires <= ?`,
  );
  const renew = database.prepare('UPDATE claim SET expires = ? WHERE key = ? AND holder = ?');
  const release = database.prepare('DELETE FROM claim WHERE key = ? AND holder = ?');
  const probe = database.prepare("INSERT OR REPLACE INTO entry (key, value, expires) VALUES ('probe', ?, NULL)");

  return {
    space<Value>(name: string) {
      const adapter = new SqliteAdapter(database, write);
      return createSpace(new Keyv<Value>({ store: adapter, namespace: name, throwOnErrors: true }));
    },

    claim: (key, leaseMs) =>
      guarded('claim', () => {
        checkFile();
        const holder = randomUUID();
        if (write(() => take.run(key, holder, now() + leaseMs, now())).changes === 0) return undefined;
        return {
          renew: () => guarded('renew a claim', () => write(() => renew.run(now() + leaseMs, key, holder)).changes > 0),
          release: () =>
            guarded('release a claim', () => {
              write(() => release.run(key, holder));
            }),
        };
      }),

    probe: () =>
      guarded('write', () => {
        checkFile();
        write(() => probe.run(String(now())));
      }),

    sweep: () =>
      guarded('sweep', () => {
        database.prepare('DELETE FROM entry WHERE expires <= ?').run(now());
        database.prepare('DELETE FROM claim WHERE expires <= ?').run(now());
        database.exec('PRAGMA incremental_vacuum');
      }),

    async close() {
      database.close();
    },
  };
}
