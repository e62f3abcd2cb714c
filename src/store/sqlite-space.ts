// keyv's storage adapter on the SQLite file, for one namespace. keyv prefixes keys with `namespace:` and serialises
// values itself.
import { EventEmitter } from 'node:events';
import type { DatabaseSync } from 'node:sqlite';
import type { KeyvStoreAdapter } from 'keyv';
import type { RunWrite } from './sqlite-file.ts';

export class SqliteAdapter extends EventEmitter implements KeyvStoreAdapter {
  readonly opts = { dialect: 'sqlite', url: '' };
  namespace: string | undefined;
  readonly #database: DatabaseSync;
  readonly #write: RunWrite;
  readonly #get;
  readonly #set;
  readonly #delete;

  constructor(database: DatabaseSync, write: RunWrite) {
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
    // ';' follows ':' in ASCII, so the range is exactly the keys of this namespace.
    this.#database
      .prepare('DELETE FROM entry WHERE key > ? AND key < ?')
      .run(`${this.namespace}:`, `${this.namespace};`);
  }
}
