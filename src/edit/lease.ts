// Holds an edit's lease while work goes on: renews it in time for slow downloads, and lets it lapse soon after the process
// dies.
import type { Clock } from '../clock.ts';
import type { Records } from './records.ts';

export type HeldLease = {
  /** False once somebody else may have taken over. */
  held(): boolean;
  release(): Promise<void>;
};

/** Takes the edit's lease and keeps renewing it; nothing when somebody else holds it. */
export async function holdLease(
  records: Pick<Records, 'claim'>,
  id: string,
  leaseMs: number,
  clock: Clock,
): Promise<HeldLease | undefined> {
  const lease = await records.claim(id, leaseMs);
  if (!lease) return undefined;
  let heldUntil = clock.now() + leaseMs;
  let released = false;
  let cancel = clock.after(leaseMs / 3, renew);

  function renew(): void {
    const asked = clock.now();
    lease
      ?.renew()
      .then((renewed) => {
        heldUntil = renewed ? asked + leaseMs : 0;
      })
      // Not renewed is all that a failure means here: the lease then lapses by the clock.
      .catch(() => {})
      .finally(() => {
        if (!released && heldUntil > clock.now()) cancel = clock.after(leaseMs / 3, renew);
      });
  }

  return {
    held: () => !released && clock.now() < heldUntil,
    async release() {
      released = true;
      cancel();
      await lease.release();
    },
  };
}
