// Holds an edit's lease while work goes on: short, so that it lapses soon after the process dies, and renewed, so that
// it outlasts slow downloads.
import type { Clock } from '../clock.ts';
import type { Records } from './records.ts';

export type HeldLease = {
  /** False once somebody else may have taken over. */
  held(): boolean;
  /** Asks the store whether it is still held, and restarts its time. */
  confirm(): Promise<boolean>;
  /** Aborted once it is lost. */
  lost: AbortSignal;
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
  const lost = new AbortController();
  let cancel = clock.after(leaseMs / 3, renew);
  const held = () => !released && clock.now() < heldUntil;

  async function confirm(): Promise<boolean> {
    const asked = clock.now();
    const renewed = await lease?.renew();
    heldUntil = renewed ? asked + leaseMs : 0;
    if (!held() && !released) lost.abort(new Error('the lease was lost'));
    return held();
  }

  function renew(): void {
    confirm()
      // A failure only means that it is not renewed: it then lapses by the clock.
      .catch(() => {})
      .finally(() => {
        if (released) return;
        if (held()) cancel = clock.after(leaseMs / 3, renew);
        else lost.abort(new Error('the lease was lost'));
      });
  }

  return {
    held,
    confirm,
    lost: lost.signal,
    async release() {
      released = true;
      cancel();
      await lease.release();
    },
  };
}
