// What becomes of a result: posted, withheld, or told as a failure. Pure, and the one place where a flag decides.
import type { EditEvent, Settled } from './edit.ts';

/**
 * Runflow's `nsfw_detected`: true is withheld, false is posted; null means "not checked", which is what members get who
 * were allowed to switch the check off, and is posted.
 */
export function decideOutcome(edit: Settled): EditEvent {
  const { outcome } = edit;
  switch (outcome.kind) {
    case 'succeeded':
      return outcome.nsfw === true ? { type: 'withheld' } : { type: 'approved' };
    case 'failed': {
      const reason = outcome.code === 'NO_OUTPUT' ? 'bad-output' : 'run-failed';
      return { type: 'failed', reason, detail: `${outcome.code}: ${outcome.message}` };
    }
    case 'canceled':
      return { type: 'failed', reason: 'run-canceled', detail: 'the run was canceled' };
  }
}
