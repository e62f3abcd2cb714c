// The message store. All changes go through it, so that rules, events and visibility apply to every caller.
import type { RecordedFile } from '../server.ts';
import type { Component, MessageBody } from './bodies.ts';
import type { Bus } from './bus.ts';
import type { Attachment, Cdn, Upload } from './cdn.ts';
import { withComponentIds } from './components.ts';
import { noHistoryForReply, unknownMessage } from './errors.ts';
import { checkAllowedMentions, mentionsIn } from './mentions.ts';
import { checkDraft, FLAG, type MessageDraft, readableText, sortFiles, unseenFiles } from './message-rules.ts';
import type { Snowflakes } from './snowflake.ts';
import type { Channel, World } from './world.ts';

export type Message = {
  id: string;
  /** 0 plain message, 19 reply, 20 slash command response, 23 context menu command response. */
  type: number;
  channelId: string;
  authorId: string;
  content: string;
  flags: number;
  ephemeralFor?: string;
  loading: boolean;
  attachments: Attachment[];
  components: Component[];
  embeds: unknown[];
  nonce?: string | number;
  interactionId?: string;
  origin?: Origin;
  repliesTo?: string;
  /** What a forwarded message showed when it was forwarded. */
  forwards?: Message;
  /** A webhook wrote it. */
  webhook?: { id: string; name: string };
  /** Whom the message pings after allowed_mentions: user ids, `@&role`, `@everyone`. */
  mentions: string[];
  createdAt: number;
  editedAt?: number;
  deletedAt?: number;
  /** The content after each change, oldest first. */
  history: string[];
};

/** What a webhook sends; with components, as a message of components. `elsewhere`: pictures by their address on the web. */
export type HookBody = {
  content?: string;
  embeds?: unknown[];
  components?: Component[];
  elsewhere?: Record<string, Upload>;
};

export type MessageEvents = { message: Message; messageUpdate: Message; messageDelete: Message };

/** The interaction a message responds to. */
export type Origin = { id: string; userId: string; type: number };

export type Messages = {
  find(id: string): Message | undefined;
  /** Existing messages, oldest first, including ephemeral ones. */
  inChannel(channelId: string): Message[];
  visible(channelId: string, userId: string): Message[];
  /** Adds a message by the bot. */
  create(channel: Channel, body: MessageBody, files: RecordedFile[], origin?: Origin): Message;
  /** Adds the "thinking…" message of a deferred reply. */
  defer(channel: Channel, ephemeral: boolean, origin: Origin): Message;
  edit(message: Message, body: MessageBody, files: RecordedFile[], origin?: Origin): Message;
  remove(message: Message): void;
  /** Adds a user's message. */
  post(channel: Channel, authorId: string, content: string, files: Upload[], more?: Partial<Message>): Message;
  /** Adds a message by a webhook. */
  hook(channel: Channel, name: string, body: HookBody, files: Upload[]): Message;
};

const CREATE_FLAGS = FLAG.suppressEmbeds | FLAG.suppressNotifications | FLAG.componentsV2;
const EDIT_FLAGS = FLAG.suppressEmbeds | FLAG.componentsV2;

const isMedia = (value: object): value is { url: string } => 'url' in value && typeof value.url === 'string';

/** Whatever has an address, at any depth. */
function* mediaIn(value: unknown): Generator<{ url: string }> {
  if (typeof value !== 'object' || value === null) return;
  if (isMedia(value)) yield value;
  for (const inner of Object.values(value)) yield* mediaIn(inner);
}

