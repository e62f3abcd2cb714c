// Opens the store that the configuration names. Only this file knows which stores exist.
import type { Config } from '../config.ts';
import { createRedisStore } from './redis.ts';
import { createSqliteStore } from './sqlite.ts';
import { type Adopt, noNews, type Store, type StoreNews } from './store.ts';

/** Opens it, and makes sure that it can be written. @throws {StartError} when it cannot be used */
export async function openStore(store: Config['store'], news: StoreNews): Promise<Store> {
  return store.kind === 'sqlite' ? createSqliteStore(store.path, { news }) : createRedisStore(store.url, news);
}

/** Long enough for a hundred thousand entries; two processes that adopt at once do no harm. */
const leaseMs = 120_000;
const waitMs = 200;

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
