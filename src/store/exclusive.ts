// One change at a time, across processes: read, change and write of one record as a whole, under a claim.
import type { Clock } from '../clock.ts';
import { StoreError } from '../errors.ts';
import type { Store } from './store.ts';

/** A holder that dies blocks the others for this long; the work itself is a read and a write. */
const leaseMs = 5_000;
/** Longer than a lease, so that one that was left behind is waited out. */
const patienceMs = 10_000;

/**
 * Does the work while nobody else does any under the same key.
 * @throws {StoreError} when the key stays taken
 */
export async function exclusively<Result>(
  store: Pick<Store, 'claim'>,
  clock: Clock,
  key: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const end = clock.now() + patienceMs;
  while (true) {
    const lease = await store.claim(key, leaseMs);
    if (lease) {
      try {
        return await work();
      } finally {
        await lease.release();
      }
    }
    if (clock.now() > end) throw new StoreError(`${key} stays taken`);
    // Jitter, so that those who wait do not come back all at once.
    await new Promise<void>((resolve) => clock.after(2 + Math.random() * 10, resolve));
  }
}
