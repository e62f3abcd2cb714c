// Interactions from both sides: what the gateway says about them, the clock that they run against, and what the person
// who acted sees of the answer.
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
  /** Rejects when the bot did not acknowledge in time. */
  acknowledged: Promise<Acknowledgement>;
  /** Once answered with a modal. */
  readonly modal?: ModalData | undefined;
  /** The reply as it is now. */
  original(): Message | undefined;
  followups(): Message[];
  /** The original reply (`where: 'channel'`: any message there that this person sees) once the predicate holds. */
  until(predicate: (message: Message) => boolean, options?: number | WaitOptions): Promise<Message>;
  /** The reply once it is no longer "thinking…"; for a pressed button, its message once it was changed. */
  replied(timeoutMs?: number): Promise<Message>;
};

/** What the stand-in keeps about an interaction. Types: 2 command, 3 component, 5 modal. */
export type Ticket = {
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
  byId(id: string): Ticket | undefined;
  byToken(token: string): Ticket | undefined;
  ticketOf(interaction: Interaction): Ticket;
  acknowledge(ticket: Ticket, type: number, ephemeral: boolean): void;
  origin(ticket: Ticket): Origin;
  close(): void;
};

export type InteractionOptions = { acknowledgeMs: number; uploadLimit: number };

/** Makes the desk that hands interactions out. `dispatch` sends them to the bot. */
export function createInteractions(
  world: World,
  messages: Messages,
  snowflakes: Snowflakes,
  bus: Bus<InteractionEvents>,
  dispatch: (payload: Json, channel: Channel) => void,
  options: InteractionOptions,
): Interactions {
  const byId = new Map<string, Ticket>();
  const byToken = new Map<string, Ticket>();
  const waiting = new Map<string, { resolve(value: Acknowledgement): void; timer: NodeJS.Timeout }>();

  function payloadOf(ticket: Ticket, data: Json, message: Json | undefined): Json {
    const { channel, user } = ticket;
    const direct = channel.type === 1;
    const who = userJson(user);
    const member = { ...memberJson(user), user: who, permissions: String(world.permissions(channel, user.id)) };
    return {
      id: ticket.id,
      application_id: world.application.id,
      type: ticket.type,
      token: ticket.token,
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

  function view(ticket: Ticket, acknowledged: Promise<Acknowledgement>): Interaction {
    const original = () => (ticket.original?.deletedAt === undefined ? ticket.original : undefined);
    const events = ['message', 'messageUpdate', 'messageDelete', 'acknowledged'] as const;
    return {
      id: ticket.id,
      token: ticket.token,
      createdAt: ticket.createdAt,
      acknowledged,
      get modal() {
        return ticket.modal;
      },
      original,
      followups: () => ticket.followups.filter((message) => message.deletedAt === undefined),
      until(predicate, waiting = {}) {
        const { timeoutMs = 15_000, where = 'reply' } = typeof waiting === 'number' ? { timeoutMs: waiting } : waiting;
        const read = () => {
          if (where === 'channel') return messages.visible(ticket.channel.id, ticket.user.id).find(predicate);
          const reply = original();
          return reply && predicate(reply) ? reply : undefined;
        };
        const what = () => `no such message (the reply: ${JSON.stringify(original()?.content)})`;
        return waitFor(bus, [...events], read, timeoutMs, what);
      },
      replied(timeoutMs = 15_000) {
        const read = () => {
          const reply = original();
          if (!reply || reply.loading) return undefined;
          const old = reply === ticket.source && (reply.editedAt ?? 0) < ticket.createdAt;
          return old ? undefined : reply;
        };
        return waitFor(bus, [...events], read, timeoutMs, () => 'no reply');
      },
    };
  }

  return {
    open(type, user, channel, data, { source, message }) {
      const id = snowflakes();
      // Real tokens look like this too: base64 of the id and random characters, about 200 long.
      const token = Buffer.from(`interaction:${id}:${randomBytes(90).toString('base64url')}`).toString('base64url');
      const ticket: Ticket = {
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
      ticket.payload = payloadOf(ticket, data, message);
      byId.set(id, ticket);
      byToken.set(token, ticket);
      const acknowledged = new Promise<Acknowledgement>((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(id);
          reject(new Error('The application did not respond'));
        }, options.acknowledgeMs);
        waiting.set(id, { resolve, timer });
      });
      // Whoever does not ask about the acknowledgement is not to be crashed by its absence.
      acknowledged.catch(() => {});
      const interaction = view(ticket, acknowledged);
      dispatch(ticket.payload, channel);
      bus.emit('interaction', interaction);
      return interaction;
    },
    byId: (id) => byId.get(id),
    byToken: (token) => byToken.get(token),
    ticketOf(interaction) {
      const ticket = byId.get(interaction.id);
      if (!ticket) throw new Error('the interaction is from another stand-in');
      return ticket;
    },
    acknowledge(ticket, type, ephemeral) {
      ticket.acknowledgement = { type, ephemeral, tookMs: Date.now() - ticket.createdAt };
      const waiter = waiting.get(ticket.id);
      clearTimeout(waiter?.timer);
      waiting.delete(ticket.id);
      waiter?.resolve(ticket.acknowledgement);
      bus.emit('acknowledged', ticket.id);
    },
    origin: (ticket) => ({ id: ticket.id, userId: ticket.user.id, type: ticket.type }),
    close() {
      for (const { timer } of waiting.values()) clearTimeout(timer);
      waiting.clear();
    },
  };
}
