// Says something about an edit where everybody in its channel sees it: in the reply while that can be edited, in a new
// message afterwards. Both are harmless to repeat: an edit of the reply by nature, a message by its nonce, and, when those
// minutes are over, by looking for one that already carries the edit's id.
import type { Clock } from '../clock.ts';
import type { Messenger, Outgoing, Posted } from '../discord/messenger.ts';
import type { EditEvent } from '../edit/events.ts';
import type { Edit, Message } from '../edit/record.ts';
import { DiscordTrouble } from '../errors.ts';
import type { Language } from '../settings/language.ts';
import type { Texts } from '../texts/texts.ts';

/** The token is not used in its last seconds: a request that is under way when it expires is lost. */
const tokenMarginMs = 10_000;

/** Different messages about one edit must not be taken for each other. Discord takes 25 characters; an id has up to 20. */
const nonceSuffix = { picture: '', slow: '-s', end: '-e', notice: '-n' } as const;

/** `mark`: the custom id of a component by which the message is recognised later. */
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
  /** Edits a message of the bot; false when it is gone. @throws {DiscordTrouble} */
  rewrite(edit: Edit, message: Message, write: (t: Texts) => Pick<Outgoing, 'text'>): Promise<boolean>;
  /** The message with that mark, if an attempt whose answer was lost has posted it. @throws {DiscordTrouble} */
  find(edit: Edit, mark: string): Promise<Posted | undefined>;
};

/** Whether the interaction's reply can still be edited, as far as the clock tells. */
export function canReply(edit: Edit, now: number): boolean {
  return edit.reply !== undefined && now < edit.reply.expiresAt - tokenMarginMs;
}

/** The language of what everybody sees: the server's, and in a direct message the member's. */
export function publicLocale({ origin }: Edit): string | undefined {
  return origin.guildLocale ?? origin.locale;
}

export function createPublic(options: { messenger: Messenger; language: Language; clock: Clock }): Public {
  const { messenger, language, clock } = options;

  /** The channel's messages show replies to interactions, too. Without the permission to read back nothing is known. */
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
      // After an undo the same message is sent again on purpose.
      const nonce = `${edit.id}${nonceSuffix[purpose]}${edit.round ? `-${edit.round}` : ''}`;
      return messenger.send(channelId, nonce, { ...message, text: `<@${userId}>\n${message.text}`, ping: userId });
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
