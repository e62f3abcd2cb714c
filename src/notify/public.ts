// Posts about an edit in its channel: edits the reply while the token works, then sends a new message. Both are
// idempotent: an edit reply by nature, a message through its nonce. Discord forgets a nonce after minutes; from then
// on, look for a message that already carries the edit's id, where it must be if it exists.
import type { Clock } from '../clock.ts';
import { type Seen, snowflakeTime } from '../discord/history.ts';
import type { MayGo } from '../discord/leaving.ts';
import type { Messenger, Outgoing, Posted } from '../discord/messenger.ts';
import type { EditEvent } from '../edit/events.ts';
import type { Message } from '../edit/messages.ts';
import { isPrivate } from '../edit/private.ts';
import { type Edit, postingOf } from '../edit/record.ts';
import { clockSkewMs } from '../edit/timing.ts';
import { DiscordTrouble, isRefusal } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Language } from '../settings/language.ts';
import type { Texts } from '../texts/texts.ts';

/** Leave the token's last seconds unused: a request in flight when it expires is lost. */
const tokenMarginMs = 10_000;

/** How long after its interaction a reply appears: three seconds, and some for Discord. */
const replySpanMs = 15_000;
/** How long after it was sent a message can still appear: as long as Discord knows its nonce. */
const lateMs = 5 * 60_000;

/** Tells apart the messages about one edit. Short: a nonce has 25 characters, and an id takes up to 20. */
const nonceSuffix = { picture: '', slow: '-s', end: '-e', notice: '-n' } as const;

/** `mark`: the custom id of a component that identifies the message later. */
export type PublicMessage = Outgoing & { mark?: string };

/** `leftover`: the reply, which another message makes out of date. */
export type Sent = Posted & { leftover?: Posted | undefined };

/**
 * What the channel shows of an edit: `waiting` the reply still says that the bot is working (or that a moderator looks
 * at it), `shown` a message carries the mark, `answered` neither: it was answered otherwise, or deleted.
 */
export type Standing = { kind: 'waiting' } | { kind: 'shown'; message: Posted } | { kind: 'answered' };

/**
 * How an edit's interaction was answered: `waiting` with a reply that the picture will replace, `otherwise` in words,
 * `not` yet, or `unknown` because nothing is left of it.
 */
export type Answered = 'waiting' | 'otherwise' | 'not' | 'unknown';

/**
 * Sends a message in the server's language, or finds the one sent earlier under the same mark.
 * @param mayGo asked whenever a request that shows it leaves; throws when it may not be shown any more
 * @throws {DiscordTrouble | ReplyDeleted}
 */
export type SendPublicly = (
  edit: Edit,
  purpose: keyof typeof nonceSuffix,
  write: (t: Texts) => PublicMessage,
  note: (event: EditEvent) => Promise<void>,
  mayGo?: MayGo,
) => Promise<Sent>;

export type Public = {
  send: SendPublicly;
  /** Edits the reply while its token works, and sends nothing else. Never throws for Discord's sake: it is a courtesy. */
  update(edit: Edit, write: (t: Texts) => Pick<Outgoing, 'text'>): Promise<void>;
  /**
   * Deletes what stands in the channel while an edit is under way: the reply and the notice that it waits. Where that
   * is refused, it stays. @throws {DiscordTrouble} when Discord is down
   */
  clear(edit: Edit): Promise<void>;
  /** Edits a message of the bot; false when it is gone. @throws {DiscordTrouble} */
  rewrite(edit: Edit, message: Message, write: (t: Texts) => Pick<Outgoing, 'text'>): Promise<boolean>;
  /** The message with that mark, if an attempt posted it but lost the answer. @throws {DiscordTrouble} */
  find(edit: Edit, mark: string): Promise<Posted | undefined>;
  /** By its token, or by what the channel shows once that has expired. @throws {DiscordTrouble} when it cannot be known */
  answered(edit: Edit): Promise<Answered>;
  /** For an edit that was rebuilt after the store was lost. @throws {DiscordTrouble} when it cannot be known */
  standing(edit: Edit, mark: string): Promise<Standing>;
};

/** The reply, which may have shown the picture, was deleted: whoever did that does not want to see it again. */
export class ReplyDeleted extends Error {
  override name = 'ReplyDeleted';
}

const at = ({ channelId, messageId }: Posted): Posted => ({ channelId, messageId });

/** Whether the token should still work, judging by the clock, so that the reply can be edited. */
export function canReply({ reply }: Pick<Edit, 'reply'>, now: number): boolean {
  return reply !== undefined && now < reply.expiresAt - tokenMarginMs;
}

/** The language of public messages: the server's, or the member's in a direct message. */
export function publicLocale({ origin }: Edit): string | undefined {
  return origin.guildLocale ?? origin.locale;
}

