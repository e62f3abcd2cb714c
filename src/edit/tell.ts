// Tells the requester how an edit ended that has no picture to show: once, where they will see it.
import type { Clock } from '../clock.ts';
import type { Messenger } from '../discord/messenger.ts';
import { DiscordTrouble } from '../errors.ts';
import type { Log } from '../log.ts';
import { texts } from '../texts.ts';
import type { EditEvent, Failed, Rejected, Running } from './edit.ts';
import { canReply, type Speak } from './speak.ts';
import type { Step } from './step.ts';
import { backoff, type Timing } from './timing.ts';

export function createTell(options: {
  speak: Speak;
  messenger: Pick<Messenger, 'whisper'>;
  clock: Clock;
  timing: Timing;
  log: Log;
}): {
  step: Step<Failed | Rejected>;
  /** Says that a run takes too long. Not being able to say so changes nothing. */
  takingLong: (edit: Running, note: (event: EditEvent) => Promise<void>) => Promise<void>;
} {
  const { speak, clock, timing, log } = options;

  async function tell(edit: Failed | Rejected, note: (event: EditEvent) => Promise<void>): Promise<void> {
    if (edit.state === 'failed') {
      await speak.say(edit, { saying: 'end', text: texts.failures[edit.reason] }, note);
      return;
    }
    await speak.say(edit, { saying: 'end', text: texts.withheldPublic }, note);
    // The private note comes last and is not repeated: the public line stands even if this one fails.
    if (edit.reply && canReply(edit, clock.now())) {
      await options.messenger.whisper(edit.reply, texts.withheldPrivate);
    }
  }

  const step: Step<Failed | Rejected> = async (edit, { note }) => {
    if (edit.dueAt > clock.now()) return { type: 'wait', until: edit.dueAt };
    try {
      await tell(edit, note);
      return { type: 'told' };
    } catch (error) {
      if (!(error instanceof DiscordTrouble)) throw error;
      const waitMs = Math.max(error.retryAfterMs ?? 0, backoff(edit.retries, timing));
      if (error.kind === 'later' && clock.now() - edit.closedAt < timing.tellForMs) {
        return { type: 'put-off', until: clock.now() + waitMs };
      }
      log.warn({ edit: edit.id, err: error }, 'the requester could not be told');
      return { type: 'told' };
    }
  };

  return {
    step,
    async takingLong(edit, note) {
      try {
        await speak.say(edit, { saying: 'slow', text: texts.takingLong }, note);
      } catch (error) {
        if (!(error instanceof DiscordTrouble)) throw error;
        log.warn({ edit: edit.id, err: error }, 'the requester could not be told that it takes long');
      }
    },
  };
}
