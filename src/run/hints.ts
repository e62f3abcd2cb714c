// Hints that a run has ended, kept until it is watched: a callback can overtake the answer to its create request.

const mostHints = 1_000;

export function createHints() {
  const hints = new Set<string>();
  return {
    add(runId: string): void {
      hints.add(runId);
      for (const oldest of hints) {
        if (hints.size <= mostHints) break;
        hints.delete(oldest);
      }
    },
    /** Whether there was one; there is none afterwards. */
    take: (runId: string): boolean => hints.delete(runId),
  };
}