export function createPublic(options: { messenger: Messenger; language: Language; clock: Clock; log: Log }): Public {
  const { messenger, language, clock, log } = options;

  /** Every sentence of a reply that promises more, in all languages. */
  const promises = new Set(
    language
      .all()
      .flatMap(({ run, moderation }) => [run.takingLong, ...Object.values(run.waiting), moderation.held.waiting]),
  );
  const isWaiting = ({ loading, text }: Seen) => loading || promises.has(text);

  /** The reply to the edit's interaction, wherever its text stands now. */
  function findReply(edit: Edit): Promise<Seen | undefined> {
    const from = snowflakeTime(edit.id);
    const span = { from, to: from + replySpanMs };
    return messenger.find(edit.origin.channelId, span, ({ interactionId }) => interactionId === edit.id);
  }

  /** The message that an earlier attempt sent, if any was sent. */
  async function findPosted(edit: Edit, mark: string): Promise<Seen | undefined> {
    const { posting } = postingOf(edit);
    if (!posting) return undefined;
    const span = { from: posting.first - clockSkewMs, to: posting.last + lateMs };
    return messenger.find(edit.origin.channelId, span, (message) => message.carries(mark));
  }

  /** The reply and the earlier message, as far as they can be known. */
  async function lookBack(edit: Edit, mark: string | undefined): Promise<{ shown?: Seen; reply?: Seen }> {
    const posted = mark && (await findPosted(edit, mark));
    if (posted) return { shown: posted };
    try {
      const reply = await findReply(edit);
      if (!reply) return {};
      return mark && reply.carries(mark) ? { shown: reply } : { reply };
    } catch (error) {
      // Nothing was sent yet but edits of the reply; without the right to read, its fate stays unknown.
      const isAnswered = postingOf(edit).unanswered === undefined;
      if (error instanceof DiscordTrouble && error.kind === 'forbidden' && isAnswered) return {};
      throw error;
    }
  }

  async function clearReply(edit: Edit): Promise<void> {
    try {
      if (edit.reply && canReply(edit, clock.now())) return await messenger.deleteReply(edit.reply);
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
    const reply = await findReply(edit);
    if (reply && isWaiting(reply)) await messenger.deleteMessage(at(reply));
  }

  return {
    async send(edit, purpose, write, note, mayGo) {
      const message = write(language.of(publicLocale(edit)));
      const { unanswered, posting } = postingOf(edit);
      // Once a message was sent in place of the reply, it may stand there: then only a message will do.
      if (edit.reply && canReply(edit, clock.now()) && !posting) {
        try {
          if (unanswered && (await messenger.reply(edit.reply)) === 'deleted') throw new ReplyDeleted();
          return await messenger.editReply(edit.reply, message, mayGo);
        } catch (error) {
          const isGone = error instanceof DiscordTrouble && error.kind === 'reply-gone';
          // A new message opens an archived thread.
          if (!isGone && !(error instanceof DiscordTrouble && error.kind === 'archived')) throw error;
          if (isGone) await note({ type: 'reply-gone' });
        }
      }
      // Nobody else may see it, and a message in the channel is for everybody.
      if (isPrivate(edit))
        throw new DiscordTrouble('forbidden', 'a private result can be shown nowhere else', undefined);
      const { shown, reply } = await lookBack(edit, message.mark);
      if (shown) return at(shown);
      if (unanswered && !reply) throw new ReplyDeleted();
      if (message.mark !== undefined) await note({ type: 'posting' });
      const { userId, channelId } = edit.origin;
      // After an undo, the same message is sent again on purpose.
      const nonce = `${edit.id}${nonceSuffix[purpose]}${edit.round ? `-${edit.round}` : ''}`;
      const addressed = { ...message, text: `<@${userId}>\n${message.text}`, ping: userId };
      const posted = await messenger.send(channelId, nonce, addressed, mayGo);
      return reply && isWaiting(reply) ? { ...posted, leftover: at(reply) } : posted;
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

    async clear(edit) {
      const { notice } = edit.review ?? {};
      const ways = [() => clearReply(edit), async () => (notice ? messenger.deleteMessage(notice) : undefined)];
      for (const way of ways) {
        try {
          await way();
        } catch (error) {
          if (!isRefusal(error)) throw error;
          log.warn({ edit: edit.id, err: error }, 'what the channel shows of an edit cannot be deleted');
        }
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

    async find(edit, mark) {
      try {
        const { shown } = await lookBack(edit, mark);
        return shown && at(shown);
      } catch (error) {
        // Nobody can see what stands where the bot cannot look.
        if (error instanceof DiscordTrouble && (error.kind === 'gone' || error.kind === 'forbidden')) return undefined;
        throw error;
      }
    },

    async answered(edit) {
      // What it says now may be in the words of another version.
      const judge = (seen: Seen): Answered => (isWaiting(seen) || edit.waitTold ? 'waiting' : 'otherwise');
      if (edit.reply && canReply(edit, clock.now())) {
        try {
          const reply = await messenger.reply(edit.reply);
          if (reply === 'none') return 'not';
          if (reply !== 'deleted') return judge(reply);
        } catch (error) {
          if (!(error instanceof DiscordTrouble && error.kind === 'reply-gone')) throw error;
        }
      }
      const reply = await findReply(edit);
      return reply ? judge(reply) : 'unknown';
    },

    async standing(edit, mark) {
      const { channelId } = edit.origin;
      const reply = await findReply(edit);
      if (reply?.carries(mark)) return { kind: 'shown', message: at(reply) };
      if (reply && isWaiting(reply)) return { kind: 'waiting' };
      const span = { from: snowflakeTime(edit.id) };
      const message = await messenger.find(channelId, span, (one) => one.carries(mark));
      return message ? { kind: 'shown', message: at(message) } : { kind: 'answered' };
    },
  };
}
