// Finds the open edits that have no timer: all that are due at the start, later those that another process left behind.
// Reads the list of open edits by when they are due; only what this process does not know yet is read whole.
import type { Clock } from '../clock.ts';
import type { Edit, Running } from '../edit/record.ts';
import type { Records } from '../edit/records.ts';
import { isDue, type Timing } from '../edit/timing.ts';
import type { RunFeature } from '../run/run.ts';
import type { Item } from '../store/store.ts';
import type { Timers } from './timers.ts';

/** Read at a time: some milliseconds of work, then others have a turn. */
const page = 200;
const yearMs = 365 * 24 * 3_600_000;

export function createResume(options: {
  records: Pick<Records, 'dueIds' | 'due'>;
  poll: Pick<RunFeature['poll'], 'watch' | 'size'>;
  timers: Pick<Timers, 'schedule' | 'knows'>;
  overdueAt: (edit: Running) => number;
  /** When to tell a requester that an edit takes long; undefined when there is nothing to tell. */
  tellAt: (edit: Edit) => number | undefined;
  isAtWork: (id: string) => boolean;
  isStopping: () => boolean;
  clock: Clock;
  timing: Pick<Timing, 'rescanMs'>;
  metrics: { waiting: { set(count: number): void } };
}): () => Promise<number> {
  const { records, poll, timers, clock } = options;
  let isFirst = true;
  const isKnown = (id: string) => options.isAtWork(id) || timers.knows(id);

  function takeUp(id: string, edit: Edit): void {
    if (edit.state === 'running' && !edit.ended && clock.now() < options.overdueAt(edit)) {
      // Waiting edits need no lease; there may be ten thousand of them.
      poll.watch(edit);
      timers.schedule(id, Math.min(options.overdueAt(edit), options.tellAt(edit) ?? Number.POSITIVE_INFINITY));
    } else {
      const now = clock.now();
      timers.schedule(id, edit.state === 'running' || isDue(edit.dueAt, now) ? now : edit.dueAt);
    }
  }

  return async () => {
    // What is due later is found by a later search; the first one finds all, for the clock may have been set back.
    const until = clock.now() + (isFirst ? yearMs : 2 * options.timing.rescanMs);
    let found = 0;
    let after: Item | undefined;
    while (!options.isStopping()) {
      const ids = await records.dueIds(until, after, page);
      if (ids.some(({ key }) => !isKnown(key))) {
        for (const { key, edit } of await records.due(until, after, page)) {
          if (isKnown(key)) continue;
          found += 1;
          takeUp(key, edit);
        }
      }
      after = ids.at(-1);
      if (ids.length < page) break;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    isFirst = false;
    options.metrics.waiting.set(poll.size());
    return found;
  };
}
