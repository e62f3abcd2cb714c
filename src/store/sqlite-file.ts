// The SQLite file: opened, brought to this version's schema, watched, written with patience.
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { asError, StartError } from '../errors.ts';

/** The list and the position of each place that can be read. */
const readable = (places: string) =>
  `SELECT value ->> 0, value ->> 1 FROM json_each(CASE WHEN json_valid(${places}) THEN ${places} ELSE '[]' END) WHERE type = 'array'`;

/** Each entry migrates a database from the previous version to its own number (SQLite's user_version). */
const migrations: readonly string[] = [
  `CREATE TABLE entry (key TEXT PRIMARY KEY, value TEXT NOT NULL, expires INTEGER) STRICT;
   CREATE INDEX entry_expires ON entry (expires) WHERE expires IS NOT NULL;
   CREATE TABLE claim (key TEXT PRIMARY KEY, holder TEXT NOT NULL, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;`,
  // Same tables, but records and settings have a new shape that version 1 would take for defaults, so it must no longer
  // open this file.
  '',
  // Records with versions. Triggers keep their places, so that one statement writes a record and its places. Claims
  // last by the machine's uptime, which nobody can set back, and end with it. Whoever knows the old entries moves them
  // at the start, through `older`.
  `CREATE TABLE record (key TEXT PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL, places TEXT NOT NULL, expires INTEGER) STRICT;
   CREATE INDEX record_expires ON record (expires) WHERE expires IS NOT NULL;
   CREATE TABLE place (list TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (list, at)) STRICT, WITHOUT ROWID;
   CREATE TRIGGER record_added AFTER INSERT ON record WHEN NEW.places <> '[]' BEGIN
     INSERT OR REPLACE INTO place SELECT value ->> 0, value ->> 1 FROM json_each(NEW.places);
   END;
   CREATE TRIGGER record_moved AFTER UPDATE OF places ON record WHEN NEW.places <> OLD.places BEGIN
     DELETE FROM place WHERE (list, at) IN (SELECT value ->> 0, value ->> 1 FROM json_each(OLD.places));
     INSERT OR REPLACE INTO place SELECT value ->> 0, value ->> 1 FROM json_each(NEW.places);
   END;
   CREATE TRIGGER record_removed AFTER DELETE ON record WHEN OLD.places <> '[]' BEGIN
     DELETE FROM place WHERE (list, at) IN (SELECT value ->> 0, value ->> 1 FROM json_each(OLD.places));
   END;
   CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   DROP TABLE claim;
   CREATE TABLE claim (key TEXT PRIMARY KEY, holder TEXT NOT NULL, boot TEXT NOT NULL, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;`,
  // A record whose places cannot be read stays on its lists, which a range passes over, instead of failing whatever
  // writes or sweeps it.
  `DROP TRIGGER record_moved;
   DROP TRIGGER record_removed;
   CREATE TRIGGER record_moved AFTER UPDATE OF places ON record WHEN NEW.places <> OLD.places BEGIN
     DELETE FROM place WHERE (list, at) IN (${readable('OLD.places')});
     INSERT OR REPLACE INTO place ${readable('NEW.places')};
   END;
   CREATE TRIGGER record_removed AFTER DELETE ON record WHEN OLD.places <> '[]' BEGIN
     DELETE FROM place WHERE (list, at) IN (${readable('OLD.places')});
   END;`,
];

/** Waiting for a lock blocks the event loop; half a second leaves time to answer an interaction with a refusal. */
const lockMs = 500;
/** At the start nobody waits for an answer, and another process may be migrating. */
const startLockMs = 10_000;
const startRetryMs = 20;
/** SQLite's result code SQLITE_BUSY, in the lowest byte of the extended ones: another connection holds the lock. */
const busyCode = 5;
const isBusy = (error: unknown) =>
  error instanceof Error &&
  'errcode' in error &&
  typeof error.errcode === 'number' &&
  (error.errcode & 0xff) === busyCode;

