// Turns: at most so many pieces of work at once, the rest in the order they came.

export type Turns = { run<Result>(work: () => Promise<Result>): Promise<Result> };

export function createTurns(atOnce: number): Turns {
  const queue: (() => void)[] = [];
  let busy = 0;
  return {
    async run(work) {
      if (busy >= atOnce) await new Promise<void>((resolve) => queue.push(resolve));
      else busy += 1;
      try {
        return await work();
      } finally {
        // The place goes straight to the next one, so nobody can slip in between.
        const next = queue.shift();
        if (next) next();
        else busy -= 1;
      }
    },
  };
}
