// Opens the store that the configuration names. Only this file knows which stores exist.
import type { Config } from '../config.ts';
import { StartError, StoreError } from '../errors.ts';
import type { Jobs } from './jobs.ts';
import { createRedisStore } from './redis.ts';
import { createSqliteStore } from './sqlite.ts';
import { type Adopt, noNews, type Store, type StoreNews } from './store.ts';

/** @throws {StartError} when it cannot be used */
export async function openStore(store: Config['store'], news: StoreNews): Promise<Store> {
  return store.kind === 'sqlite' ? createSqliteStore(store.path, { news }) : createRedisStore(store.url, news);
}

/**
 * What is due later, where several processes share the store; undefined where each has its store to itself.
 * @param works whether this process takes such jobs, or only adds them
 */
export async function openJobs(store: Config['store'], works: boolean, news: StoreNews): Promise<Jobs | undefined> {
  if (store.kind === 'sqlite') return undefined;
  // Loaded only where it is used: it is larger than all the rest.
  const { openRedisJobs } = await import('./redis-jobs.ts');
  return openRedisJobs(store.url, works, news);
}

/** Two processes that adopt at once do no harm, so whoever waits for a dead one need not wait long. */
const leaseMs = 15_000;
const waitMs = 200;
const againMs = 1_000;
/** A file that cannot be written now will not be soon; a server may be starting, or being replaced. */
const fileTries = 3;

/**
 * Makes sure that the store can be written and read, and that it holds what older versions left in it.
 * @throws {StartError} when it cannot be used
 */
export async function prepareStore(
  store: Store,
  kind: Config['store']['kind'],
  adopters: Readonly<Record<string, Adopt>>,
  news: StoreNews,
): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await store.probe();
      return await adoptOlder(store, adopters, news);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (kind === 'sqlite' && tries === fileTries) throw new StartError([`STORE_URL: ${error.message}`]);
      if (tries === 1) news.trouble(`${error.message}; trying again`);
      await new Promise((resolve) => setTimeout(resolve, againMs));
    }
  }
}

/**
 * Moves what older versions kept in spaces into the tables of this one.
 * @param adopters by the name of the space up to its first colon; adopting twice must be adopting once
 */
export async function adoptOlder(
  store: Store,
  adopters: Readonly<Record<string, Adopt>>,
  { unreadable }: Pick<StoreNews, 'unreadable'> = noNews,
): Promise<void> {
  let lease = await store.claim('older', leaseMs);
  while (!lease) {
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    lease = await store.claim('older', leaseMs);
  }
  try {
    for (const [name, adopt] of Object.entries(adopters)) {
      const entries = await Array.fromAsync(store.older(name));
      if (entries.length === 0) continue;
      const left = new Set(await adopt(entries));
      for (const { space, key } of left) unreadable(`${space} ${key}`, 'it is no such record');
      await store.forgetOlder(entries.filter((entry) => !left.has(entry)));
    }
    await store.settleOlder();
  } finally {
    await lease.release();
  }
}
