// A stand-in for Discord on one port of 127.0.0.1: REST, gateway, CDN, and the users of the bot. Strict: it rejects
// what Discord rejects, with the same status and code, and records it in `violations`.
import { createStandIn, type StandIn } from '../server.ts';
import { type AutoMod, createAutoMod, type RuleOptions } from './automod.ts';
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
import { channelJson, guildCreateJson, type Json, roleJson, userJson } from './wire.ts';
import { type Channel, createWorld, type World } from './world.ts';

export { rateLimited } from './errors.ts';
export type {
  Actor,
  Attachment,
  Interaction,
  Message,
  PermissionName,
  RegisteredCommand,
  RuleOptions,
  Upload,
  Violation,
  World,
};

export type DiscordOptions = {
  /** Default 0: any free port. */
  port?: number;
  /** The accepted bot token. */
  token?: string;
  /** How long the bot has to acknowledge an interaction. */
  acknowledgeMs?: number;
  /** How long an interaction token is valid. */
  tokenMs?: number;
  /** Maximum file size in bytes. */
  uploadLimit?: number;
  /** How long a message's nonce is known (default 5 minutes). */
  nonceMs?: number;
  heartbeatMs?: number;
  /** How long after an IDENTIFY a second one is refused (default 5 seconds). */
  identifyEveryMs?: number;
  /** So many shards, by their number modulo this, may identify in that time (default 1). */
  maxConcurrency?: number;
  /** The server's id, which says on which shard it is. */
  guildId?: string;
  /** In how many servers Discord takes the bot to be, for the shards that it recommends and demands (default 1). */
  guilds?: number;
  /** How many sessions may be started a day (default 1000). */
  startsADay?: number;
  /** Requests with the bot's token in a second (default 50, as Discord's). */
  requestsPerSecond?: number;
  /** How long an attachment URL is valid. */
  cdnMs?: number;
  /** No session is told of the threads: they were archived when it began. */
  archived?: boolean;
};

export type Discord = UserActions & {
  /** The value for DISCORD_API_URL. */
  url: string;
  standIn: StandIn;
  world: World;
  /** The registered commands, global and guild. */
  commands(): RegisteredCommand[];
  /** Resolves when a session is connected and identified. */
  ready(timeoutMs?: number): Promise<void>;
  sessions(): number;
  /** Shard and count of each connected session. */
  shards(): (readonly [number, number])[];
  /** The bot is in so many servers from now on. */
  setGuilds(count: number): void;
  /** Sends the same interaction again. */
  replay(interaction: Interaction): void;
  /** The messages this user sees in the channel, oldest first. */
  visible(channel: string, user: string): Message[];
  /** The messages everyone in the channel sees. */
  messages(channel: string): Message[];
  /** Expires the interaction token now. */
  expireToken(interaction: Interaction): void;
  deleteMessage(id: string): void;
  deleteChannel(channel: string): void;
  /** Denies the bot permissions in the channel and its threads. */
  deny(channel: string, ...permissions: PermissionName[]): void;
  allow(channel: string): void;
  /** Denies somebody permissions in the channel and its threads. */
  denyMember(user: string, channel: string, ...permissions: PermissionName[]): void;
  /** Makes a channel (and its threads) age-restricted, or not any more. */
  setRestricted(channel: string, restricted: boolean): void;
  /** Covers everything in a channel, or not any more. */
  setSpoilers(channel: string, covered: boolean): void;
  /** Lets everybody see the channel, or only the moderators and the bot. */
  setPublic(channel: string, everyone: boolean): void;
  /** The guild's AutoMod. */
  autoMod: AutoMod;
  /** Gives a role of the guild more permissions, or takes them away. */
  grant(role: string, permissions: PermissionName[], given?: boolean): void;
  closeDms(user: string): void;
  openDms(user: string): void;
  /** Cuts the connections, all or those of one shard, or closes them with `code`. */
  dropGateway(code?: number, shard?: number): void;
  /** Sends opcode 9: the bot must identify again. */
  invalidateSession(): void;
  /** Sends opcode 7: the bot should reconnect and resume. */
  requestReconnect(): void;
  on<Name extends keyof InteractionEvents>(
    event: Name,
    listener: (subject: InteractionEvents[Name]) => void,
  ): () => void;
  violations: Violation[];
  invalidRequests(): number;
  close(): Promise<void>;
};

/** Discord recommends about one shard for so many servers. */
const GUILDS_A_SHARD = 1000;

// Gateway intents for channel events, guild messages and direct messages.
const GUILDS = 1 << 0;
const GUILD_MESSAGES = 1 << 9;
const DIRECT_MESSAGES = 1 << 12;

