// Sends everything to Discord except the first answer to an interaction: edits replies; sends and deletes messages.
// Nothing is retried here; the error says what a retry could achieve.
import { DiscordAPIError, REST, Routes } from 'discord.js';
import { z } from 'zod';
import type { Pieces } from '../pieces.ts';
import { type Attachments, createAttachments } from './attachments.ts';
import { type Button, components, type Select } from './components.ts';
import { createHistory, type History } from './history.ts';
import { createLeaving, KeptBack, type MayGo } from './leaving.ts';
import { writeUpload } from './multipart.ts';
import { createPlaces, type Places } from './places.ts';
import { createRules, type Rules } from './rules.ts';
import type { Transport } from './transport.ts';
import { isUnauthorized, readTrouble, unknownMessage } from './trouble.ts';

export type OutgoingFile = { name: string; pieces: Pieces; alt: string; spoiler?: boolean };
export type Outgoing = {
  text: string;
  files?: readonly OutgoingFile[];
  buttons?: readonly Button[];
  select?: Select;
  /** The only user, and the only role, whom the message may ping. */
  ping?: string;
  pingRole?: string | undefined;
  /** The message in the same channel that it answers; should that be gone, it stands alone. */
  answers?: string;
};
export type Posted = { channelId: string; messageId: string };
export type ReplyTo = { applicationId: string; token: string };

export type Messenger = Places &
  Rules &
  Attachments &
  History & {
    /**
     * Edits the reply to an interaction. Idempotent.
     * @param mayGo asked when the request really leaves, however long a limit held it back
     * @throws {DiscordTrouble}, and whatever `mayGo` throws
     */
    editReply(reply: ReplyTo, message: Outgoing, mayGo?: MayGo): Promise<Posted>;
    /** Deletes the reply to an interaction; succeeds if it is already gone. @throws {DiscordTrouble} */
    deleteReply(reply: ReplyTo): Promise<void>;
    /** Sends the interaction's user an ephemeral follow-up. @returns its id. @throws {DiscordTrouble} */
    followUp(reply: ReplyTo, message: Pick<Outgoing, 'text' | 'buttons'>): Promise<string>;
    /** Edits such a follow-up; false when it is gone. Idempotent. @throws {DiscordTrouble} */
    editFollowUp(reply: ReplyTo, messageId: string, message: Pick<Outgoing, 'text' | 'buttons'>): Promise<boolean>;
    /**
     * @param nonce at most 25 characters; reused within minutes, it gives the first message
     * @param mayGo as in `editReply`. @throws {DiscordTrouble}, and whatever `mayGo` throws
     */
    send(channelId: string, nonce: string, message: Outgoing, mayGo?: MayGo): Promise<Posted>;
    /** What keeps the bot from being heard by Discord, for the operator. */
    troubles(): readonly string[];
    /**
     * Edits a message of the bot; keeps its text if none is given, and its files unless `dropFiles`. Idempotent.
     * @throws {DiscordTrouble}
     */
    editMessage(
      message: Posted,
      content: Partial<Pick<Outgoing, 'text'>> & Pick<Outgoing, 'buttons' | 'select'>,
      dropFiles?: boolean,
    ): Promise<void>;
    /** Sends a direct message. @param nonce as in `send`. @throws {DiscordTrouble} */
    sendDirect(userId: string, nonce: string, message: Outgoing): Promise<Posted>;
    /** Deletes a message; succeeds if it, its channel or its server is already gone. @throws {DiscordTrouble} */
    deleteMessage(message: Posted): Promise<void>;
  };

/** Unknown message, channel or guild: whatever stood there is gone. */
const nothingLeft = new Set<string | number>([unknownMessage, 10003, 10004]);

/** Message flag SUPPRESS_EMBEDS: links in a prompt would show embeds beside the picture. */
const suppressEmbeds = 1 << 2;
const ephemeral = 1 << 6;

/** discord.js waits out rate limits up to this long; longer ones come back as `later`. */
const patientMs = 5_000;

const messageShape = z.object({ id: z.string(), channel_id: z.string() });
const channelShape = z.object({ id: z.string() });

function body(message: Omit<Outgoing, 'text'> & Partial<Pick<Outgoing, 'text'>>) {
  return {
    content: message.text,
    flags: suppressEmbeds,
    allowed_mentions: {
      parse: [],
      ...(message.ping === undefined ? {} : { users: [message.ping] }),
      ...(message.pingRole === undefined ? {} : { roles: [message.pingRole] }),
    },
    ...(message.answers === undefined
      ? {}
      : { message_reference: { message_id: message.answers, fail_if_not_exists: false } }),
    attachments: (message.files ?? []).map((file, index) => ({
      id: index,
      filename: file.name,
      description: file.alt,
      // Not by its name, which no edit of the message can change.
      ...(file.spoiler ? { is_spoiler: true } : {}),
    })),
    components: components(message),
  };
}

