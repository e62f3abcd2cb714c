// Interactions from both sides: the gateway payload with its deadline, and what the user sees of the reply.
import { randomBytes } from 'node:crypto';
import type { ModalData } from './bodies.ts';
import { type Bus, waitFor } from './bus.ts';
import type { Message, MessageEvents, Messages, Origin } from './messages.ts';
import type { Snowflakes } from './snowflake.ts';
import { type Json, memberJson, partialChannelJson, userJson } from './wire.ts';
import type { Channel, User, World } from './world.ts';

export type Acknowledgement = { type: number; ephemeral: boolean; tookMs: number };
export type WaitOptions = { timeoutMs?: number; where?: 'reply' | 'channel' };

export type Interaction = {
  id: string;
  token: string;
  createdAt: number;
  /** Rejects if the bot does not acknowledge in time. */
  acknowledged: Promise<Acknowledgement>;
  /** Set once the bot responds with a modal. */
  readonly modal?: ModalData | undefined;
  /** The current reply. */
  original(): Message | undefined;
  followups(): Message[];
  /** Resolves with the reply once it matches (`where: 'channel'`: any message this user sees in the channel). */
  until(predicate: (message: Message) => boolean, options?: number | WaitOptions): Promise<Message>;
  /** Resolves with the reply once it is no longer "thinking…"; for a button, with its message once it changes. */
  replied(timeoutMs?: number): Promise<Message>;
};

/** The stand-in's state of an interaction. Types: 2 command, 3 component, 5 modal. */
export type InteractionRecord = {
  id: string;
  token: string;
  type: 2 | 3 | 5;
  createdAt: number;
  user: User;
  channel: Channel;
  payload: Json;
  source: Message | undefined;
  acknowledgement: Acknowledgement | undefined;
  original: Message | undefined;
  followups: Message[];
  expired: boolean;
  modal: ModalData | undefined;
};

/** `acknowledged` carries the interaction's id. */
export type InteractionEvents = MessageEvents & { interaction: Interaction; acknowledged: string };

export type Interactions = {
  open(
    type: 2 | 3 | 5,
    user: User,
    channel: Channel,
    data: Json,
    more: { source?: Message | undefined; message?: Json },
  ): Interaction;
  byId(id: string): InteractionRecord | undefined;
  byToken(token: string): InteractionRecord | undefined;
  recordOf(interaction: Interaction): InteractionRecord;
  acknowledge(record: InteractionRecord, type: number, ephemeral: boolean): void;
  origin(record: InteractionRecord): Origin;
  close(): void;
};

export type InteractionOptions = { acknowledgeMs: number; uploadLimit: number };

