// A stand-in for Discord on one port of 127.0.0.1: REST, gateway, file store, and the people who use the bot. Strict: what
// Discord would refuse is refused here, with its status and code, and kept in `violations`.
import { createStandIn, type StandIn } from '../server.ts';
import { createBus } from './bus.ts';
import { type Attachment, createCdn, type Upload } from './cdn.ts';
import { createCommands, type RegisteredCommand } from './commands.ts';
import { createGateway, type Dispatch } from './gateway.ts';
import { createInteractions, type Interaction, type InteractionEvents } from './interactions.ts';
import { messageJson, redactedJson } from './message-wire.ts';
import { createMessages, type Message } from './messages.ts';
import type { PermissionName } from './permissions.ts';
import { createRest, type Violation } from './rest.ts';
import { addCallbackRoute } from './rest-callbacks.ts';
import { addCommandRoutes } from './rest-commands.ts';
import { addGuildRoutes } from './rest-guilds.ts';
import { addMessageRoutes } from './rest-messages.ts';
import { addWebhookRoutes } from './rest-webhooks.ts';
import { createSnowflakes } from './snowflake.ts';
import { type Actor, createUserActions, type UserActions } from './user-actions.ts';
import { channelJson, guildCreateJson, type Json, userJson } from './wire.ts';
import { type Channel, createWorld, type World } from './world.ts';

export { rateLimited } from './errors.ts';
export type { Actor, Attachment, Interaction, Message, PermissionName, RegisteredCommand, Upload, Violation, World };

export type DiscordOptions = {
  /** 0: a free one. */
  port?: number;
  /** The bot token that is accepted. */
  token?: string;
  /** An interaction must be acknowledged within this time. */
  acknowledgeMs?: number;
  /** How long an interaction's token works. */
  tokenMs?: number;
  /** Largest file, in bytes. */
  uploadLimit?: number;
  heartbeatMs?: number;
  /** How long an attachment's URL works. */
  cdnMs?: number;
};

export type Discord = UserActions & {
  /** What DISCORD_API_URL is set to. */
  url: string;
  standIn: StandIn;
  world: World;
  /** Registered now, globally and in the server. */
  commands(): RegisteredCommand[];
  /** Resolves when a session of the bot is identified and connected. */
  ready(timeoutMs?: number): Promise<void>;
  sessions(): number;
  /** The gateway sends the same interaction again. */
  replay(interaction: Interaction): void;
  /** What the person sees in the channel now, oldest first. */
  visible(channel: string, user: string): Message[];
  /** What everybody there sees. */
  messages(channel: string): Message[];
  /** As if the token's time had passed. */
  expireToken(interaction: Interaction): void;
  deleteMessage(id: string): void;
  deleteChannel(channel: string): void;
  /** What the bot may not do there (and in its threads). */
  deny(channel: string, ...permissions: PermissionName[]): void;
  allow(channel: string): void;
  closeDms(user: string): void;
  /** Cuts the connections, or closes them with a code. */
  dropGateway(code?: number): void;
  /** Opcode 9: the bot must identify anew. */
  invalidateSession(): void;
  /** Opcode 7: the bot is asked to reconnect and resume. */
  requestReconnect(): void;
  on<Name extends keyof InteractionEvents>(
    event: Name,
    listener: (subject: InteractionEvents[Name]) => void,
  ): () => void;
  violations: Violation[];
  invalidRequests(): number;
  close(): Promise<void>;
};

// Gateway intents: what happens to channels, messages in servers, messages in DMs.
const GUILDS = 1 << 0;
const GUILD_MESSAGES = 1 << 9;
const DIRECT_MESSAGES = 1 << 12;

