// Discord's message JSON, with attachment references resolved. Bots without the message-content intent get a redacted
// form of other users' messages.
import type { Component } from './bodies.ts';
import type { Attachment } from './cdn.ts';
import { mediaOf } from './components.ts';
import type { Message } from './messages.ts';
import { type Json, userJson } from './wire.ts';
import type { World } from './world.ts';

export function attachmentJson(attachment: Attachment, ephemeral: boolean): Json {
  const { url } = attachment;
  return {
    id: attachment.id,
    filename: attachment.filename,
    ...(attachment.title ? { title: attachment.title } : {}),
    ...(attachment.description ? { description: attachment.description } : {}),
    size: attachment.size,
    url,
    proxy_url: url,
    ...(attachment.untyped ? {} : { content_type: attachment.contentType }),
    ...(attachment.width ? { width: attachment.width, height: attachment.height } : {}),
    ...(ephemeral ? { ephemeral: true } : {}),
    // Attachment flag 1 << 3 is IS_SPOILER.
    flags: attachment.spoiler ? 8 : 0,
  };
}

/** Replaces `attachment://name` with the file's URL and metadata. */
function resolved(value: unknown, attachments: Attachment[]): unknown {
  if (Array.isArray(value)) return value.map((one) => resolved(one, attachments));
  if (typeof value !== 'object' || value === null) return value;
  if ('url' in value && typeof value.url === 'string' && value.url.startsWith('attachment://')) {
    const name = value.url.slice('attachment://'.length);
    const file = attachments.find((one) => one.filename === name);
    if (!file) return value;
    const { url } = file;
    const size = file.width ? { width: file.width, height: file.height } : {};
    return { url, proxy_url: url, ...size, content_type: file.contentType, attachment_id: file.id };
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(inner, attachments)]));
}

export function componentsJson(components: Component[], attachments: Attachment[]): unknown {
  return resolved(components, attachments);
}

/** What components show is not listed among the files. */
function listed({ attachments, components }: Message): Attachment[] {
  const shown = new Set(mediaOf(components).map(({ url }) => url));
  return attachments.filter(({ filename }) => !shown.has(`attachment://${filename}`));
}

function webhookJson({ id, name }: { id: string; name: string }): Json {
  return {
    id,
    username: name,
    avatar: null,
    discriminator: '0000',
    public_flags: 0,
    flags: 0,
    bot: true,
    global_name: null,
  };
}

/** The fields that a forwarded message has: not who wrote it. */
const snapshotFields = [
  'type',
  'content',
  'mentions',
  'mention_roles',
  'attachments',
  'embeds',
  'timestamp',
  'edited_timestamp',
  'flags',
  'components',
];

function snapshotJson(world: World, message: Message): Json {
  const json = messageJson(world, message);
  return Object.fromEntries(snapshotFields.map((field) => [field, json[field]]));
}

/** The full message, as its author and interactions receive it. */
export function messageJson(world: World, message: Message): Json {
  const { webhook, forwards } = message;
  const author = webhook ? webhookJson(webhook) : userJson(world.findUser(message.authorId) ?? world.bot);
  const users = message.mentions.flatMap((id) => world.findUser(id) ?? []);
  const { origin } = message;
  const user = origin ? world.findUser(origin.userId) : undefined;
  return {
    id: message.id,
    type: message.type,
    channel_id: message.channelId,
    author,
    content: message.content,
    mentions: users.map(userJson),
    mention_roles: message.mentions.filter((one) => one.startsWith('@&')).map((one) => one.slice(2)),
    mention_everyone: message.mentions.includes('@everyone'),
    attachments: listed(message).map((one) => attachmentJson(one, message.ephemeralFor !== undefined)),
    embeds: resolved(message.embeds, message.attachments),
    components: componentsJson(message.components, message.attachments),
    timestamp: new Date(message.createdAt).toISOString(),
    edited_timestamp: message.editedAt === undefined ? null : new Date(message.editedAt).toISOString(),
    flags: (message.flags & ~128) | (message.loading ? 128 : 0),
    pinned: false,
    tts: false,
    ...(message.nonce === undefined ? {} : { nonce: message.nonce }),
    ...(message.repliesTo
      ? { message_reference: { type: 0, message_id: message.repliesTo, channel_id: message.channelId } }
      : {}),
    ...(webhook ? { webhook_id: webhook.id } : {}),
    ...(forwards
      ? {
          message_reference: {
            type: 1,
            message_id: forwards.id,
            channel_id: forwards.channelId,
            guild_id: world.guild.id,
          },
          message_snapshots: [{ message: snapshotJson(world, forwards) }],
        }
      : {}),
    ...(origin && user
      ? {
          application_id: world.application.id,
          webhook_id: world.application.id,
          interaction_metadata: {
            id: origin.id,
            type: origin.type,
            user: userJson(user),
            authorizing_integration_owners: { 0: world.guild.id },
          },
        }
      : {}),
  };
}

/** The message without the message-content intent: outside DMs, other users' text and files are blank. */
export function redactedJson(world: World, message: Message, json: Json): Json {
  const channel = world.findChannel(message.channelId);
  const readable = message.authorId === world.bot.id || channel?.type === 1 || message.mentions.includes(world.bot.id);
  if (readable) return json;
  const { message_snapshots: _hidden, ...shown } = json;
  return { ...shown, content: '', attachments: [], embeds: [], components: [] };
}
