// Tells the requester, once, that an edit ended without a picture, and why.

import type { EditEvent } from '../edit/events.ts';
import type { Failed, Rejected } from '../edit/record.ts';
import type { Retry } from '../edit/retry.ts';
import type { Step, StepContext } from '../edit/step.ts';
import type { Timing } from '../edit/timing.ts';
import { DiscordTrouble, isRefusal } from '../errors.ts';
import type { Log } from '../log.ts';
import { type Notes, whyNotShown } from '../notify/notes.ts';
import type { Public, Sent } from '../notify/public.ts';
import type { Texts, Words } from '../texts/texts.ts';
import type { TellFailure } from './tell-failure.ts';
import type { SendUndeliverable } from './undeliverable.ts';

function told(sent: Sent | undefined): EditEvent {
  if (!sent) return { type: 'told' };
  const { channelId, messageId, leftover } = sent;
  return { type: 'told', notice: { channelId, messageId }, leftover };
}

export function createEnding(options: {
  public: Pick<Public, 'send' | 'rewrite' | 'clear'>;
  notes: Pick<Notes, 'send'>;
  sendUndeliverable: SendUndeliverable;
  tellFailure: TellFailure;
  retry: Retry;
  timing: Timing;
  log: Log;
}): Step<Failed | Rejected> {
  const { retry, timing, log } = options;

  /** Rewrites the notice that said the edit waits for a moderator, or sends a new message. */
  async function sendPublicly(edit: Rejected, text: Words, note: StepContext['note']): Promise<Sent> {
    const write = (t: Texts) => ({ text: text(t) });
    const { notice } = edit.review ?? {};
    if (notice && (await options.public.rewrite(edit, notice, write))) return notice;
    return options.public.send(edit, 'end', write, note);
  }

  async function send(edit: Failed | Rejected, context: StepContext): Promise<Sent | undefined> {
    if (edit.state === 'failed') {
      await (edit.reason === 'undeliverable' ? options.sendUndeliverable : options.tellFailure)(edit, context);
      return undefined;
    }
    const { reason } = edit;
    if (reason === 'blocked') return sendBlocked(edit, context.note);
    let notice: Sent | undefined;
    try {
      notice = await sendPublicly(edit, (t) => t.result.notShown[reason], context.note);
    } catch (error) {
      // If the channel is closed to the bot, the private note below matters even more.
      if (!isRefusal(error)) throw error;
      log.warn({ edit: edit.id, err: error }, 'it cannot be said in the channel that a result is not shown');
    }
    await sendNote(edit);
    return notice;
  }

  /** Blocked by the settings: that concerns its requester alone, so no line of it stays in the channel. */
  async function sendBlocked(edit: Rejected, note: StepContext['note']): Promise<undefined> {
    const isPrivate = edit.origin.guildId === undefined;
    if (!isPrivate) {
      await options.public.clear(edit);
      if (await sendNote(edit)) return;
    }
    const text = (t: Texts) =>
      isPrivate ? `${t.general.prompt(edit.input.prompt)}\n${whyNotShown(edit, t)}` : t.result.failedUnheard;
    await options.public.send(edit, 'end', (t) => ({ text: text(t) }), note);
  }

  // A direct message stays; an ephemeral follow-up is gone after a reload.
  const sendNote = (edit: Rejected) =>
    options.notes.send(edit, {
      purpose: `d${edit.round ?? 0}`,
      first: edit.reason === 'blocked' ? 'follow-up' : 'direct',
    });

  return (edit, context) =>
    retry.attempt(
      edit,
      context.signal,
      async () => told(await send(edit, context)),
      (error) => {
        if (!(error instanceof DiscordTrouble)) throw error;
        if (!retry.isFinal(edit, error) && !retry.isOver(edit, edit.closedAt, timing.tellForMs)) {
          return retry.putOff(edit, error, 'telling the end of an edit put off');
        }
        log.warn({ edit: edit.id, err: error }, 'the requester could not be told');
        return { type: 'told' };
      },
    );
}
