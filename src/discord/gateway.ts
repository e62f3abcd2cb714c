// The gateway connection: logs in, passes every interaction on. discord.js reconnects and resumes by itself; what it gives
// up for good is connected anew or ends the process, so that the bot is never deaf and takes itself for healthy.
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
import type { Clock } from '../clock.ts';
import { asError, StartError } from '../errors.ts';
import type { Log } from '../log.ts';
import { healsAnew, problemOfCode, problemOfError } from './close-codes.ts';
import { createLogIns } from './log-ins.ts';
import { inviteLink } from './permissions.ts';
import { createRegistration } from './registration.ts';
import type { Transport } from './transport.ts';

/** `servers`: in how many the bot is; `invite`: the address at which somebody adds it to one more. */
export type Started = { applicationId: string; servers: number; invite: string };

export type Gateway = {
  /**
   * Resolves when the bot is connected and its commands were offered to Discord; keeps trying while Discord is down.
   * @throws {StartError} when Discord does not accept the token
   */
  start(): Promise<Started>;
  /** Whether interactions can arrive now. */
  isConnected(): boolean;
  /** What the operator has to mend. */
  troubles(): readonly string[];
  stop(): Promise<void>;
};

const retryMs = [1_000, 2_000, 5_000, 10_000, 30_000] as const;

/** What only the operator can mend; anything else may pass. */
function problemOf(error: Error): string | undefined {
  const refused =
    (error instanceof DiscordAPIError && error.status === 401) ||
    (error instanceof DiscordjsError && error.code === DiscordjsErrorCodes.TokenInvalid);
  if (refused) return `DISCORD_TOKEN: Discord does not accept it (${error.message})`;
  return problemOfError(error);
}

export function createGateway(options: {
  token: string;
  apiUrl: string;
  guildId: string | undefined;
  commands: readonly RESTPostAPIApplicationCommandsJSONBody[];
  onInteraction: (interaction: Interaction) => void;
  /** The connection is closed for good, and only a new start helps. @param problem what to do, in a sentence */
  onEnd: (problem: string) => void;
  makeRequest: Transport['makeRequest'];
  clock: Clock;
  log: Log;
}): Gateway {
  const { clock, log } = options;
  const rest = { api: options.apiUrl, version: '10', makeRequest: options.makeRequest };
  const api = () => new REST(rest).setToken(options.token);
  const logIns = createLogIns({ clock, log });
  const registration = createRegistration({ ...options, api });
  let client: Client | undefined;
  let stopped = false;

  function createClient(): Client<false> {
    const made = new Client<false>({
      // Slash commands, menus, buttons and modals need no message content and no member list.
      intents: [GatewayIntentBits.Guilds],
      // Takes an interaction's own word for what its channel is: archived threads are not listed at the log-in.
      partials: [Partials.Channel],
      rest,
      ws: { buildIdentifyThrottler: () => logIns },
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
    made.on(Events.GuildCreate, ({ id }) => registration.joined(id));
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

  async function connect(): Promise<Client<true>> {
    await logIns.allowed(
      () => api().get(Routes.gatewayBot()),
      () => stopped,
    );
    const made = createClient();
    client = made;
    const ready = new Promise<Client<true>>((resolve) => made.once(Events.ClientReady, resolve));
    const ended = new Promise<number>((resolve) => made.once(Events.ShardDisconnect, ({ code }) => resolve(code)));
    await made.login(options.token);
    const connected = await Promise.race([ready, ended]);
    if (typeof connected === 'number') throw new StartError([problemOfCode(connected)]);
    void ended.then((code) => lost(connected, code));
    return connected;
  }

  async function logIn(): Promise<Client<true>> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await connect();
      } catch (thrown) {
        const err = asError(thrown);
        await client?.destroy();
        if (err instanceof StartError) throw err;
        const problem = problemOf(err);
        if (problem !== undefined) throw new StartError([problem]);
        if (stopped) throw err;
        const waitMs = retryMs[Math.min(attempt, retryMs.length - 1)] ?? 30_000;
        log.warn({ err, waitMs }, 'Discord cannot be reached; trying again');
        await new Promise<void>((resolve) => clock.after(waitMs, resolve));
      }
    }
  }

  /** Discord closed the connection in a way that discord.js does not mend. */
  async function lost(was: Client, code: number): Promise<void> {
    if (stopped) return;
    log.error({ code }, 'Discord closed the connection for good');
    if (!healsAnew(code)) return options.onEnd(problemOfCode(code));
    await was.destroy();
    try {
      await logIn();
    } catch (error) {
      if (!stopped) options.onEnd(asError(error).message);
    }
  }

  return {
    async start() {
      const { application, guilds } = await logIn();
      await registration.start(application.id, [...guilds.cache.keys()]);
      return { applicationId: application.id, servers: guilds.cache.size, invite: inviteLink(application.id) };
    },
    isConnected: () => client?.isReady() === true && client.ws.shards.every((shard) => shard.status === Status.Ready),
    troubles: () => [registration.trouble()].filter((trouble) => trouble !== undefined),
    async stop() {
      stopped = true;
      registration.stop();
      await client?.destroy();
    },
  };
}
