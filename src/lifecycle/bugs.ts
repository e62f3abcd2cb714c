// What becomes of an edit whose step failed through the store or through us: tried again, with growing pauses.
import type { Clock } from '../clock.ts';
import type { Edit } from '../edit/record.ts';
import { awayMaxMs, backoff, type Timing } from '../edit/timing.ts';
import { StoreError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Timers } from './timers.ts';

export function createBugs(options: {
  timers: Pick<Timers, 'schedule'>;
  clock: Pick<Clock, 'now'>;
  timing: Pick<Timing, 'backoffMs' | 'backoffMaxMs'>;
  log: Log;
}) {
  const { timers, clock, timing, log } = options;
  const times = new Map<string, number>();

  return {
    /** Leaves the record as it is and puts the edit off. */
    retry(id: string, edit: Edit | undefined, err: Error): void {
      const before = times.get(id) ?? 0;
      times.set(id, before + 1);
      // A store that is back must not wait for a backoff that has grown while it was away.
      const most = err instanceof StoreError ? Math.min(awayMaxMs, timing.backoffMaxMs) : timing.backoffMaxMs;
      const waitMs = backoff(before, { ...timing, backoffMaxMs: most });
      const what = err instanceof StoreError ? 'store trouble' : 'step failed';
      log.error({ edit: id, state: edit?.state, err, waitMs }, what);
      timers.schedule(id, clock.now() + waitMs);
    },
    forget: (id: string): void => void times.delete(id),
  };
}
