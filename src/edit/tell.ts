// Tells the requester how an edit ended that has no picture to show: once, where they will see it.
import type { Clock } from '../clock.ts';
import type { Messenger } from '../discord/messenger.ts';
import { DiscordTrouble } from '../errors.ts';
import type { SettingsStore } from '../guild/settings.ts';
import type { Log } from '../log.ts';
import { escapeText, texts } from '../texts.ts';
import { cardIds } from './card-text.ts';
import type { Failed, Rejected, Running } from './edit.ts';
import { canReply, type Speak } from './speak.ts';
import type { Step, StepContext } from './step.ts';
import { backoff, type Timing } from './timing.ts';

const publicLine = {
  blocked: texts.withheldPublic,
  rejected: texts.review.rejectedPublic,
  expired: texts.review.expiredPublic,
} as const;

function privateNote({ reason, review }: Rejected): string {
  if (reason === 'blocked') return texts.withheldPrivate;
  if (reason === 'expired') return texts.review.expiredPrivate;
  return texts.review.rejectedPrivate(escapeText(review?.verdict?.reason ?? ''));
}

export function createTell(options: {
  speak: Speak;
  messenger: Pick<Messenger, 'whisper' | 'direct' | 'edit'>;
  settings: Pick<SettingsStore, 'get'>;
  clock: Clock;
  timing: Timing;
  log: Log;
}): {
  step: Step<Failed | Rejected>;
  /** Says that a run takes too long. Not being able to say so changes nothing. */
  takingLong: (edit: Running, note: StepContext['note']) => Promise<void>;
} {
  const { speak, messenger, clock, timing, log } = options;

  async function tell(edit: Failed | Rejected, note: StepContext['note']): Promise<void> {
    if (edit.state === 'failed') await speak.say(edit, { saying: 'end', text: texts.failures[edit.reason] }, note);
    else await tellRejected(edit, note);
  }

  /** First the line that everybody sees, then the private note; that one is not worth a failure. */
  async function tellRejected(edit: Rejected, note: StepContext['note']): Promise<void> {
    const { review, reason, origin } = edit;
    const text = publicLine[reason];
    if (review?.notice) await messenger.edit(review.notice, { text });
    else await speak.say(edit, { saying: 'end', text }, note);
    const guild = origin.guildId === undefined ? undefined : await options.settings.get(origin.guildId);
    const mayContest = guild?.reviewChannelId !== undefined && !review?.contested;
    const message = {
      text: privateNote(edit),
      buttons: mayContest ? [{ id: cardIds.contest(edit.id), label: texts.review.contest }] : [],
    };
    // A direct message stays; what only the interaction shows is gone after a reload.
    const ways = [
      () => messenger.direct(origin.userId, `${edit.id}-d${edit.round ?? 0}`, message),
      async () => {
        if (edit.reply && canReply(edit, clock.now())) await messenger.whisper(edit.reply, message);
      },
    ];
    if (reason === 'blocked') ways.reverse();
    for (const way of ways) {
      try {
        const said = await way();
        if (said || edit.reply) return;
      } catch (error) {
        if (!(error instanceof DiscordTrouble) || error.kind === 'later') throw error;
        log.debug({ edit: edit.id, err: error }, 'the requester cannot be reached this way');
      }
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
