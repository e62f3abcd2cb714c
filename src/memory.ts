// Returns memory to the system in quiet moments. V8 never gives back what a burst of work took: ten thousand waiting
// edits would hold five times what they need (docs/performance.md).
import { performance } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** How often to look whether there is memory to give back. */
export const trimEveryMs = 1_000;

/** Growth in bytes of the heap, and of the buffers that it holds, that is worth a collection, which takes a tenth of a second. */
const worthwhile = 16 * 2 ** 20;
/** Keeps collections to a hundredth of the time. */
const restMs = 10_000;
/** Collect only while the event loop was busy for less than this share of the time since the last look. */
const quiet = 0.05;

function inUse(): number {
  const { total_heap_size, external_memory } = getHeapStatistics();
  return total_heap_size + external_memory;
}

/**
 * @param rest milliseconds between two collections
 * @returns a function that collects if there is enough to free and nothing else to do; true if it did
 */
export function createTrim(rest = restMs): () => boolean {
  // Sets --expose-gc at run time, so that it works however the bot was started.
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
    if (inUse() - kept < worthwhile) return false;
    // A normal collection frees objects; only this one also frees their pages.
    collect({ type: 'major', flavor: 'last-resort' });
    kept = inUse();
    restUntil = performance.now() + rest;
    return true;
  };
}
