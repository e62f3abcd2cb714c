// Holds an edit's lease while work goes on: short, so that it lapses soon after the process dies, and renewed, so that
// it outlasts slow downloads.
import type { Clock } from '../clock.ts';
import type { Records } from './records.ts';

export type HeldLease = {
  /** False once somebody else may have taken over. */
  held(): boolean;
  release(): Promise<void>;
};

/** Takes the edit's lease and keeps renewing it; undefined when somebody else holds it. */
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
      // A failure only means that it is not renewed: it then lapses by the clock.
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
