// Sends everything to Discord except the first answer to an interaction: edits replies; sends, finds and deletes
// messages. Nothing is retried here; the error says what a retry could achieve.
import { DiscordAPIError, HTTPError, RateLimitError, REST, Routes } from 'discord.js';
import { z } from 'zod';
import { asError, DiscordTrouble } from '../errors.ts';
import type { Pieces } from '../pieces.ts';
import { writeUpload } from './multipart.ts';
import { createPlaces, type Places } from './places.ts';
import type { Transport } from './transport.ts';

export type OutgoingFile = { name: string; pieces: Pieces; alt: string; spoiler?: boolean };
export type Button = { id: string; label: string; danger?: boolean };
export type Select = { id: string; placeholder: string; options: readonly { value: string; label: string }[] };
export type Outgoing = {
  text: string;
  files?: readonly OutgoingFile[];
  buttons?: readonly Button[];
  select?: Select;
  /** The only user whom the message may ping. */
  ping?: string;
};
export type Posted = { channelId: string; messageId: string };
export type PostedFile = { name: string; url: string };
export type ReplyTo = { applicationId: string; token: string };

export type Messenger = Places & {
  /** Edits the reply to an interaction. Idempotent. @throws {DiscordTrouble} */
  editReply(reply: ReplyTo, message: Outgoing): Promise<Posted>;
  /** Sends the interaction's user an ephemeral follow-up. @throws {DiscordTrouble} */
  followUp(reply: ReplyTo, message: Pick<Outgoing, 'text' | 'buttons'>): Promise<void>;
  /** @param nonce at most 25 characters; reused within minutes, it gives the first message. @throws {DiscordTrouble} */
  send(channelId: string, nonce: string, message: Outgoing): Promise<Posted>;
  /** The bot's message after snowflake `after` that has a component with this custom id. @throws {DiscordTrouble} */
  find(channelId: string, after: string, customId: string): Promise<Posted | undefined>;
  /** Edits a message of the bot; keeps its files unless `dropFiles`. Idempotent. @throws {DiscordTrouble} */
  editMessage(
    message: Posted,
    content: Pick<Outgoing, 'text' | 'buttons' | 'select'>,
    dropFiles?: boolean,
  ): Promise<void>;
  /** The files of a message of the bot, with fresh addresses; undefined when it is gone. @throws {DiscordTrouble} */
  files(message: Posted): Promise<readonly PostedFile[] | undefined>;
  /** Sends a direct message. @param nonce as in `send`. @throws {DiscordTrouble} */
  sendDirect(userId: string, nonce: string, message: Outgoing): Promise<Posted>;
  /** Deletes a message; succeeds if it, its channel or its server is already gone. @throws {DiscordTrouble} */
  deleteMessage(message: Posted): Promise<void>;
};

// Discord's JSON error codes: 50027 invalid webhook token, 10008 unknown message, 10015 unknown webhook,
// 10062 unknown interaction, 40005 request entity too large.
const replyGone = new Set<string | number>([50027, 10008, 10015, 10062]);
const tooLarge = 40005;
const unknownMessage = 10008;
/** Unknown message, channel or guild: whatever stood there is gone. */
const nothingLeft = new Set<string | number>([unknownMessage, 10003, 10004]);

/** Message flag SUPPRESS_EMBEDS: links in a prompt would show embeds beside the picture. */
const suppressEmbeds = 1 << 2;
const ephemeral = 1 << 6;

/** discord.js waits out rate limits up to this long; longer ones come back as `later`. */
const patientMs = 5_000;
/** Read back at most this many pages of 100 messages; the nonce covers the last minutes. */
const searchPages = 10;

const messageShape = z.object({ id: z.string(), channel_id: z.string() });
const channelShape = z.object({ id: z.string() });
const filesShape = z.object({ attachments: z.array(z.object({ filename: z.string(), url: z.string() })) });
const foundShape = z.array(z.object({ id: z.string(), channel_id: z.string(), components: z.unknown() }));

function trouble(thrown: unknown): DiscordTrouble {
  const error = asError(thrown);
  if (error instanceof RateLimitError) {
    return new DiscordTrouble('later', `rate limited on ${error.route}`, error, error.retryAfter || undefined);
  }
  if (error instanceof DiscordAPIError) {
    const message = `${error.status} (code ${error.code}): ${error.message}`;
    if (replyGone.has(error.code)) return new DiscordTrouble('reply-gone', message, error);
    if (error.code === tooLarge || error.status === 413) return new DiscordTrouble('too-large', message, error);
    if ([401, 403, 404].includes(error.status)) return new DiscordTrouble('forbidden', message, error);
    return new DiscordTrouble('rejected', message, error);
  }
  const status = error instanceof HTTPError ? `${error.status} ` : '';
  return new DiscordTrouble('later', `no answer from Discord: ${status}${error.message}`, error);
}

/** Discord blurs a file with this name prefix. */
const fileName = (file: OutgoingFile) => (file.spoiler ? `SPOILER_${file.name}` : file.name);

