// Runs after a move is saved: updates log and metrics.

import type { Clock } from '../clock.ts';
import { concernsOperator } from '../edit/failure-reason.ts';
import { type Edit, isClosed, type State } from '../edit/record.ts';
import type { Retry } from '../edit/retry.ts';
import type { AtMoment } from '../edit/step.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { RunFeature } from '../run/run.ts';
import type { Outcome } from '../runflow/run.ts';

/** States in which an edit ends; people may reopen it. */
const ends: ReadonlySet<State> = new Set<State>(['delivered', 'rejected', 'failed']);

const isOver = (state: State) => state === 'delivered' || state === 'failed' || state === 'deleted';

/** What a state knows of its run's end. */
function outcomeOf(edit: Edit): Outcome | undefined {
  if ('outcome' in edit) return edit.outcome;
  if (edit.state === 'failed') return edit.unposted?.outcome;
  return 'ended' in edit ? edit.ended?.outcome : undefined;
}

export function createAfterMove(options: {
  /** Removes what is kept of an outcome's pictures. */
  dropPictures: (outcome: Outcome) => Promise<void>;
  poll: Pick<RunFeature['poll'], 'forget' | 'size'>;
  retry: Pick<Retry, 'done'>;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  at: AtMoment;
}): (before: Edit, after: Edit) => Promise<void> {
  const { poll, clock, log, metrics } = options;

  return async (before, after) => {
    if (isClosed(after)) options.retry.done(after.id);
    if (before.state === after.state) return;
    if (before.state === 'running') poll.forget(before.runId);
    // What is not shown may still be asked for, until it expires by itself.
    const outcome = isOver(after.state) ? outcomeOf(before) : undefined;
    if (outcome) {
      await options.dropPictures(outcome).catch((err: unknown) => {
        log.debug({ edit: after.id, err }, 'pictures of a closed edit stay until they expire');
      });
    }
    if (after.state === 'failed') {
      const { id, runId, reason, detail } = after;
      log[concernsOperator(reason) ? 'error' : 'warn']({ edit: id, run: runId, reason, detail }, 'edit failed');
    }
    if (ends.has(after.state)) {
      metrics.editsClosed.inc({ state: after.state, reason: 'reason' in after ? after.reason : '' });
    }
    if (after.state === 'delivered' && before.state === 'delivering') {
      metrics.deliverSeconds.observe((clock.now() - before.settledAt) / 1000);
      log.info({ edit: after.id, run: after.runId, ms: clock.now() - after.createdAt }, 'edit delivered');
    }
    metrics.waiting.set(poll.size());
    const { state } = after;
    if (state === 'running' || state === 'settled' || state === 'delivered') await options.at(state, after.id);
  };
}
