// Turns: at most so much at once, the rest in the order in which it came. What is counted may be pieces of work, or the
// bytes that they need.

export type Turns = {
  /** Does the work when it is its turn. @param share of all there is; more than all there is counts as all */
  run<Result>(work: () => Promise<Result>, share?: number): Promise<Result>;
  /** A share that is free now and that nobody waits for, and how to give it back, once. */
  take(share?: number): (() => void) | undefined;
};

export function createTurns(all: number): Turns {
  const queue: { share: number; begin: () => void }[] = [];
  let taken = 0;

  function giveBack(share: number): void {
    taken -= share;
    // In order: a large one must not wait for ever behind small ones that fit at once.
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
