// What to do with an edit next: first what it owes, then the step of its state.
import type { Clock } from '../clock.ts';
import type { EditEvent } from '../edit/events.ts';
import { nextDuty, nextDutyAt, takeDownsOf } from '../edit/owed.ts';
import { type Edit, isDone } from '../edit/record.ts';
import type { Retry } from '../edit/retry.ts';
import type { StepContext, Steps, Wait } from '../edit/step.ts';
import type { PayDuty } from './duties.ts';

/** Takes the next step. `acknowledged` resolves once the interaction is answered: before that it has no reply. */
export type TakeStep = (
  edit: Edit,
  context: StepContext,
  acknowledged: Promise<unknown> | undefined,
) => Promise<EditEvent | Wait>;

/**
 * Whether nothing else may happen before the next duty is due: nothing is posted a second time beside a message that has
 * to come down, and nobody is told that a picture is not shown while it stands.
 */
function waitsForDuty(edit: Edit): boolean {
  const waits = edit.state === 'delivering' || edit.state === 'rejected';
  return isDone(edit) || (waits && takeDownsOf(edit).length > 0);
}

export function createTakeStep(options: {
  steps: Steps;
  payDuty: PayDuty;
  retry: Pick<Retry, 'isWoken'>;
  clock: Pick<Clock, 'now'>;
}): TakeStep {
  const { steps, payDuty } = options;

  async function takeState(
    edit: Edit,
    context: StepContext,
    acknowledged: Promise<unknown> | undefined,
  ): Promise<EditEvent | Wait> {
    // All other steps use the reply.
    if (edit.state !== 'accepted' && edit.state !== 'running' && edit.state !== 'settled') await acknowledged;
    switch (edit.state) {
      case 'accepted':
        return steps.accepted(edit, context);
      case 'running':
        return steps.running(edit, context);
      case 'settled':
        return steps.settled(edit, context);
      case 'held':
        return steps.held(edit, context);
      case 'delivering':
        return steps.delivering(edit, context);
      case 'delivered':
        return steps.delivered(edit, context);
      case 'rejected':
        return steps.rejected(edit, context);
      case 'failed':
        return steps.failed(edit, context);
      case 'deleted':
        return { type: 'wait', until: Number.POSITIVE_INFINITY };
    }
  }

  return async (edit, context, acknowledged) => {
    // What could not be deleted during an outage does not wait for a pause that has grown with it.
    const duty = nextDuty(edit, options.clock.now(), options.retry.isWoken(edit));
    const dutyAt = nextDutyAt(edit);
    if (!duty && dutyAt !== Number.POSITIVE_INFINITY && waitsForDuty(edit)) return { type: 'wait', until: dutyAt };
    const result = await (duty ? payDuty(edit, duty, context) : takeState(edit, context, acknowledged));
    return result.type === 'wait' ? { type: 'wait', until: Math.min(result.until, dutyAt) } : result;
  };
}
