// Opens the store that the configuration names. Only this file knows which stores exist.
import type { Config } from '../config.ts';
import { createRedisStore } from './redis.ts';
import { createSqliteStore } from './sqlite.ts';
import type { Store } from './store.ts';

/** @throws {StartError} when it cannot be used */
export async function openStore(store: Config['store']): Promise<Store> {
  return store.kind === 'sqlite' ? createSqliteStore(store.path) : createRedisStore(store.url);
}
