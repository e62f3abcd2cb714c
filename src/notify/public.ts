// Posts about an edit in its channel: edits the reply while the token works, then sends a new message. Both are
// idempotent: an edit reply by nature, a message through its nonce. Discord forgets a nonce after minutes; from then
// on, look for a message that already carries the edit's id.
import type { Clock } from '../clock.ts';
import type { Messenger, Outgoing, Posted } from '../discord/messenger.ts';
import type { EditEvent } from '../edit/events.ts';
import type { Edit, Message } from '../edit/record.ts';
import { DiscordTrouble } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Language } from '../settings/language.ts';
import type { Texts } from '../texts/texts.ts';

/** Leave the token's last seconds unused: a request in flight when it expires is lost. */
const tokenMarginMs = 10_000;

/** Tells apart the messages about one edit. Short: a nonce has 25 characters, and an id takes up to 20. */
const nonceSuffix = { picture: '', slow: '-s', end: '-e', notice: '-n' } as const;

/** `mark`: the custom id of a component that identifies the message later. */
export type PublicMessage = Outgoing & { mark?: string };

/**
 * Sends a message in the server's language, or finds the one sent earlier under the same mark.
 * @throws {DiscordTrouble}
 */
export type SendPublicly = (
  edit: Edit,
  purpose: keyof typeof nonceSuffix,
  write: (t: Texts) => PublicMessage,
  note: (event: EditEvent) => Promise<void>,
) => Promise<Posted>;

export type Public = {
  send: SendPublicly;
  /** Edits the reply while its token works, and sends nothing else. Never throws for Discord's sake: it is a courtesy. */
  update(edit: Edit, write: (t: Texts) => Pick<Outgoing, 'text'>): Promise<void>;
  /** Edits a message of the bot; false when it is gone. @throws {DiscordTrouble} */
  rewrite(edit: Edit, message: Message, write: (t: Texts) => Pick<Outgoing, 'text'>): Promise<boolean>;
  /** The message with that mark, if an attempt posted it but lost the answer. @throws {DiscordTrouble} */
  find(edit: Edit, mark: string): Promise<Posted | undefined>;
};

/** Whether the token should still work, judging by the clock, so that the reply can be edited. */
export function canReply(edit: Edit, now: number): boolean {
  return edit.reply !== undefined && now < edit.reply.expiresAt - tokenMarginMs;
}

/** The language of public messages: the server's, or the member's in a direct message. */
export function publicLocale({ origin }: Edit): string | undefined {
  return origin.guildLocale ?? origin.locale;
}

export function createPublic(options: { messenger: Messenger; language: Language; clock: Clock; log: Log }): Public {
  const { messenger, language, clock, log } = options;

  /** Channel history includes replies to interactions. Without permission to read it, nothing can be found. */
  async function find(edit: Edit, mark: string): Promise<Posted | undefined> {
    try {
      return await messenger.find(edit.origin.channelId, edit.id, mark);
    } catch (error) {
      if (error instanceof DiscordTrouble && error.kind === 'forbidden') return undefined;
      throw error;
    }
  }

  return {
    async send(edit, purpose, write, note) {
      const message = write(language.of(publicLocale(edit)));
      if (edit.reply && canReply(edit, clock.now())) {
        try {
          return await messenger.editReply(edit.reply, message);
        } catch (error) {
          if (!(error instanceof DiscordTrouble && error.kind === 'reply-gone')) throw error;
          await note({ type: 'reply-gone' });
        }
      }
      const found = message.mark === undefined ? undefined : await find(edit, message.mark);
      if (found) return found;
      const { userId, channelId } = edit.origin;
      // After an undo, the same message is sent again on purpose.
      const nonce = `${edit.id}${nonceSuffix[purpose]}${edit.round ? `-${edit.round}` : ''}`;
      return messenger.send(channelId, nonce, { ...message, text: `<@${userId}>\n${message.text}`, ping: userId });
    },

    async update(edit, write) {
      if (!edit.reply || !canReply(edit, clock.now())) return;
      try {
        await messenger.editReply(edit.reply, write(language.of(publicLocale(edit))));
      } catch (error) {
        if (!(error instanceof DiscordTrouble)) throw error;
        log.debug({ edit: edit.id, err: error }, 'the requester could not be told about the wait');
      }
    },

    async rewrite(edit, message, write) {
      try {
        await messenger.editMessage(message, write(language.of(publicLocale(edit))));
        return true;
      } catch (error) {
        if (error instanceof DiscordTrouble && error.kind === 'reply-gone') return false;
        throw error;
      }
    },

    find,
  };
}
