// A result whose edit was rebuilt after the store was lost. The channel alone remembers what became of it: it is posted
// only where its reply still stands there waiting. Shown, rejected, taken down or deleted, it stays so.
import { buttonId, buttons } from '../buttons.ts';
import type { EditEvent } from '../edit/events.ts';
import type { Settled } from '../edit/record.ts';
import type { Retry } from '../edit/retry.ts';
import type { Step, StepContext, Wait } from '../edit/step.ts';
import type { Timing } from '../edit/timing.ts';
import { DiscordTrouble } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Public } from '../notify/public.ts';

/** @param settled what happens to a result whose fate is not decided yet */
export function createUnlessAnswered(options: {
  public: Pick<Public, 'standing' | 'find'>;
  retry: Retry;
  timing: Timing;
  log: Log;
}): (settled: Step<Settled>) => Step<Settled> {
  const { retry, timing, log } = options;

  async function ask(edit: Settled, context: StepContext, settled: Step<Settled>): Promise<EditEvent | Wait> {
    const standing = await options.public.standing(edit, buttonId(buttons.again, edit.id));
    switch (standing.kind) {
      case 'shown':
        return { type: 'posted', ...standing.message };
      case 'waiting':
        return settled(edit, context);
      case 'answered':
        log.warn(
          { edit: edit.id, run: edit.runId },
          'a result is not posted: its channel shows no reply that waits for it',
        );
        return { type: 'deleted', by: 'bot' };
    }
  }

  function judge(edit: Settled, error: unknown): EditEvent {
    if (!(error instanceof DiscordTrouble)) throw error;
    if (!retry.isFinal(edit, error) && !retry.isOver(edit, edit.settledAt, timing.deliverForMs)) {
      return retry.putOff(edit, error, 'it cannot be seen yet whether a result was posted');
    }
    log.error(
      { edit: edit.id, run: edit.runId, err: error },
      'a result is not posted: it cannot be seen whether it was',
    );
    return { type: 'deleted', by: 'bot' };
  }

  /** It was about to be shown when it came back to the policy: should it stand there, it comes down first. */
  async function takeBack(edit: Settled, context: StepContext, settled: Step<Settled>): Promise<EditEvent | Wait> {
    const shown = await options.public.find(edit, buttonId(buttons.again, edit.id));
    return shown ? { type: 'posted', ...shown } : settled(edit, context);
  }

  return (settled) => (edit, context) => {
    const first = edit.posting ? takeBack : edit.recovered ? ask : undefined;
    if (!first) return settled(edit, context);
    return retry.attempt(
      edit,
      context.signal,
      () => first(edit, context, settled),
      (error) => judge(edit, error),
    );
  };
}