/**
 * Opens the file, creating folder and tables as needed.
 * @throws {StartError} when it cannot be used
 */
export function openDatabase(path: string): { database: DatabaseSync; isNew: boolean } {
  const end = performance.now() + startLockMs;
  try {
    createFolder(dirname(path));
    keepPrivate(path);
    while (true) {
      try {
        return openOnce(path);
      } catch (error) {
        // Switching a new file to WAL gives up at once, whatever the time-out, when several processes do it together.
        if (!isBusy(error) || performance.now() >= end) throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, startRetryMs);
      }
    }
  } catch (thrown) {
    if (thrown instanceof StartError) throw thrown;
    throw new StartError([`STORE_URL: ${path} cannot be used as a database: ${asError(thrown).message}`]);
  }
}

/** One folder after the other: Node's own `recursive` never comes back where the system denies that the parent is there. */
function createFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(path) !== path) createFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process that starts at the same time made it.
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

/** Prompts, addresses and tokens are for the owner alone. SQLite gives the files beside it the mode of the database. */
function keepPrivate(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch {
    // It is there already, or opening it says better what is wrong.
  }
  for (const file of [path, `${path}-wal`, `${path}-shm`]) {
    try {
      const found = statSync(file);
      if (found.isFile() && (found.mode & 0o077) !== 0) chmodSync(file, 0o600);
    } catch {
      // Not there, or of another owner, who has decided who may read it.
    }
  }
}

function openOnce(path: string): { database: DatabaseSync; isNew: boolean } {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: startLockMs });
    // SQLite can return freed pages to the disk only if this is set before the first table exists.
    database.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 16777216;');
    // In WAL mode, NORMAL survives a crash of the process. A power cut can lose the last few writes; recovery finds
    // those edits in Runflow's run list.
    database.exec('PRAGMA synchronous = NORMAL;');
    // What is overwritten or deleted does not stay readable in the file.
    database.exec('PRAGMA secure_delete = ON;');
    const isNew = migrate(database);
    database.exec(`PRAGMA busy_timeout = ${lockMs}`);
    return { database, isNew };
  } catch (thrown) {
    database?.close();
    throw thrown;
  }
}

/** @returns whether the database was empty */
function migrate(database: DatabaseSync): boolean {
  const version = () => Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);
  if (version() > migrations.length) {
    throw new StartError([
      `STORE_URL: the database is of a newer darkroom (schema ${version()}; this one knows ${migrations.length}). Start that version, or name another file.`,
    ]);
  }
  if (version() === migrations.length) return false;
  // Check again under the lock: another process may just have migrated it.
  database.exec('BEGIN IMMEDIATE');
  const found = version();
  for (const sql of migrations.slice(found)) database.exec(sql);
  database.exec(`PRAGMA user_version = ${migrations.length}; COMMIT;`);
  return found === 0;
}

export type RunWrite = <Result>(statement: () => Result) => Result;

/**
 * Runs statements that write. After one wait for the lock times out, later statements do not wait until one succeeds:
 * a dozen edits waiting half a second each in turn would block everything else.
 */
export function createWrite(database: DatabaseSync): RunWrite {
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
      if (isBusy(error)) setPatience(false);
      throw error;
    }
  };
}

/** Throws when the path no longer leads to the opened file: the next start would not see what is written to it. */
export function createFileCheck(path: string): () => void {
  const opened = statSync(path);
  return () => {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.ino !== opened.ino || found.dev !== opened.dev) throw new Error(`${path} was removed or replaced`);
  };
}

/** A clock that all processes of this machine share and nobody can set back; `boot` tells it from that of the last boot. */
export type Uptime = { boot: string; now(): number };

export function readUptime(): Uptime {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return { boot, now: () => Math.floor(Number(process.hrtime.bigint() / 1_000_000n)) };
  } catch {
    // Not Linux: nothing tells one boot from the next, so the wall clock has to do.
    return { boot: 'wall', now: Date.now };
  }
}
