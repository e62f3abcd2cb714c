// Routes for channels and messages with the bot token, subject to the bot's permissions.
import { z } from 'zod';
import type { Cdn } from './cdn.ts';
import {
  dmRefused,
  dmsClosed,
  invalidForm,
  missingAccess,
  missingPermissions,
  notYours,
  unknownChannel,
  unknownMessage,
  unknownUser,
} from './errors.ts';
import { messageJson, redactedJson } from './message-wire.ts';
import type { Message, Messages } from './messages.ts';
import type { PermissionName } from './permissions.ts';
import type { Call, Rest } from './rest.ts';
import { dmCreate, messageCreate, messageEdit } from './schema.ts';
import { channelJson } from './wire.ts';
import type { Channel, World } from './world.ts';

const refreshBody = z.object({ attachment_urls: z.array(z.string()).min(1).max(50) });

/** Adds the channel and message routes. @param nonceMs Discord's documentation of enforce_nonce says "a few minutes" */
export function addMessageRoutes(rest: Rest, world: World, messages: Messages, cdn: Cdn, nonceMs: number): void {
  const nonces = new Map<string, Message>();

  function channelOf(call: Call, ...needs: PermissionName[]): Channel {
    const channel = world.findChannel(call.params.channel ?? '');
    if (!channel) throw unknownChannel();
    if (!world.can(channel, world.bot.id, 'VIEW_CHANNEL')) throw missingAccess();
    if (!world.can(channel, world.bot.id, ...needs)) throw missingPermissions();
    return channel;
  }

  /** Finds a message; ephemeral ones exist only for interactions. */
  function messageOf(channel: Channel, id: string | undefined): Message {
    const message = messages.find(id ?? '');
    if (!message || message.channelId !== channel.id || message.ephemeralFor !== undefined) throw unknownMessage();
    return message;
  }

  const shown = (message: Message) => redactedJson(world, message, messageJson(world, message));

  rest.route('GET', '/channels/:channel', (call) => ({ body: channelJson(world, channelOf(call)) }));

  rest.route('GET', '/channels/:channel/messages', (call) => {
    const channel = channelOf(call);
    const limit = Number(call.query.limit ?? 50);
    if (!Number.isInteger(limit) || limit < 1 || limit > 100) {
      const message = 'int value should be between 1 and 100.';
      throw invalidForm([{ path: ['limit'], code: 'NUMBER_TYPE_MAX', message }]);
    }
    // Without this permission Discord returns an empty list, not an error.
    if (!world.can(channel, world.bot.id, 'READ_MESSAGE_HISTORY')) return { body: [] };
    const all = messages.inChannel(channel.id).filter((message) => message.ephemeralFor === undefined);
    const { before, after, around } = call.query;
    let page = all.slice(-limit);
    if (before) page = all.filter((one) => BigInt(one.id) < BigInt(before)).slice(-limit);
    else if (after) page = all.filter((one) => BigInt(one.id) > BigInt(after)).slice(0, limit);
    else if (around) {
      const middle = all.filter((one) => BigInt(one.id) < BigInt(around)).length;
      page = all.slice(Math.max(0, middle - Math.floor(limit / 2)), middle + Math.ceil(limit / 2));
    }
    return { body: page.reverse().map(shown) };
  });

  rest.route('POST', '/channels/:channel/messages', (call) => {
    const known = world.findChannel(call.params.channel ?? '');
    const channel = channelOf(call, known?.type === 11 ? 'SEND_MESSAGES_IN_THREADS' : 'SEND_MESSAGES');
    if (call.files.length > 0) channelOf(call, 'ATTACH_FILES');
    if (channel.recipientId && world.closedDms.has(channel.recipientId)) throw dmsClosed();
    const body = messageCreate(call.json ?? {});
    // Discord knows a nonce by its author, wherever the message goes; the bot is the only author here.
    const nonce = body.enforce_nonce && body.nonce ? String(body.nonce) : undefined;
    const first = nonce ? nonces.get(nonce) : undefined;
    if (first && first.createdAt > Date.now() - nonceMs) return { body: messageJson(world, first) };
    const message = messages.create(channel, body, call.files);
    if (nonce) nonces.set(nonce, message);
    return { body: messageJson(world, message) };
  });

  rest.route('GET', '/channels/:channel/messages/:message', (call) => {
    const channel = channelOf(call, 'READ_MESSAGE_HISTORY');
    return { body: shown(messageOf(channel, call.params.message)) };
  });

  rest.route('PATCH', '/channels/:channel/messages/:message', (call) => {
    const channel = channelOf(call);
    const message = messageOf(channel, call.params.message);
    if (message.authorId !== world.bot.id) throw notYours();
    const body = messageEdit(call.json ?? {});
    if (call.files.length > 0) channelOf(call, 'ATTACH_FILES');
    return { body: messageJson(world, messages.edit(message, body, call.files)) };
  });

  rest.route('DELETE', '/channels/:channel/messages/:message', (call) => {
    const channel = channelOf(call);
    const message = messageOf(channel, call.params.message);
    if (message.authorId !== world.bot.id) {
      if (channel.type === 1) throw dmRefused();
      channelOf(call, 'MANAGE_MESSAGES');
    }
    messages.remove(message);
    return { status: 204 };
  });

  rest.route('POST', '/channels/:channel/typing', (call) => {
    channelOf(call);
    return { status: 204 };
  });

  rest.route('POST', '/users/@me/channels', (call) => {
    const { recipient_id } = dmCreate(call.json ?? {});
    const channel = world.channels.find((one) => one.type === 1 && one.recipientId === recipient_id);
    if (!recipient_id || !channel) throw unknownUser();
    return { body: channelJson(world, channel) };
  });

  rest.route('POST', '/attachments/refresh-urls', (call) => {
    const asked = refreshBody.safeParse(call.json);
    if (!asked.success) {
      throw invalidForm([{ path: ['attachment_urls'], code: 'BASE_TYPE_REQUIRED', message: 'This field is required' }]);
    }
    const refreshed = asked.data.attachment_urls.flatMap((original) => {
      const fresh = URL.canParse(original) ? cdn.refresh(original) : undefined;
      return fresh ? [{ original, refreshed: fresh }] : [];
    });
    return { body: { refreshed_urls: refreshed } };
  });
}
