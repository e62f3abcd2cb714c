// Limits concurrency: runs work while slots are free and queues the rest in order. A slot may stand for one piece of
// work, or for one byte of memory.

export type Slots = {
  /** Does the work once its slots are free. @param share slots it needs; more than exist counts as all */
  run<Result>(work: () => Promise<Result>, share?: number): Promise<Result>;
  /** Takes slots if free and nobody waits. @returns a function that gives them back (call it once), or undefined */
  take(share?: number): (() => void) | undefined;
  /** Waits for its slots. @returns a function that gives so many of them back: in the end all, and no more */
  enter(share: number): Promise<(part: number) => void>;
  /** Whether anybody waits. */
  isCrowded(): boolean;
};

export function createSlots(all: number): Slots {
  const queue: { share: number; begin: () => void }[] = [];
  let taken = 0;

  function giveBack(share: number): void {
    taken -= share;
    // First come, first served: a large share must not starve behind small ones.
    for (let next = queue[0]; next && taken + next.share <= all; next = queue[0]) {
      queue.shift();
      taken += next.share;
      next.begin();
    }
  }

  function take(wanted = 1): (() => void) | undefined {
    const share = Math.min(wanted, all);
    if (queue.length > 0 || taken + share > all) return undefined;
    taken += share;
    return () => giveBack(share);
  }

  async function enter(wanted: number): Promise<(part: number) => void> {
    const share = Math.min(wanted, all);
    if (!take(share)) await new Promise<void>((begin) => queue.push({ share, begin }));
    return giveBack;
  }

  return {
    async run(work, wanted = 1) {
      await enter(wanted);
      try {
        return await work();
      } finally {
        giveBack(Math.min(wanted, all));
      }
    },
    take,
    enter,
    isCrowded: () => queue.length > 0,
  };
}
