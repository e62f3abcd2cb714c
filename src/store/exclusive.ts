// One change at a time, across processes: read, change and write a record under a claim.
import type { Clock } from '../clock.ts';
import { StoreError } from '../errors.ts';
import type { Store } from './store.ts';

/** A holder that dies blocks the others this long; the work itself is only a read and a write. */
const leaseMs = 5_000;
/** Longer than a lease, to outlast an abandoned one. */
const patienceMs = 10_000;

/**
 * Does the work while nobody else works under the same key.
 * @param work reads, calls `stillOurs` and writes; it throws when the work took so long that another may have begun
 * @throws {StoreError} when the key stays taken
 */
export async function exclusively<Result>(
  store: Pick<Store, 'claim'>,
  clock: Clock,
  key: string,
  work: (stillOurs: () => void) => Promise<Result>,
): Promise<Result> {
  const end = clock.elapsed() + patienceMs;
  while (true) {
    const until = clock.elapsed() + leaseMs;
    const lease = await store.claim(key, leaseMs);
    if (lease) {
      try {
        return await work(() => {
          if (clock.elapsed() >= until) throw new StoreError(`${key} was held for too long`);
        });
      } finally {
        await lease.release();
      }
    }
    if (clock.elapsed() > end) throw new StoreError(`${key} stays taken`);
    // Jitter, so that waiters do not retry all at once.
    await new Promise<void>((resolve) => clock.after(2 + Math.random() * 10, resolve));
  }
}
