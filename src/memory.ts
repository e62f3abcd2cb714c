// Gives memory back in quiet moments. V8 keeps what a burst of work made it take, for good: ten thousand edits that only
// wait would hold five times what they need (docs/performance.md).
import { performance } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** How often to look whether there is memory to give back. */
export const trimEveryMs = 1_000;

/** Heap growth in bytes that is worth a collection of a tenth of a second. */
const worthwhile = 16 * 2 ** 20;
/** At most a hundredth of the time. */
const restMs = 10_000;
/** Collect only while the event loop was busy for less than this share of the time since the last look. */
const quiet = 0.05;

/**
 * @param rest milliseconds from one time to the next
 * @returns a function that gives memory back if there is enough of it and nothing else to do; true when it did
 */
export function createTrim(rest = restMs): () => boolean {
  // Node offers this to whoever starts it with --expose-gc; however the bot is started, it has to do the same.
  setFlagsFromString('--expose-gc');
  const collect: NodeJS.GCFunction = runInNewContext('gc');
  let last = performance.eventLoopUtilization();
  let kept = 0;
  let restUntil = 0;
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    if (utilization > quiet || performance.now() < restUntil) return false;
    if (getHeapStatistics().total_heap_size - kept < worthwhile) return false;
    // The usual collection frees objects, and only this one the pages that they were on.
    collect({ type: 'major', flavor: 'last-resort' });
    kept = getHeapStatistics().total_heap_size;
    restUntil = performance.now() + rest;
    return true;
  };
}
