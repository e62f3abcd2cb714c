// Copies the SQLite file while the bot runs: one consistent moment, in a file for its owner alone.
import { chmodSync, existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { asError, StartError } from '../errors.ts';

/** How long to wait for a writer. */
const lockMs = 10_000;

/** @throws {StartError} when there is nothing to copy, or no room for it */
export function backUpDatabase(path: string, target: string): void {
  if (!existsSync(path)) throw new StartError([`STORE_URL: there is no database at ${path}`]);
  if (existsSync(target)) throw new StartError([`${target} is there already`]);
  const before = process.umask(0o077);
  const database = new DatabaseSync(path, { timeout: lockMs });
  try {
    database.prepare('VACUUM INTO ?').run(target);
    chmodSync(target, 0o600);
  } catch (error) {
    throw new StartError([`${target} cannot be written: ${asError(error).message}`]);
  } finally {
    database.close();
    process.umask(before);
  }
}
