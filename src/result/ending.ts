// Tells the requester how an edit ended that has no picture to show: once, where they will see it.
import type { Clock } from '../clock.ts';
import type { Messenger } from '../discord/messenger.ts';
import type { Failed, Message, Rejected, Running } from '../edit/edit.ts';
import type { Step, StepContext } from '../edit/step.ts';
import { backoff, type Timing } from '../edit/timing.ts';
import { DiscordTrouble } from '../errors.ts';
import type { Log } from '../log.ts';
import { cardIds } from '../moderation/card-text.ts';
import type { Confide } from '../notify/private.ts';
import type { Speak } from '../notify/public.ts';
import type { SettingsStore } from '../settings/settings.ts';
import { escapeText, texts } from '../texts.ts';

const publicLine = {
  blocked: texts.withheldPublic,
  rejected: texts.review.rejectedPublic,
  expired: texts.review.expiredPublic,
} as const;

function privateNote({ reason, review, outcome }: Rejected): string {
  if (reason === 'blocked') {
    const unchecked = outcome.kind === 'succeeded' && outcome.nsfw === null;
    return unchecked ? texts.review.blockedUnchecked : texts.withheldPrivate;
  }
  if (reason === 'expired') return texts.review.expiredPrivate;
  return texts.review.rejectedPrivate(escapeText(review?.verdict?.reason ?? ''));
}

export function createTell(options: {
  speak: Speak;
  confide: Confide;
  messenger: Pick<Messenger, 'edit'>;
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

  /** In the line that stood there while a moderator was waited for, or in a new one. */
  async function announce(edit: Failed | Rejected, text: string, note: StepContext['note']): Promise<Message> {
    const { notice } = edit.review ?? {};
    if (notice) {
      try {
        await messenger.edit(notice, { text });
        return notice;
      } catch (error) {
        if (!(error instanceof DiscordTrouble && error.kind === 'reply-gone')) throw error;
      }
    }
    return speak.say(edit, { saying: 'end', text }, note);
  }

  async function tell(edit: Failed | Rejected, note: StepContext['note']): Promise<Message | undefined> {
    if (edit.state === 'failed') return announce(edit, texts.failures[edit.reason], note);
    let notice: Message | undefined;
    try {
      const { channelId, messageId } = await announce(edit, publicLine[edit.reason], note);
      notice = { channelId, messageId };
    } catch (error) {
      // Where nothing can be said any more, the private note matters all the more.
      if (!(error instanceof DiscordTrouble) || error.kind === 'later') throw error;
      log.warn({ edit: edit.id, err: error }, 'it cannot be said in the channel that a result is not shown');
    }
    await tellPrivately(edit);
    return notice;
  }

  async function tellPrivately(edit: Rejected): Promise<void> {
    const { review, reason, origin } = edit;
    const guild = origin.guildId === undefined ? undefined : await options.settings.get(origin.guildId);
    const mayContest = guild?.reviewChannelId !== undefined && !review?.contested;
    const message = {
      text: privateNote(edit),
      buttons: mayContest ? [{ id: cardIds.contest(edit.id), label: texts.review.contest }] : [],
    };
    // A direct message stays; what only the interaction shows is gone after a reload.
    const first = reason === 'blocked' ? 'whisper' : 'direct';
    await options.confide(edit, message, { nonce: `${edit.id}-d${edit.round ?? 0}`, first });
  }

  const step: Step<Failed | Rejected> = async (edit, { note }) => {
    if (edit.dueAt > clock.now()) return { type: 'wait', until: edit.dueAt };
    try {
      return { type: 'told', notice: await tell(edit, note) };
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
