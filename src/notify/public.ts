// Says something about an edit where its requester will see it: in the reply while that can be edited, in a new message
// in the channel afterwards. Both are harmless to repeat: an edit of the reply by nature, a message by its nonce, and,
// when those minutes are over, by looking for one that already carries the edit's id.
import type { Clock } from '../clock.ts';
import type { Messenger, Outgoing, Posted } from '../discord/messenger.ts';
import type { Edit, EditEvent } from '../edit/edit.ts';
import { DiscordTrouble } from '../errors.ts';

/** The token is not used in its last seconds: a request that is under way when it expires is lost. */
const tokenMarginMs = 10_000;

/** Discord takes 25 characters for a nonce; an edit's id has up to 20. */
const nonceSuffix = { picture: '', slow: '-s', end: '-e', notice: '-n' } as const;

export type Speech = Outgoing & {
  /** Different sayings about one edit must not be taken for each other. */
  saying: keyof typeof nonceSuffix;
  /** A component of the message by which it is recognised later. */
  mark?: string;
};

export type Speak = {
  /** Says it; what was said before under the same mark is found instead. @throws {DiscordTrouble} */
  say(edit: Edit, message: Speech, note: (event: EditEvent) => Promise<void>): Promise<Posted>;
  /** The message with that mark, if an attempt whose answer was lost has posted it. @throws {DiscordTrouble} */
  find(edit: Edit, mark: string): Promise<Posted | undefined>;
};

/** Whether the interaction's reply can still be edited, as far as the clock tells. */
export function canReply(edit: Edit, now: number): boolean {
  return edit.reply !== undefined && now < edit.reply.expiresAt - tokenMarginMs;
}

export function createSpeak(messenger: Messenger, clock: Clock): Speak {
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
    async say(edit, message, note) {
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
      // After an undo it is said again, and that is meant.
      const nonce = `${edit.id}${nonceSuffix[message.saying]}${edit.round ? `-${edit.round}` : ''}`;
      return messenger.post(channelId, nonce, { ...message, text: `<@${userId}>\n${message.text}`, ping: userId });
    },

    find,
  };
}
