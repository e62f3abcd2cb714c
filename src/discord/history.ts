// Reads what stands in a channel, and how an interaction was answered.
import { DiscordAPIError, type REST, Routes } from 'discord.js';
import { z } from 'zod';
import { DiscordTrouble } from '../errors.ts';
import { carries } from './components.ts';
import { unknownMessage, unknownWebhook } from './trouble.ts';

/** Milliseconds since the epoch; without an end, until now. */
export type Span = { from: number; to?: number | undefined };
/** A message in a channel's history. */
export type Seen = {
  channelId: string;
  messageId: string;
  text: string;
  /** The interaction that it answers. */
  interactionId: string | undefined;
  /** It still says that the bot is thinking. */
  loading: boolean;
  /** Whether a component, however deep, has this custom id. */
  carries(customId: string): boolean;
};

export type History = {
  /**
   * The first message of a span of time that fits; undefined when there is none for certain.
   * @throws {DiscordTrouble} when it cannot be known, because of too many messages or a missing permission
   */
  find(channelId: string, span: Span, fits: (message: Seen) => boolean): Promise<Seen | undefined>;

  /**
   * The reply to an interaction as it stands, whoever sees it; `none` when it was not answered yet.
   * @throws {DiscordTrouble} `reply-gone` when its token has expired
   */
  reply(reply: { applicationId: string; token: string }): Promise<Seen | 'none' | 'deleted'>;
};

/** Read at most this many pages of 100 messages; what lies beyond is unknown. */
const searchPages = 50;
/** A snowflake's upper bits are milliseconds since the first second of 2015. */
const snowflakeEpoch = 1_420_070_400_000;

const flagLoading = 1 << 7;

const seenShape = z.object({
  id: z.string(),
  channel_id: z.string(),
  content: z.string().catch(''),
  components: z.unknown(),
  flags: z.number().catch(0),
  interaction_metadata: z.object({ id: z.string() }).optional().catch(undefined),
});
const pageShape = z.array(seenShape);

const snowflakeAt = (ms: number) => String(BigInt(Math.max(0, Math.floor(ms) - snowflakeEpoch)) << 22n);
/** When something with this id was made, in milliseconds since the epoch by Discord's clock. */
export const snowflakeTime = (id: string) => Number(BigInt(id) >> 22n) + snowflakeEpoch;
const newer = (one: string, other: string) => (BigInt(one) > BigInt(other) ? one : other);

function see(message: z.infer<typeof seenShape>): Seen {
  return {
    messageId: message.id,
    channelId: message.channel_id,
    text: message.content,
    interactionId: message.interaction_metadata?.id,
    loading: (message.flags & flagLoading) !== 0,
    carries: (customId) => carries(message.components, customId),
  };
}

/**
 * @param options.attempt makes discord.js's errors DiscordTrouble; `asBot`: whether the request carries the bot's token
 */
export function createHistory(options: {
  bot: Pick<REST, 'get'>;
  replies: Pick<REST, 'get'>;
  attempt: <Result>(request: () => Promise<Result>, asBot?: boolean) => Promise<Result>;
}): History {
  const { bot, replies, attempt } = options;

  /** Without Read Message History, Discord lists no messages but does not refuse either; reading one is refused. */
  async function expectReadable(channelId: string, messageId: string): Promise<void> {
    try {
      await bot.get(Routes.channelMessage(channelId, messageId));
    } catch (error) {
      if (!(error instanceof DiscordAPIError && error.code === unknownMessage)) throw error;
    }
  }

  return {
    find: (channelId, { from, to = Number.POSITIVE_INFINITY }, fits) =>
      attempt(async () => {
        let last = snowflakeAt(from);
        for (let page = 0; page < searchPages; page += 1) {
          const query = new URLSearchParams({ after: last, limit: '100' });
          const messages = pageShape.parse(await bot.get(Routes.channelMessages(channelId), { query })).map(see);
          const found = messages.find(fits);
          if (found) return found;
          last = messages.reduce((newest, { messageId }) => newer(newest, messageId), last);
          if (messages.length === 100 && snowflakeTime(last) <= to) continue;
          if (page === 0 && messages.length === 0) await expectReadable(channelId, last);
          return undefined;
        }
        throw new DiscordTrouble('later', `more than ${searchPages * 100} messages to look through`, undefined);
      }),

    reply: ({ applicationId, token }) =>
      attempt(async () => {
        try {
          const route = Routes.webhookMessage(applicationId, token, '@original');
          return see(seenShape.parse(await replies.get(route, { auth: false })));
        } catch (error) {
          if (error instanceof DiscordAPIError && error.code === unknownWebhook) return 'none';
          if (error instanceof DiscordAPIError && error.code === unknownMessage) return 'deleted';
          throw error;
        }
      }, false),
  };
}