export function createMessenger(options: {
  token: string;
  apiUrl: string;
  makeRequest: Transport['makeRequest'];
  /** Called whenever Discord did what was asked, or refused it in so many words: it is not away. */
  onAnswer?: () => void;
}): Messenger {
  const leaving = createLeaving(options.makeRequest);
  const shared = {
    api: options.apiUrl,
    version: '10',
    retries: 0,
    makeRequest: leaving.makeRequest,
    // The bot's own limit is kept in paced.ts, for all processes; edits of replies count against none.
    globalRequestsPerSecond: Number.MAX_SAFE_INTEGER,
    // Long enough for ten files at the limit on a slow line.
    timeout: 60_000,
    // discord.js keeps a queue of 1.3 KB per reply token, by default for an hour: at 20 edits a second nearly 100 MB.
    // Drop idle ones after a minute.
    handlerSweepInterval: 60_000,
    rejectOnRateLimit: (limit: { timeToReset: number; retryAfter: number }) =>
      // discord.js would retry a refusal without a time at once, forever.
      limit.retryAfter === 0 || Math.max(limit.timeToReset, limit.retryAfter) > patientMs,
  };
  const replies = new REST(shared);
  const bot = new REST(shared).setToken(options.token);

  let refusedToken = false;

  /** @param asBot whether the request carries the bot's token: a reply works without */
  async function attempt<Result>(request: () => Promise<Result>, asBot = true): Promise<Result> {
    try {
      const result = await request();
      if (asBot) refusedToken = false;
      options.onAnswer?.();
      return result;
    } catch (thrown) {
      if (thrown instanceof KeptBack) throw thrown.cause;
      const trouble = readTrouble(thrown);
      if (asBot && isUnauthorized(thrown)) refusedToken = true;
      if (trouble.kind !== 'later') options.onAnswer?.();
      throw trouble;
    } finally {
      // discord.js drops the token on a 401; one refusal must not silence the bot forever.
      bot.setToken(options.token);
    }
  }

  /** The request body: plain JSON, or a form with the files. */
  function sent(message: Outgoing, more: Record<string, unknown> = {}, mayGo: MayGo | undefined = undefined) {
    const json = { ...body(message), ...more };
    const files = message.files ?? [];
    if (files.length === 0 && !mayGo) return { body: json };
    const upload = writeUpload(
      json,
      files.map((file, index) => ({ field: `files[${index}]`, name: file.name, pieces: file.pieces })),
    );
    return mayGo ? leaving.guard(upload, mayGo) : upload;
  }

  const posted = (json: unknown): Posted => {
    const { id, channel_id } = messageShape.parse(json);
    return { messageId: id, channelId: channel_id };
  };

  return {
    ...createPlaces((route) => bot.get(route), attempt),
    ...createRules((route) => bot.get(route), attempt),
    ...createHistory({ bot, replies, attempt }),
    ...createAttachments(
      { get: (route) => bot.get(route), patch: (route, body) => bot.patch(route, { body }) },
      attempt,
    ),

    troubles: () => (refusedToken ? ['Discord refuses the bot (401)'] : []),

    editReply: (reply, message, mayGo) =>
      attempt(async () => {
        const route = Routes.webhookMessage(reply.applicationId, reply.token, '@original');
        return posted(await replies.patch(route, { auth: false, ...sent(message, {}, mayGo) }));
      }, false),

    followUp: (reply, message) =>
      attempt(async () => {
        const route = Routes.webhook(reply.applicationId, reply.token);
        const flags = ephemeral | suppressEmbeds;
        return posted(await replies.post(route, { auth: false, body: { ...body(message), flags } })).messageId;
      }, false),

    editFollowUp: (reply, messageId, message) =>
      attempt(async () => {
        try {
          const route = Routes.webhookMessage(reply.applicationId, reply.token, messageId);
          await replies.patch(route, { auth: false, body: body(message) });
          return true;
        } catch (error) {
          if (error instanceof DiscordAPIError && error.code === unknownMessage) return false;
          throw error;
        }
      }, false),

    deleteReply: (reply) =>
      attempt(async () => {
        try {
          await replies.delete(Routes.webhookMessage(reply.applicationId, reply.token, '@original'), { auth: false });
        } catch (error) {
          if (!(error instanceof DiscordAPIError && error.code === unknownMessage)) throw error;
        }
      }, false),

    send: (channelId, nonce, message, mayGo) =>
      attempt(async () => {
        const route = Routes.channelMessages(channelId);
        return posted(await bot.post(route, sent(message, { nonce, enforce_nonce: true }, mayGo)));
      }),

    editMessage: ({ channelId, messageId }, content, dropFiles = false) =>
      attempt(async () => {
        const { attachments, ...rest } = body(content);
        const changed = dropFiles ? { ...rest, attachments } : rest;
        await bot.patch(Routes.channelMessage(channelId, messageId), { body: changed });
      }),

    sendDirect: (userId, nonce, message) =>
      attempt(async () => {
        const channel = channelShape.parse(await bot.post(Routes.userChannels(), { body: { recipient_id: userId } }));
        const route = Routes.channelMessages(channel.id);
        return posted(await bot.post(route, sent(message, { nonce, enforce_nonce: true })));
      }),

    deleteMessage: ({ channelId, messageId }) =>
      attempt(async () => {
        try {
          await bot.delete(Routes.channelMessage(channelId, messageId));
        } catch (error) {
          if (!(error instanceof DiscordAPIError && nothingLeft.has(error.code))) throw error;
        }
      }),
  };
}
