// What a callback does: keeps the end of its run in the record of the edit, which then goes on. It is never believed
// further than its proof.
import type { EditEvent } from '../edit/events.ts';
import type { Edit } from '../edit/record.ts';
import type { Records, Saved } from '../edit/records.ts';
import type { AtMoment } from '../edit/step.ts';
import type { Log } from '../log.ts';
import type { RunFeature } from '../run/run.ts';
import type { Callback } from '../runflow/callback.ts';
import { moreCareful, type Outcome } from '../runflow/run.ts';

/** Handles a callback. Resolves with the result once its outcome is saved. @throws {StoreError} */
export type HearCallback = (callback: Callback, proven: boolean) => Promise<'kept' | 'known' | 'unknown' | 'hint'>;

export function createHearCallback(options: {
  records: Pick<Records, 'keepOutcome' | 'load'>;
  poll: Pick<RunFeature['poll'], 'hint' | 'editOf'>;
  advance: (id: string) => void;
  /** The edit has its run's end. */
  goOn: (id: string, saved: Saved) => void;
  change: (id: string, choose: (edit: Edit) => EditEvent | undefined) => void;
  /** A run of ours ended that no record knows: the store lost it. */
  onUnknown: () => void;
  log: Log;
  at: AtMoment;
}): HearCallback {
  const { records, poll, log } = options;

  /** The more careful of two ends counts as long as nothing is posted. */
  function hearAgain(edit: Edit, outcome: Outcome): void {
    if (edit.state !== 'settled' && edit.state !== 'held' && edit.state !== 'delivering') return;
    if (moreCareful(edit.outcome, outcome) === edit.outcome) return;
    log.warn({ edit: edit.id, run: edit.runId }, 'another callback is more careful about the result');
    options.change(edit.id, () => ({ type: 'refreshed', outcome }));
  }

  return async ({ runId, outcome, editId }, proven) => {
    // Without proof, or without all that has to be known, the run is read.
    if (!proven || !outcome) poll.hint(runId);
    if (!proven) return 'hint';
    const id = poll.editOf(runId) ?? editId;
    if (id === undefined) return 'unknown';
    if (!outcome) {
      // Another process may watch the run; whoever was called reads it now.
      const edit = await records.load(id);
      if (edit?.state === 'running' && edit.runId === runId) options.advance(id);
      return 'hint';
    }
    const kept = await records.keepOutcome(runId, outcome, id);
    if (kept.result === 'kept') {
      await options.at('callback', id);
      options.goOn(id, kept.saved);
      return 'kept';
    }
    const edit = await records.load(id);
    if (!edit) options.onUnknown();
    else if (kept.result === 'known') hearAgain(edit, outcome);
    return kept.result;
  };
}