/** Creates the interaction store. `dispatch` sends interactions to the bot. */
export function createInteractions(
  world: World,
  messages: Messages,
  snowflakes: Snowflakes,
  bus: Bus<InteractionEvents>,
  dispatch: (payload: Json, channel: Channel) => void,
  options: InteractionOptions,
): Interactions {
  const byId = new Map<string, InteractionRecord>();
  const byToken = new Map<string, InteractionRecord>();
  const waiting = new Map<string, { resolve(value: Acknowledgement): void; timer: NodeJS.Timeout }>();

  function payloadOf(record: InteractionRecord, data: Json, message: Json | undefined): Json {
    const { channel, user } = record;
    const direct = channel.type === 1;
    const who = userJson(user);
    const member = { ...memberJson(user), user: who, permissions: String(world.permissions(channel, user.id)) };
    return {
      id: record.id,
      application_id: world.application.id,
      type: record.type,
      token: record.token,
      version: 1,
      data,
      ...(message ? { message } : {}),
      ...(direct
        ? { user: who }
        : {
            guild_id: world.guild.id,
            guild: { id: world.guild.id, locale: 'en-US', features: [] },
            guild_locale: 'en-US',
            member,
          }),
      channel_id: channel.id,
      channel: partialChannelJson(world, channel, user.id),
      app_permissions: String(world.permissions(channel, world.bot.id)),
      locale: 'en-US',
      entitlements: [],
      authorizing_integration_owners: { 0: direct ? '0' : world.guild.id },
      context: direct ? 1 : 0,
      attachment_size_limit: options.uploadLimit,
    };
  }

  function createInteraction(record: InteractionRecord, acknowledged: Promise<Acknowledgement>): Interaction {
    const original = () => (record.original?.deletedAt === undefined ? record.original : undefined);
    const events = ['message', 'messageUpdate', 'messageDelete', 'acknowledged'] as const;
    return {
      id: record.id,
      token: record.token,
      createdAt: record.createdAt,
      acknowledged,
      get modal() {
        return record.modal;
      },
      original,
      followups: () => record.followups.filter((message) => message.deletedAt === undefined),
      until(predicate, waiting = {}) {
        const { timeoutMs = 15_000, where = 'reply' } = typeof waiting === 'number' ? { timeoutMs: waiting } : waiting;
        const read = () => {
          if (where === 'channel') return messages.visible(record.channel.id, record.user.id).find(predicate);
          const reply = original();
          return reply && predicate(reply) ? reply : undefined;
        };
        const what = () => `no such message (the reply: ${JSON.stringify(original()?.content)})`;
        return waitFor(bus, [...events], read, timeoutMs, what);
      },
      replied(timeoutMs = 15_000) {
        const read = () => {
          // What was said to the user alone in place of a reply that was deleted.
          const isAnswer = (one: Message) => one.ephemeralFor !== undefined && one.interactionId === record.id;
          const isGone = record.original?.deletedAt !== undefined;
          const instead = isGone ? messages.visible(record.channel.id, record.user.id).findLast(isAnswer) : undefined;
          const reply = original() ?? instead;
          if (!reply || reply.loading) return undefined;
          const old = reply === record.source && (reply.editedAt ?? 0) < record.createdAt;
          return old ? undefined : reply;
        };
        return waitFor(bus, [...events], read, timeoutMs, () => 'no reply');
      },
    };
  }

  return {
    open(type, user, channel, data, { source, message }) {
      const id = snowflakes();
      // Like a real token: base64 of the id and random characters, about 200 long.
      const token = Buffer.from(`interaction:${id}:${randomBytes(90).toString('base64url')}`).toString('base64url');
      const record: InteractionRecord = {
        id,
        token,
        type,
        createdAt: Date.now(),
        user,
        channel,
        payload: {},
        source,
        acknowledgement: undefined,
        original: undefined,
        followups: [],
        expired: false,
        modal: undefined,
      };
      record.payload = payloadOf(record, data, message);
      byId.set(id, record);
      byToken.set(token, record);
      const acknowledged = new Promise<Acknowledgement>((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(id);
          reject(new Error('The application did not respond'));
        }, options.acknowledgeMs);
        waiting.set(id, { resolve, timer });
      });
      // Avoid an unhandled rejection: callers may ignore the acknowledgement.
      acknowledged.catch(() => {});
      const interaction = createInteraction(record, acknowledged);
      dispatch(record.payload, channel);
      bus.emit('interaction', interaction);
      return interaction;
    },
    byId: (id) => byId.get(id),
    byToken: (token) => byToken.get(token),
    recordOf(interaction) {
      const record = byId.get(interaction.id);
      if (!record) throw new Error('the interaction is from another stand-in');
      return record;
    },
    acknowledge(record, type, ephemeral) {
      record.acknowledgement = { type, ephemeral, tookMs: Date.now() - record.createdAt };
      const pending = waiting.get(record.id);
      clearTimeout(pending?.timer);
      waiting.delete(record.id);
      pending?.resolve(record.acknowledgement);
      bus.emit('acknowledged', record.id);
    },
    origin: (record) => ({ id: record.id, userId: record.user.id, type: record.type }),
    close() {
      for (const { timer } of waiting.values()) clearTimeout(timer);
      waiting.clear();
    },
  };
}