/** Starts the stand-in; it is listening when the promise resolves. */
export async function createDiscord(options: DiscordOptions = {}): Promise<Discord> {
  const token = options.token ?? 'sandbox-token';
  const acknowledgeMs = options.acknowledgeMs ?? 3000;
  const tokenMs = options.tokenMs ?? 900_000;
  const uploadLimit = options.uploadLimit ?? 10 * 2 ** 20;
  const standIn = createStandIn();
  const world = createWorld();
  const snowflakes = createSnowflakes();
  const bus = createBus<InteractionEvents & { ready: undefined }>();
  const violations: Violation[] = [];
  const violate = (rule: string, detail: string) => void violations.push({ at: Date.now(), rule, detail });
  const gatewayUrl = () => `${standIn.origin().replace('http', 'ws')}/gateway/`;

  const cdn = createCdn(standIn.origin, snowflakes, options.cdnMs ?? 24 * 3_600_000);
  const messages = createMessages(world, snowflakes, cdn, bus, violate);
  const commands = createCommands(world.application.id, snowflakes);
  const gateway = createGateway(standIn.app.server, {
    token,
    heartbeatMs: options.heartbeatMs ?? 41_250,
    ready: () => ({
      user: { ...userJson(world.bot), verified: true, mfa_enabled: true, email: null },
      user_settings: {},
      guilds: [{ id: world.guild.id, unavailable: true }],
      private_channels: [],
      relationships: [],
      presences: [],
      application: { id: world.application.id, flags: 0 },
    }),
    afterReady: (intents): Dispatch[] => {
      return intents & GUILDS ? [{ name: 'GUILD_CREATE', data: guildCreateJson(world) }] : [];
    },
    resumeUrl: gatewayUrl,
    onReady: () => bus.emit('ready', undefined),
  });
  const guildOf = (channel: Channel | undefined) => (channel?.type === 1 ? undefined : world.guild.id);
  const interactions = createInteractions(world, messages, snowflakes, bus, deliver, { acknowledgeMs, uploadLimit });

  function deliver(payload: Json, channel: Channel): void {
    gateway.dispatch({ name: 'INTERACTION_CREATE', data: payload }, undefined, guildOf(channel));
  }

  /** Messages are told to sessions that asked for them. Ephemeral ones are not told to anybody. */
  function dispatchMessage(name: string, message: Message): void {
    const channel = world.findChannel(message.channelId);
    if (message.ephemeralFor !== undefined || !channel || !world.can(channel, world.bot.id, 'VIEW_CHANNEL')) return;
    const needed = channel.type === 1 ? DIRECT_MESSAGES : GUILD_MESSAGES;
    const guild = guildOf(channel);
    const place = { channel_id: channel.id, ...(guild ? { guild_id: guild } : {}) };
    const data =
      name === 'MESSAGE_DELETE' ? { id: message.id } : redactedJson(world, message, messageJson(world, message));
    gateway.dispatch({ name, data: { ...data, ...place } }, (intents) => (intents & needed) !== 0, guild);
  }
  /** Somebody changed who may do what there. */
  function dispatchChannelUpdate(channel: Channel): void {
    if (channel.type !== 0) return;
    const data = channelJson(world, channel);
    gateway.dispatch({ name: 'CHANNEL_UPDATE', data }, (intents) => (intents & GUILDS) !== 0, guildOf(channel));
  }
  bus.on('message', (message) => dispatchMessage('MESSAGE_CREATE', message));
  bus.on('messageUpdate', (message) => dispatchMessage('MESSAGE_UPDATE', message));
  bus.on('messageDelete', (message) => dispatchMessage('MESSAGE_DELETE', message));

  const rest = createRest(standIn, { token, uploadLimit, violate });
  addGuildRoutes(rest, world, gatewayUrl);
  addCommandRoutes(rest, world, commands);
  addCallbackRoute(rest, world, messages, interactions, { acknowledgeMs, violate });
  addWebhookRoutes(rest, world, messages, interactions, { tokenMs });
  addMessageRoutes(rest, world, messages, cdn);
  cdn.addRoutes(standIn.app);
  await standIn.listen(options.port ?? 0);

  return {
    ...createUserActions(world, messages, commands, interactions, cdn),
    url: `${standIn.origin()}/api`,
    standIn,
    world,
    commands: commands.all,
    ready(timeoutMs = 15_000) {
      if (gateway.sessions() > 0) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          off();
          reject(new Error(`the bot did not identify within ${timeoutMs} ms`));
        }, timeoutMs);
        const off = bus.on('ready', () => {
          clearTimeout(timer);
          off();
          resolve();
        });
      });
    },
    sessions: gateway.sessions,
    replay(interaction) {
      const record = interactions.recordOf(interaction);
      deliver(record.payload, record.channel);
    },
    visible: (channel, user) => messages.visible(world.channel(channel, world.user(user).id).id, world.user(user).id),
    messages: (channel) =>
      messages.inChannel(world.channel(channel).id).filter((one) => one.ephemeralFor === undefined),
    expireToken(interaction) {
      interactions.recordOf(interaction).expired = true;
    },
    deleteMessage(id) {
      const message = messages.find(id);
      if (!message) throw new Error(`there is no message ${id}`);
      messages.remove(message);
    },
    deleteChannel(reference) {
      for (const channel of world.removeChannel(world.channel(reference).id)) {
        for (const message of messages.inChannel(channel.id)) messages.remove(message);
        const name = channel.type === 11 ? 'THREAD_DELETE' : 'CHANNEL_DELETE';
        const data = channelJson(world, channel);
        gateway.dispatch({ name, data }, (intents) => (intents & GUILDS) !== 0, guildOf(channel));
      }
    },
    deny(reference, ...permissions) {
      const channel = world.channel(reference);
      world.deny(channel.id, permissions);
      dispatchChannelUpdate(channel);
    },
    allow(reference) {
      const channel = world.channel(reference);
      world.allow(channel.id);
      dispatchChannelUpdate(channel);
    },
    closeDms: (user) => void world.closedDms.add(world.user(user).id),
    dropGateway: gateway.drop,
    invalidateSession: gateway.invalidate,
    requestReconnect: gateway.reconnect,
    on: bus.on,
    violations,
    invalidRequests: rest.invalidRequests,
    async close() {
      interactions.close();
      gateway.close();
      await standIn.close();
    },
  };
}
