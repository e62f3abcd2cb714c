// Holds an edit's lease while work goes on: short, so that it lapses soon after the process dies, and renewed, so that
// it outlasts slow downloads. It saves double work; what is right is decided by the version of the record.
import type { Clock } from '../clock.ts';
import type { Records } from './records.ts';

export type HeldLease = {
  /** Aborted once somebody else may have taken over. */
  lost: AbortSignal;
  /** Asks the store: whether the lease is still ours. Right before what must not be done twice. */
  confirm(): Promise<boolean>;
  release(): Promise<void>;
};

/** Takes the edit's lease and keeps renewing it; undefined when somebody else holds it. */
export async function holdLease(
  records: Pick<Records, 'claim'>,
  id: string,
  leaseMs: number,
  clock: Pick<Clock, 'after' | 'elapsed'>,
): Promise<HeldLease | undefined> {
  // From before the claim leaves, and by a clock that nobody sets back: rather too short than too long.
  let heldUntil = clock.elapsed() + leaseMs;
  const lease = await records.claim(id, leaseMs);
  if (!lease) return undefined;
  const losing = new AbortController();
  let released = false;
  let cancel = clock.after(leaseMs / 3, () => void renew());

  async function confirm(): Promise<boolean> {
    const asked = clock.elapsed();
    if (released || !lease) return false;
    const renewed = await lease.renew();
    heldUntil = renewed ? asked + leaseMs : 0;
    if (clock.elapsed() >= heldUntil) lose();
    return !losing.signal.aborted;
  }

  function lose(): void {
    losing.abort(new Error('the lease was lost'));
  }

  async function renew(): Promise<void> {
    // A failure only means that it is not renewed: it then lapses by itself.
    await confirm().catch(() => {});
    if (released || losing.signal.aborted) return;
    const leftMs = heldUntil - clock.elapsed();
    if (leftMs <= 0) lose();
    else cancel = clock.after(Math.min(leaseMs / 3, leftMs), () => void renew());
  }

  return {
    lost: losing.signal,
    confirm,
    async release() {
      released = true;
      cancel();
      await lease.release();
    },
  };
}
