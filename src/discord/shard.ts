// One shard: a connection to Discord's gateway with a client of discord.js of its own, so that each shard hears people as
// soon as it is there, whatever becomes of the others. (A client of many shards keeps what it hears until all are there.)
import {
  Client,
  Events,
  GatewayDispatchEvents,
  GatewayIntentBits,
  type Interaction,
  Options,
  Partials,
  type RESTOptions,
  Status,
} from 'discord.js';
import { z } from 'zod';
import { asError } from '../errors.ts';
import type { Log } from '../log.ts';
import { codeOfError, GatewayClosed } from './close-codes.ts';
import type { LogIns } from './log-ins.ts';

export type Shard = {
  id: number;
  /** Logs in once. @throws {GatewayClosed} when Discord closed the connection for good */
  connect(): Promise<Client<true>>;
  isConnected(): boolean;
  serverIds(): readonly string[];
  close(): Promise<void>;
};

export type ShardOptions = {
  id: number;
  /** All shards of the bot. */
  count: number;
  token: string;
  rest: Partial<RESTOptions>;
  logIns: Pick<LogIns, 'waitForIdentify'>;
  /** Called first, before anything is heard. */
  onApplication: (applicationId: string) => void;
  onInteraction: (interaction: Interaction) => void;
  onServer: (serverId: string) => void;
  /** The AutoMod rules of a server changed; without one, those of any may have changed unheard. */
  onRules: (serverId?: string) => void;
  /** The connection stood, and was closed for good. */
  onLost: (code: number) => void;
  log: Log;
};

const ruleEvents = [
  GatewayDispatchEvents.AutoModerationRuleCreate,
  GatewayDispatchEvents.AutoModerationRuleUpdate,
  GatewayDispatchEvents.AutoModerationRuleDelete,
] as const;
const ruleShape = z.object({ guild_id: z.string() });

function createClient(options: ShardOptions): Client<false> {
  const { id, count, logIns, log } = options;
  const made = new Client<false>({
    // Slash commands, menus, buttons and modals need no message content and no member list.
    // The server's AutoMod rules are heard of where the bot may read them.
    intents: [GatewayIntentBits.Guilds, GatewayIntentBits.AutoModerationConfiguration],
    // Takes an interaction's own word for what its channel is: archived threads are not listed at the log-in.
    partials: [Partials.Channel],
    rest: options.rest,
    shards: [id],
    shardCount: count,
    ws: {
      buildIdentifyThrottler: () => ({
        waitForIdentify: (shardId, signal) => logIns.waitForIdentify(shardId, count, signal),
      }),
    },
    // Only channels are needed (for age restriction). The requester's data comes with the interaction, and would
    // be kept for good.
    makeCache: Options.cacheWithLimits({
      ...Options.DefaultMakeCacheSettings,
      MessageManager: 0,
      AutoModerationRuleManager: 0,
      ReactionManager: 0,
      UserManager: { maxSize: 100, keepOverLimit: (user) => user.id === user.client.user.id },
      GuildMemberManager: { maxSize: 100, keepOverLimit: (member) => member.id === member.client.user.id },
    }),
  });
  made.once(Events.ClientReady, ({ application }) => options.onApplication(application.id));
  made.on(Events.InteractionCreate, options.onInteraction);
  made.on(Events.Error, (err) => log.warn({ err }, 'gateway trouble'));
  made.on(Events.GuildCreate, ({ id: serverId }) => options.onServer(serverId));
  // As they come: discord.js tells of a deleted rule only where it kept it.
  for (const name of ruleEvents) {
    made.ws.on(name, (data: unknown) => {
      const rule = ruleShape.safeParse(data);
      if (rule.success) options.onRules(rule.data.guild_id);
    });
  }
  // A new session: what happened since the one before is not told.
  made.on(Events.ShardReady, () => options.onRules());
  // discord.js retries twice a second: log one line per outage, not one per attempt.
  let away = false;
  made.on(Events.ShardReconnecting, (shard) => {
    if (!away) log.info({ shard }, 'gateway reconnecting');
    away = true;
  });
  const back = (shard: number) => {
    if (away) log.info({ shard }, 'gateway connected again');
    away = false;
  };
  made.on(Events.ShardResume, back);
  made.on(Events.ShardReady, back);
  return made;
}

export function createShard(options: ShardOptions): Shard {
  let client: Client | undefined;

  return {
    id: options.id,

    async connect() {
      const made = createClient(options);
      client = made;
      const ready = new Promise<Client<true>>((resolve) => made.once(Events.ClientReady, resolve));
      const ended = new Promise<number>((resolve) => made.once(Events.ShardDisconnect, ({ code }) => resolve(code)));
      try {
        await made.login(options.token);
      } catch (thrown) {
        const code = codeOfError(asError(thrown));
        throw code === undefined ? thrown : new GatewayClosed(code);
      }
      const connected = await Promise.race([ready, ended]);
      if (typeof connected === 'number') throw new GatewayClosed(connected);
      void ended.then((code) => {
        if (client === made) options.onLost(code);
      });
      return connected;
    },

    isConnected: () => client?.isReady() === true && client.ws.shards.every((shard) => shard.status === Status.Ready),

    serverIds: () => [...(client?.guilds.cache.keys() ?? [])],

    async close() {
      const closing = client;
      client = undefined;
      // What is closed on purpose is not away.
      closing?.removeAllListeners(Events.ShardReconnecting);
      await closing?.destroy();
    },
  };
}