function components({ buttons = [], select }: Pick<Outgoing, 'buttons' | 'select'>) {
  const rows = [];
  if (buttons.length > 0) {
    rows.push(buttons.map(({ id, label, danger }) => ({ type: 2, style: danger ? 4 : 2, label, custom_id: id })));
  }
  if (select) rows.push([{ type: 3, custom_id: select.id, placeholder: select.placeholder, options: select.options }]);
  return rows.map((row) => ({ type: 1, components: row }));
}

function body(message: Outgoing) {
  return {
    content: message.text,
    flags: suppressEmbeds,
    allowed_mentions: { parse: [], ...(message.ping === undefined ? {} : { users: [message.ping] }) },
    attachments: (message.files ?? []).map((file, index) => ({
      id: index,
      filename: fileName(file),
      description: file.alt,
    })),
    components: components(message),
  };
}

/** The request body: plain JSON, or a form with the files. */
function sent(message: Outgoing, more: Record<string, unknown> = {}) {
  const json = { ...body(message), ...more };
  const files = message.files ?? [];
  if (files.length === 0) return { body: json };
  return writeUpload(
    json,
    files.map((file, index) => ({ field: `files[${index}]`, name: fileName(file), pieces: file.pieces })),
  );
}

/** Whether a custom id occurs anywhere in a message's components, however deep. */
function carries(components: unknown, customId: string): boolean {
  if (Array.isArray(components)) return components.some((component) => carries(component, customId));
  if (typeof components !== 'object' || components === null) return false;
  return Object.entries(components).some(
    ([key, value]) => (key === 'custom_id' && value === customId) || carries(value, customId),
  );
}

export function createMessenger(options: {
  token: string;
  apiUrl: string;
  makeRequest: Transport['makeRequest'];
}): Messenger {
  const shared = {
    api: options.apiUrl,
    version: '10',
    retries: 0,
    makeRequest: options.makeRequest,
    // Long enough for ten files at the limit on a slow line.
    timeout: 60_000,
    // discord.js keeps a queue of 1.3 KB per reply token, by default for an hour: at 20 edits a second nearly 100 MB.
    // Drop idle ones after a minute.
    handlerSweepInterval: 60_000,
    rejectOnRateLimit: (limit: { timeToReset: number; retryAfter: number }) =>
      // discord.js would retry a refusal without a time at once, forever.
      limit.retryAfter === 0 || Math.max(limit.timeToReset, limit.retryAfter) > patientMs,
  };
  // Replies to interactions do not count towards the bot's limit of 50 requests a second; messages do.
  const replies = new REST({ ...shared, globalRequestsPerSecond: Number.MAX_SAFE_INTEGER });
  const bot = new REST({ ...shared, globalRequestsPerSecond: 45 }).setToken(options.token);

  async function attempt<Result>(request: () => Promise<Result>): Promise<Result> {
    try {
      return await request();
    } catch (thrown) {
      throw trouble(thrown);
    } finally {
      // discord.js drops the token on a 401; one refusal must not silence the bot forever.
      bot.setToken(options.token);
    }
  }

  const posted = (json: unknown): Posted => {
    const { id, channel_id } = messageShape.parse(json);
    return { messageId: id, channelId: channel_id };
  };

  return {
    ...createPlaces((route) => bot.get(route), attempt),

    editReply: (reply, message) =>
      attempt(async () => {
        const route = Routes.webhookMessage(reply.applicationId, reply.token, '@original');
        return posted(await replies.patch(route, { auth: false, ...sent(message) }));
      }),

    followUp: (reply, message) =>
      attempt(async () => {
        const route = Routes.webhook(reply.applicationId, reply.token);
        await replies.post(route, { auth: false, body: { ...body(message), flags: ephemeral | suppressEmbeds } });
      }),

    send: (channelId, nonce, message) =>
      attempt(async () => {
        const route = Routes.channelMessages(channelId);
        return posted(await bot.post(route, sent(message, { nonce, enforce_nonce: true })));
      }),

    find: (channelId, after, customId) =>
      attempt(async () => {
        let last = after;
        for (let page = 0; page < searchPages; page += 1) {
          const query = new URLSearchParams({ after: last, limit: '100' });
          const messages = foundShape.parse(await bot.get(Routes.channelMessages(channelId), { query }));
          const found = messages.find((message) => carries(message.components, customId));
          if (found) return { channelId: found.channel_id, messageId: found.id };
          if (messages.length < 100) return undefined;
          last = messages.reduce((newest, { id }) => (BigInt(id) > BigInt(newest) ? id : newest), last);
        }
        return undefined;
      }),

    editMessage: ({ channelId, messageId }, content, dropFiles = false) =>
      attempt(async () => {
        const { attachments, ...rest } = body(content);
        const changed = dropFiles ? { ...rest, attachments } : rest;
        await bot.patch(Routes.channelMessage(channelId, messageId), { body: changed });
      }),

    files: ({ channelId, messageId }) =>
      attempt(async () => {
        try {
          const message = filesShape.parse(await bot.get(Routes.channelMessage(channelId, messageId)));
          return message.attachments.map(({ filename, url }) => ({ name: filename, url }));
        } catch (error) {
          if (error instanceof DiscordAPIError && error.code === unknownMessage) return undefined;
          throw error;
        }
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