/** Creates the message store. `violate` records broken rules that Discord tolerates. */
export function createMessages(
  world: World,
  snowflakes: Snowflakes,
  cdn: Cdn,
  bus: Bus<MessageEvents>,
  violate: (rule: string, detail: string) => void,
): Messages {
  const byId = new Map<string, Message>();
  const byChannel = new Map<string, Message[]>();

  function add(message: Message): Message {
    byId.set(message.id, message);
    const list = byChannel.get(message.channelId);
    if (list) list.push(message);
    else byChannel.set(message.channelId, [message]);
    bus.emit('message', message);
    return message;
  }

  function inChannel(channelId: string): Message[] {
    return (byChannel.get(channelId) ?? []).filter((message) => message.deletedAt === undefined);
  }

  function blank(channel: Channel, authorId: string, origin?: Origin): Message {
    return {
      id: snowflakes(),
      type: origin ? ({ 2: 20, 3: 19, 5: 19 }[origin.type] ?? 0) : 0,
      channelId: channel.id,
      authorId,
      content: '',
      flags: 0,
      loading: false,
      attachments: [],
      components: [],
      embeds: [],
      ...(origin ? { interactionId: origin.id, origin } : {}),
      mentions: [],
      createdAt: Date.now(),
      history: [],
    };
  }

  /** Applies a checked draft to the message. */
  function fill(message: Message, draft: MessageDraft): void {
    const kept = new Set(draft.files.kept);
    for (const old of message.attachments) if (!kept.has(old)) cdn.remove(old);
    const added = draft.files.added.map((upload) => cdn.store(message.channelId, upload));
    message.content = draft.content.trim();
    message.embeds = draft.embeds;
    message.components = withComponentIds(draft.components);
    message.flags = draft.flags;
    message.attachments = [...draft.files.kept, ...added];
    message.history.push(message.content);
    for (const name of unseenFiles(draft)) violate('unseen-attachment', `${name} in message ${message.id}`);
  }

  function ping(message: Message, draft: MessageDraft, body: MessageBody, origin?: Origin, repliedTo?: Message): void {
    const channel = world.findChannel(message.channelId);
    const found = mentionsIn(readableText(draft), body.allowed_mentions, {
      exists: (id) => world.findUser(id) !== undefined,
      mayPingEveryone: channel !== undefined && world.can(channel, message.authorId, 'MENTION_EVERYONE'),
      repliedTo: repliedTo?.authorId,
    });
    message.mentions = [
      ...found.users,
      ...found.roles.map((id) => `@&${id}`),
      ...(found.everyone ? ['@everyone'] : []),
    ];
    const others = found.unasked.filter((id) => id !== origin?.userId);
    if (others.length > 0) violate('unasked-mention', `message ${message.id} pings ${others.join(', ')}`);
  }

  return {
    find(id) {
      const message = byId.get(id);
      return message && message.deletedAt === undefined ? message : undefined;
    },
    inChannel,
    visible(channelId, userId) {
      const channel = world.findChannel(channelId);
      if (!channel || !world.can(channel, userId, 'VIEW_CHANNEL')) return [];
      return inChannel(channelId).filter((one) => one.ephemeralFor === undefined || one.ephemeralFor === userId);
    },

    create(channel, body, files, origin) {
      checkAllowedMentions(body.allowed_mentions);
      const allowed = origin ? CREATE_FLAGS | FLAG.ephemeral : CREATE_FLAGS;
      const draft: MessageDraft = {
        content: body.content ?? '',
        embeds: body.embeds ?? [],
        components: body.components ?? [],
        flags: (body.flags ?? 0) & allowed,
        files: sortFiles(body, files, []),
        other: Boolean(body.poll) || (body.sticker_ids ?? []).length > 0,
      };
      checkDraft(draft);
      const message = blank(channel, world.bot.id, origin);
      const replyTo = body.message_reference?.message_id;
      let replied: Message | undefined;
      if (replyTo) {
        if (!world.can(channel, world.bot.id, 'READ_MESSAGE_HISTORY')) throw noHistoryForReply();
        replied = inChannel(channel.id).find((one) => one.id === replyTo);
        if (!replied && body.message_reference?.fail_if_not_exists !== false) throw unknownMessage();
        if (replied) Object.assign(message, { repliesTo: replyTo, type: 19 });
      }
      if (draft.flags & FLAG.ephemeral && origin) message.ephemeralFor = origin.userId;
      if (body.nonce !== undefined && body.nonce !== null) message.nonce = body.nonce;
      fill(message, draft);
      ping(message, draft, body, origin, replied);
      return add(message);
    },

    defer(channel, ephemeral, origin) {
      const message = blank(channel, world.bot.id, origin);
      message.loading = true;
      message.flags = FLAG.loading | (ephemeral ? FLAG.ephemeral : 0);
      if (ephemeral) message.ephemeralFor = origin.userId;
      return add(message);
    },

    edit(message, body, files, origin) {
      checkAllowedMentions(body.allowed_mentions);
      const kept = message.flags & ~FLAG.loading;
      // An edit can set IS_COMPONENTS_V2 but never clear it.
      const wanted =
        body.flags === undefined || body.flags === null ? kept : (kept & ~EDIT_FLAGS) | (body.flags & EDIT_FLAGS);
      const flags = wanted | (kept & FLAG.componentsV2);
      const draft: MessageDraft = {
        content: body.content === undefined ? message.content : (body.content ?? ''),
        embeds: body.embeds === undefined ? message.embeds : (body.embeds ?? []),
        components: body.components === undefined ? message.components : (body.components ?? []),
        flags,
        files: sortFiles(body, files, message.attachments),
        other: Boolean(body.poll),
      };
      checkDraft(draft);
      const first = message.loading;
      message.loading = false;
      fill(message, draft);
      // Only the first text of a deferred reply pings; later edits do not.
      if (first) ping(message, draft, body, origin);
      message.editedAt = Date.now();
      bus.emit('messageUpdate', message);
      return message;
    },

    remove(message) {
      if (message.deletedAt !== undefined) return;
      message.deletedAt = Date.now();
      const list = byChannel.get(message.channelId);
      list?.splice(list.indexOf(message), 1);
      for (const attachment of message.attachments) cdn.remove(attachment);
      bus.emit('messageDelete', message);
    },

    hook(channel, name, { content = '', embeds = [], components = [], elsewhere = {} }, files) {
      const flags = components.length > 0 ? FLAG.componentsV2 : 0;
      const draft = { content, embeds, components, flags, files: { kept: [], added: files }, other: false };
      checkDraft(draft);
      const id = snowflakes();
      const message: Message = { ...blank(channel, id), webhook: { id, name } };
      fill(message, draft);
      for (const media of mediaIn([message.embeds, message.components])) {
        const upload = elsewhere[media.url];
        if (upload) Object.assign(media, cdn.mirror(media.url, upload));
      }
      return add(message);
    },

    post(channel, authorId, content, files, more = {}) {
      const message = { ...blank(channel, authorId), ...more };
      message.content = content;
      message.history.push(content);
      message.attachments = files.map((file) => cdn.store(channel.id, file));
      return add(message);
    },
  };
}
