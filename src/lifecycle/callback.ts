// What a callback does: keeps the end of its run in the record of the edit, which then goes on. It is never believed
// further than its proof.
import type { Records, Saved } from '../edit/records.ts';
import type { AtMoment } from '../edit/step.ts';
import type { Log } from '../log.ts';
import type { RunFeature } from '../run/run.ts';
import type { Callback } from '../runflow/callback.ts';
import type { Outcome } from '../runflow/run.ts';

/** Handles a callback. Resolves with the result once its outcome is saved. @throws {StoreError} */
export type HearCallback = (callback: Callback, proven: boolean) => Promise<'kept' | 'known' | 'unknown' | 'hint'>;

export function createHearCallback(options: {
  records: Pick<Records, 'keepOutcome' | 'load'>;
  poll: Pick<RunFeature['poll'], 'hint' | 'editOf'>;
  /** Removes what is kept of an outcome's pictures. */
  dropPictures: (outcome: Outcome) => Promise<void>;
  advance: (id: string) => void;
  /** The edit has its run's end. */
  goOn: (id: string, saved: Saved) => void;
  /** A run of ours ended that no record knows: the store lost it. */
  onUnknown: () => void;
  log: Log;
  at: AtMoment;
}): HearCallback {
  const { records, poll, log } = options;

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
      const { state } = kept.saved.edit;
      if (state !== 'accepted' && state !== 'running') {
        log.warn({ edit: id, run: runId }, 'another callback is more careful about the result');
      }
      await options.at('callback', id);
      options.goOn(id, kept.saved);
      return 'kept';
    }
    const edit = await records.load(id);
    if (!edit) options.onUnknown();
    else if (edit.state === 'deleted') await options.dropPictures(outcome);
    return kept.result;
  };
}