/** Starts the stand-in; resolves once it listens. */
export async function createDiscord(options: DiscordOptions = {}): Promise<Discord> {
  const token = options.token ?? 'sandbox-token';
  const acknowledgeMs = options.acknowledgeMs ?? 3000;
  const tokenMs = options.tokenMs ?? 900_000;
  const uploadLimit = options.uploadLimit ?? 10 * 2 ** 20;
  const standIn = createStandIn();
  const world = createWorld(options.guildId);
  const snowflakes = createSnowflakes();
  const bus = createBus<InteractionEvents & { ready: undefined }>();
  const violations: Violation[] = [];
  const violate = (rule: string, detail: string) => void violations.push({ at: Date.now(), rule, detail });
  let guilds = options.guilds ?? 1;
  const gatewayUrl = () => `${standIn.origin().replace('http', 'ws')}/gateway/`;

  const cdn = createCdn(standIn.origin, snowflakes, options.cdnMs ?? 24 * 3_600_000);
  const messages = createMessages(world, snowflakes, cdn, bus, violate);
  const commands = createCommands(world.application.id, snowflakes);
  const gateway = createGateway(standIn.app.server, {
    token,
    heartbeatMs: options.heartbeatMs ?? 41_250,
    identifyEveryMs: options.identifyEveryMs ?? 5_000,
    startsADay: options.startsADay ?? 1000,
    maxConcurrency: options.maxConcurrency ?? 1,
    guildId: world.guild.id,
    guildsOf: (count) => Math.ceil(guilds / count),
    violate,
    ready: (hasGuild) => ({
      user: { ...userJson(world.bot), verified: true, mfa_enabled: true, email: null },
      user_settings: {},
      guilds: hasGuild ? [{ id: world.guild.id, unavailable: true }] : [],
      private_channels: [],
      relationships: [],
      presences: [],
      application: { id: world.application.id, flags: 0 },
    }),
    afterReady: (intents, hasGuild): Dispatch[] => {
      return hasGuild && intents & GUILDS
        ? [{ name: 'GUILD_CREATE', data: guildCreateJson(world, options.archived) }]
        : [];
    },
    resumeUrl: gatewayUrl,
    onReady: () => bus.emit('ready', undefined),
  });
  const guildOf = (channel: Channel | undefined) => (channel?.type === 1 ? undefined : world.guild.id);
  const interactions = createInteractions(world, messages, snowflakes, bus, deliver, { acknowledgeMs, uploadLimit });

  function deliver(payload: Json, channel: Channel): void {
    gateway.dispatch({ name: 'INTERACTION_CREATE', data: payload }, undefined, guildOf(channel));
  }

  /** Sends message events to sessions with the intent. Ephemeral messages go to nobody. */
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
  /** Announces a changed channel. */
  function dispatchChannelUpdate(channel: Channel): void {
    if (channel.type !== 0) return;
    const data = channelJson(world, channel);
    gateway.dispatch({ name: 'CHANNEL_UPDATE', data }, (intents) => (intents & GUILDS) !== 0, guildOf(channel));
  }
  bus.on('message', (message) => dispatchMessage('MESSAGE_CREATE', message));
  bus.on('messageUpdate', (message) => dispatchMessage('MESSAGE_UPDATE', message));
  bus.on('messageDelete', (message) => dispatchMessage('MESSAGE_DELETE', message));

  const rest = createRest(standIn, { token, uploadLimit, requestsPerSecond: options.requestsPerSecond ?? 50, violate });
  addGuildRoutes(rest, world, {
    url: gatewayUrl,
    startLimit: gateway.startLimit,
    shards: () => Math.ceil(guilds / GUILDS_A_SHARD),
  });
  const autoMod = createAutoMod(rest, world, snowflakes, (event, wants) =>
    gateway.dispatch(event, wants, world.guild.id),
  );
  addCommandRoutes(rest, world, commands);
  addCallbackRoute(rest, world, messages, interactions, { acknowledgeMs, violate });
  addWebhookRoutes(rest, world, messages, interactions, { tokenMs });
  addMessageRoutes(rest, world, messages, cdn, options.nonceMs ?? 5 * 60_000);
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
    shards: gateway.shards,
    setGuilds(count) {
      guilds = count;
    },
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
    denyMember(user, reference, ...permissions) {
      const channel = world.channel(reference);
      world.deny(channel.id, permissions, world.user(user).id);
      dispatchChannelUpdate(channel);
    },
    allow(reference) {
      const channel = world.channel(reference);
      world.allow(channel.id);
      dispatchChannelUpdate(channel);
    },
    setSpoilers(reference, covered) {
      const channel = world.channel(reference);
      channel.spoilers = covered;
      dispatchChannelUpdate(channel);
    },
    setRestricted(reference, restricted) {
      const channel = world.channel(reference);
      world.setRestricted(channel.id, restricted);
      dispatchChannelUpdate(channel);
    },
    setPublic(reference, everyone) {
      const channel = world.channel(reference);
      world.setPublic(channel.id, everyone);
      dispatchChannelUpdate(channel);
    },
    autoMod,
    grant(reference, permissions, given) {
      const role = roleJson(world.grant(reference, permissions, given));
      const data = { guild_id: world.guild.id, role };
      gateway.dispatch({ name: 'GUILD_ROLE_UPDATE', data }, (intents) => (intents & GUILDS) !== 0, world.guild.id);
    },
    closeDms: (user) => void world.closedDms.add(world.user(user).id),
    openDms: (user) => void world.closedDms.delete(world.user(user).id),
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
