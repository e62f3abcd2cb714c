// The gateway connection: logs in, keeps the commands registered, passes every interaction on. discord.js reconnects
// and resumes by itself.
import {
  Client,
  DiscordAPIError,
  DiscordjsError,
  DiscordjsErrorCodes,
  Events,
  GatewayIntentBits,
  type Interaction,
  Options,
  Partials,
  REST,
  type RESTPostAPIApplicationCommandsJSONBody,
  Routes,
  Status,
} from 'discord.js';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { asError, StartError } from '../errors.ts';
import type { Log } from '../log.ts';
import { forServer, sameCommands } from './same-commands.ts';
import type { Transport } from './transport.ts';

export type Gateway = {
  /**
   * Resolves when the bot is connected and its commands are registered; keeps trying while Discord is down.
   * @returns in how many servers it is, too
   * @throws {StartError} when Discord does not accept the token
   */
  start(): Promise<{ applicationId: string; servers: number }>;
  /** Whether interactions can arrive now. */
  isConnected(): boolean;
  stop(): Promise<void>;
};

const retryMs = [1_000, 2_000, 5_000, 10_000, 30_000] as const;

/** Only the operator can fix a refused token; anything else may pass. */
function isRefusal(error: Error): boolean {
  if (error instanceof DiscordAPIError) return error.status === 401;
  if (error instanceof DiscordjsError) {
    return error.code === DiscordjsErrorCodes.TokenInvalid || error.code === DiscordjsErrorCodes.DisallowedIntents;
  }
  return /used disallowed intents|authentication failed/i.test(error.message);
}

export function createGateway(options: {
  token: string;
  apiUrl: string;
  guildId: string | undefined;
  commands: readonly RESTPostAPIApplicationCommandsJSONBody[];
  onInteraction: (interaction: Interaction) => void;
  makeRequest: Transport['makeRequest'];
  clock: Clock;
  log: Log;
}): Gateway {
  const { clock, log } = options;
  const rest = { api: options.apiUrl, version: '10', makeRequest: options.makeRequest };
  let client: Client | undefined;
  let stopped = false;

  function createClient(): Client<false> {
    const made = new Client<false>({
      // Slash commands, menus, buttons and modals need no message content and no member list.
      intents: [GatewayIntentBits.Guilds],
      // Takes an interaction's own word for what its channel is: archived threads are not listed at the log-in.
      partials: [Partials.Channel],
      rest,
      // Only channels are needed (for age restriction). The requester's data comes with the interaction, and would
      // be kept for good.
      makeCache: Options.cacheWithLimits({
        ...Options.DefaultMakeCacheSettings,
        MessageManager: 0,
        ReactionManager: 0,
        UserManager: { maxSize: 100, keepOverLimit: (user) => user.id === user.client.user.id },
        GuildMemberManager: { maxSize: 100, keepOverLimit: (member) => member.id === member.client.user.id },
      }),
    });
    made.on(Events.InteractionCreate, options.onInteraction);
    made.on(Events.Error, (err) => log.warn({ err }, 'gateway trouble'));
    made.on(Events.ShardDisconnect, (event, shard) => log.warn({ code: event.code, shard }, 'gateway closed for good'));
    // discord.js retries twice a second: log one line per outage, not one per attempt.
    const away = new Set<number>();
    made.on(Events.ShardReconnecting, (shard) => {
      if (!away.has(shard)) log.info({ shard }, 'gateway reconnecting');
      away.add(shard);
    });
    const back = (shard: number) => {
      if (away.delete(shard)) log.info({ shard }, 'gateway connected again');
    };
    made.on(Events.ShardResume, back);
    made.on(Events.ShardReady, back);
    return made;
  }

  async function register(applicationId: string): Promise<void> {
    const api = new REST(rest).setToken(options.token);
    const route = options.guildId
      ? Routes.applicationGuildCommands(applicationId, options.guildId)
      : Routes.applicationCommands(applicationId);
    const commands = options.guildId ? forServer(options.commands) : options.commands;
    const registered = z.array(z.unknown()).parse(await api.get(route));
    if (sameCommands(registered, commands, options.guildId ? 'server' : 'global')) return;
    await api.put(route, { body: commands });
    log.info({ commands: commands.length }, 'commands registered');
  }

  async function connect(): Promise<{ applicationId: string; servers: number }> {
    const made = createClient();
    client = made;
    const ready = new Promise<Client<true>>((resolve) => made.once(Events.ClientReady, resolve));
    await made.login(options.token);
    const { application, guilds } = await ready;
    await register(application.id);
    return { applicationId: application.id, servers: guilds.cache.size };
  }

  return {
    async start() {
      for (let attempt = 0; ; attempt += 1) {
        try {
          return await connect();
        } catch (thrown) {
          const err = asError(thrown);
          await client?.destroy();
          if (isRefusal(err)) throw new StartError([`DISCORD_TOKEN: Discord does not accept it (${err.message})`]);
          if (stopped) throw err;
          const waitMs = retryMs[Math.min(attempt, retryMs.length - 1)] ?? 30_000;
          log.warn({ err, waitMs }, 'Discord cannot be reached; trying again');
          await new Promise<void>((resolve) => clock.after(waitMs, resolve));
        }
      }
    },
    isConnected: () => client?.isReady() === true && client.ws.shards.every((shard) => shard.status === Status.Ready),
    async stop() {
      stopped = true;
      await client?.destroy();
    },
  };
}
