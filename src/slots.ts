// At most so much at once, the rest in the order in which it came. A slot may stand for a piece of work, or for a byte that
// it needs.

export type Slots = {
  /** Does the work once it has its slots. @param share how many of all; more than there are counts as all */
  run<Result>(work: () => Promise<Result>, share?: number): Promise<Result>;
  /** Slots that are free now and that nobody waits for, and how to give them back, once. */
  take(share?: number): (() => void) | undefined;
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

  return {
    async run(work, wanted = 1) {
      const share = Math.min(wanted, all);
      if (!take(share)) await new Promise<void>((begin) => queue.push({ share, begin }));
      try {
        return await work();
      } finally {
        giveBack(share);
      }
    },
    take,
  };
}
