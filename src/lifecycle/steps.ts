// What to do with an edit next: whether it may be taken up, what its requester has to be told, what it owes, then the
// step of its state.
import type { Clock } from '../clock.ts';
import type { EditEvent } from '../edit/events.ts';
import { owesSource } from '../edit/kept.ts';
import { nextDuty, nextDutyAt, takeDownsOf } from '../edit/owed.ts';
import { type Edit, isDone } from '../edit/record.ts';
import type { Retry } from '../edit/retry.ts';
import type { StepContext, Steps, Wait } from '../edit/step.ts';
import type { PayDuty } from './duties.ts';
import type { TakeUp } from './take-up.ts';
import type { TellWait } from './tell-wait.ts';

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

/** When to look again after an original that is being put away. */
const keepLookMs = 60_000;

const waitUntil = (until: number): Wait => ({ type: 'wait', until });

export function createTakeStep(options: {
  steps: Steps;
  payDuty: PayDuty;
  /** Begins to put the original away, unless that is under way. */
  keepSource: (edit: Edit) => void;
  takeUp: Pick<TakeUp, 'instead'>;
  tellWait: TellWait;
  retry: Pick<Retry, 'isWoken'>;
  clock: Pick<Clock, 'now'>;
}): TakeStep {
  const { steps, payDuty, tellWait, clock } = options;

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

  /** Pays or goes on; a wait ends when something is due. */
  async function goOn(edit: Edit, context: StepContext, acknowledged: Promise<unknown> | undefined) {
    // What could not be deleted during an outage does not wait for a pause that has grown with it.
    const duty = nextDuty(edit, clock.now(), options.retry.isWoken(edit));
    // Beside everything else, and whoever begins it comes back when it is done.
    if (owesSource(edit)) options.keepSource(edit);
    const dutyAt = nextDutyAt(edit, clock.now() + keepLookMs);
    if (!duty && dutyAt !== Number.POSITIVE_INFINITY && waitsForDuty(edit)) return waitUntil(dutyAt);
    const result = await (duty ? payDuty(edit, duty, context) : takeState(edit, context, acknowledged));
    return result.type === 'wait' ? waitUntil(Math.min(result.until, dutyAt)) : result;
  }

  return async (edit, context, acknowledged) => {
    const instead = await options.takeUp.instead(edit, context);
    if (instead) return instead;
    const tellAt = tellWait.at(edit) ?? Number.POSITIVE_INFINITY;
    if (clock.now() >= tellAt) {
      await acknowledged;
      // Another process may have put the picture there while this one stood still.
      if (!(await context.holdsLease()))
        throw new Error('the lease was lost before its requester was told of the wait');
      return tellWait.tell(edit);
    }
    const result = await goOn(edit, context, acknowledged);
    return result.type === 'wait' ? waitUntil(Math.min(result.until, tellAt)) : result;
  };
}
