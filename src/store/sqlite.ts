// The default store: one SQLite file through Node's own driver, which needs no compiler and no server.
import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Keyv, type KeyvStoreAdapter } from 'keyv';
import { asError, StartError } from '../errors.ts';
import { createSpace, guarded, type Store } from './store.ts';

/** Each entry migrates a database from the previous version to its own number (SQLite's user_version). */
const migrations: readonly string[] = [
  `CREATE TABLE entry (key TEXT PRIMARY KEY, value TEXT NOT NULL, expires INTEGER) STRICT;
   CREATE INDEX entry_expires ON entry (expires) WHERE expires IS NOT NULL;
   CREATE TABLE claim (key TEXT PRIMARY KEY, holder TEXT NOT NULL, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;`,
  // Same tables, but records and settings have a new shape that version 1 would take for defaults, so it must no longer
  // open this file.
  '',
];

/** Rows to read at a time while listing, so that a long list neither fills memory nor blocks for long. */
const listBatch = 500;

/** Waiting for a lock blocks the event loop; half a second leaves time to answer an interaction with a refusal. */
const lockMs = 500;
/** SQLite's result code SQLITE_BUSY: another connection holds the lock. */
const busyCode = 5;

/** Opens the file, creating folder and tables as needed. @throws {StartError} when it cannot be used */
function openDatabase(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    database = new DatabaseSync(path, { timeout: lockMs });
    // SQLite can return freed pages to the disk only if this is set before the first table exists.
    database.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 16777216;');
    // In WAL mode, NORMAL survives a crash of the process. A power cut can lose the last few writes; recovery finds
    // those edits in Runflow's run list.
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
  // Check again under the lock: another process may just have migrated it.
  database.exec('BEGIN IMMEDIATE');
  for (const sql of migrations.slice(version())) database.exec(sql);
  database.exec(`PRAGMA user_version = ${migrations.length}; COMMIT;`);
}

type Write = <Result>(statement: () => Result) => Result;

/**
 * Runs statements that write. After one wait for the lock times out, later statements do not wait until one succeeds:
 * a dozen edits waiting half a second each in turn would block everything else.
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

/** Throws when the path no longer leads to the opened file: the next start would not see what is written to it. */
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
      // Overwrites an existing entry in place. REPLACE would delete and insert: six times as slow, since both ends of
      // the table and its index change.
      `INSERT INTO entry (key, value, expires) VALUES (?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires`,
    );
    this.#delete = database.prepare('DELETE FROM entry WHERE key = ?');
    this.#list = database.prepare('SELECT key, value FROM entry WHERE key > ? AND key < ? ORDER BY key LIMIT ?');
  }

  // The interface lets the caller name the stored type; the value is keyv's own serialised text.
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
 * @throws {StartError} when the file cannot be opened or written, or has a newer version
 */
export function createSqliteStore(path: string, now: () => number = Date.now): Store {
  const database = openDatabase(path);
  const write = createWrite(database);
  const checkFile = createFileCheck(path);
  // The statement that checks a lapsed claim also replaces its holder, so two cannot take it.
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
