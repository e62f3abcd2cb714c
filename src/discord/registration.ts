// Keeps the commands registered, apart from the connection: what is refused here is said and tried again, and costs no
// log-in. Of processes that start together one does it, the others look later whether it was done. Commands that an earlier start registered in the other scope are taken back, or members would see them twice.
import { createHash } from 'node:crypto';
import { DiscordAPIError, type RESTPostAPIApplicationCommandsJSONBody, Routes } from 'discord.js';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { asError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Store } from '../store/store.ts';
import { inviteLink } from './permissions.ts';
import { forServer, sameCommands } from './same-commands.ts';

export type Api = {
  get(route: `/${string}`): Promise<unknown>;
  put(route: `/${string}`, options: { body: unknown }): Promise<unknown>;
  delete(route: `/${string}`): Promise<unknown>;
};

export type Registration = {
  /** Tries once, and goes on by itself until it succeeds. @param serverIds the servers that the bot is in */
  start(applicationId: string, serverIds: readonly string[]): Promise<void>;
  /** The bot came into a server: what was refused may be allowed now. */
  joined(serverId: string): void;
  /** Whether commands of this bot were there already: it has run before, with whatever store. */
  hadCommands(): boolean;
  /** What the operator has to mend. */
  trouble(): string | undefined;
  stop(): void;
};

const retryMs = 30_000;
/** Longer than it takes to register them. */
const claimMs = 20_000;
/** Servers that are searched for commands of their own after a change to global ones. */
const mostServers = 100;

/** JSON error codes: unknown guild, missing access. */
const notInServer = new Set<string | number>([10004, 50001]);
const isRefusal = (error: unknown): error is DiscordAPIError =>
  error instanceof DiscordAPIError && error.status < 500 && error.status !== 429;

/** For whoever cannot ask. */
const nobodys = { release: async () => {} };

const command = z.object({ id: z.string(), name: z.string(), type: z.number().default(1) });
const list = z.array(z.unknown());

export function createRegistration(options: {
  /** Makes a client for Discord's API with the bot's token: discord.js drops that on a 401. */
  api: () => Api;
  guildId: string | undefined;
  commands: readonly RESTPostAPIApplicationCommandsJSONBody[];
  /** Tells the processes apart that share the bot. */
  store: Pick<Store, 'claim'>;
  clock: Clock;
  log: Log;
}): Registration {
  const { guildId, store, clock, log } = options;
  const commands = guildId === undefined ? options.commands : forServer(options.commands);
  // Processes of two versions do not wait for each other.
  const claim = `commands:${createHash('sha1')
    .update(JSON.stringify([guildId, commands]))
    .digest('hex')}`;
  const own = new Set(options.commands.map(({ name, type = 1 }) => `${type} ${name}`));
  let trouble: string | undefined;
  let said: string | undefined;
  let again: () => void = () => {};
  let cancel = () => {};
  let hadCommands = false;
  let stopped = false;

  const routeIn = (applicationId: string, serverId: string | undefined) =>
    serverId === undefined
      ? Routes.applicationCommands(applicationId)
      : Routes.applicationGuildCommands(applicationId, serverId);

  function isOwn(one: unknown): boolean {
    const { data } = command.safeParse(one);
    return data !== undefined && own.has(`${data.type} ${data.name}`);
  }

  /** Removes what this bot registered somewhere; commands of others that share the application stay. */
  async function clear(applicationId: string, serverId: string | undefined): Promise<void> {
    const route = routeIn(applicationId, serverId);
    for (const one of list.parse(await options.api().get(route))) {
      const { data } = command.safeParse(one);
      if (data && own.has(`${data.type} ${data.name}`)) await options.api().delete(`${route}/${data.id}`);
    }
  }

  async function register(applicationId: string, serverIds: readonly string[]): Promise<void> {
    const route = routeIn(applicationId, guildId);
    const registered = list.parse(await options.api().get(route));
    hadCommands ||= registered.some(isOwn);
    const isCurrent = sameCommands(registered, commands, guildId === undefined ? 'global' : 'server');
    // A start that finds the global commands as they should be came after one that looked through the servers.
    const others = guildId !== undefined ? [undefined] : isCurrent ? [] : serverIds.slice(0, mostServers);
    for (const other of others) {
      await clear(applicationId, other).catch((error: unknown) => {
        if (!(error instanceof DiscordAPIError && notInServer.has(error.code))) throw error;
      });
    }
    if (isCurrent) return;
    await options.api().put(route, { body: commands });
    log.info({ commands: commands.length }, 'commands registered');
  }

  function describe(error: Error, applicationId: string): string | undefined {
    if (!isRefusal(error)) return undefined;
    if (guildId !== undefined && (notInServer.has(error.code) || error.status === 404)) {
      return `DISCORD_GUILD_ID: the bot is not in the server ${guildId}, or was added without its commands. Add it: ${inviteLink(applicationId)}`;
    }
    return `Discord does not take the bot's commands: ${error.message}`;
  }

  async function attempt(applicationId: string, serverIds: readonly string[]): Promise<void> {
    const look = () => {
      cancel();
      void attempt(applicationId, serverIds);
    };
    // A store that is away keeps nobody from it: doing it twice does no harm.
    const lease = await store.claim(claim, claimMs).catch(() => nobodys);
    if (!lease) {
      if (!stopped) cancel = clock.after(retryMs, look);
      return;
    }
    try {
      await register(applicationId, serverIds);
      trouble = undefined;
      again = () => {};
    } catch (thrown) {
      const err = asError(thrown);
      trouble = describe(err, applicationId) ?? 'the commands are not registered yet';
      if (trouble !== said && isRefusal(err)) log.error(trouble);
      else if (trouble !== said) log.warn({ err }, 'the commands cannot be registered yet; trying again');
      said = trouble;
      if (stopped) return;
      again = look;
      cancel = clock.after(retryMs, look);
    } finally {
      await lease.release().catch(() => {});
    }
  }

  return {
    start(applicationId, serverIds) {
      cancel();
      return attempt(applicationId, serverIds);
    },
    joined(serverId) {
      if (serverId === guildId) again();
    },
    hadCommands: () => hadCommands,
    trouble: () => trouble,
    stop() {
      stopped = true;
      cancel();
    },
  };
}
