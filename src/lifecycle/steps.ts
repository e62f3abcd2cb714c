// What to do with an edit next: first what it owes, then the step of its state.
import type { EditEvent } from '../edit/events.ts';
import { nextDuty } from '../edit/owed.ts';
import type { Edit } from '../edit/record.ts';
import type { StepContext, Steps, Wait } from '../edit/step.ts';
import type { PayDuty } from './duties.ts';

/** Takes the next step. `acknowledged` resolves once the interaction is answered: before that it has no reply. */
export type TakeStep = (
  edit: Edit,
  context: StepContext,
  acknowledged: Promise<unknown> | undefined,
) => Promise<EditEvent | Wait>;

export function createTakeStep(options: { steps: Steps; payDuty: PayDuty }): TakeStep {
  const { steps, payDuty } = options;
  return async (edit, context, acknowledged) => {
    const duty = nextDuty(edit);
    if (duty) return payDuty(edit, duty, context);
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
  };
}
