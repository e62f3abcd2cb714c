// Pays what an edit owes, one duty at a time, through the feature that owns it. Every payment is idempotent, so a crash
// before it is saved costs only a second try.
import type { EditEvent } from '../edit/events.ts';
import { triesOf } from '../edit/owed.ts';
import type { Edit, PaidDuty, RetriedDuty } from '../edit/record.ts';
import type { Retry } from '../edit/retry.ts';
import type { AtMoment, Payers, StepContext } from '../edit/step.ts';
import { DiscordTrouble, RunflowError } from '../errors.ts';

export type PayDuty = (edit: Edit, duty: PaidDuty, context: StepContext) => Promise<EditEvent>;

export function createPayDuty(options: { payers: Payers; retry: Pick<Retry, 'putOff'>; at: AtMoment }): PayDuty {
  const { payers, retry } = options;

  function payWith(edit: Edit, duty: PaidDuty): Promise<EditEvent | undefined> {
    switch (duty.kind) {
      case 'entry':
        return payers.entry(edit, duty);
      case 'take-down':
        return payers['take-down'](edit, duty);
      case 'rewrite-card':
        return payers['rewrite-card'](edit, duty);
      case 'rewrite-note':
        return payers['rewrite-note'](edit, duty);
      case 'close-card':
        return payers['close-card'](edit, duty);
      case 'allowance':
        return payers.allowance(edit, duty);
      case 'tell-contest':
        return payers['tell-contest'](edit, duty);
      case 'show-claim':
        return payers['show-claim'](edit, duty);
      case 'remember':
        return payers.remember(edit, duty);
      case 'drop-source':
        return payers['drop-source'](edit, duty);
    }
  }

  async function payNow(edit: Edit, duty: PaidDuty): Promise<EditEvent> {
    const instead = await payWith(edit, duty);
    await options.at(`paid-${duty.kind}`, edit.id);
    return instead ?? { type: 'paid', duty };
  }

  /** What cannot be done now is tried again by itself: nothing else waits for it. */
  async function payOrPutOff(edit: Edit, duty: RetriedDuty, signal: AbortSignal): Promise<EditEvent> {
    try {
      return await payNow(edit, duty);
    } catch (error) {
      if (signal.aborted || !(error instanceof DiscordTrouble || error instanceof RunflowError)) throw error;
      const { until } = retry.putOff({ ...edit, retries: triesOf(duty) }, error, `${duty.kind} put off`);
      return { type: 'duty-failed', duty, until };
    }
  }

  return (edit, duty, { signal }) => {
    // These are in our own store.
    if (duty.kind === 'entry' || duty.kind === 'allowance') return payNow(edit, duty);
    return payOrPutOff(edit, duty, signal);
  };
}
