// What a process without a connection to the gateway needs to know of the bot, asked over REST. It hears nobody: it acts on
// what others have heard.
import { REST, Routes } from 'discord.js';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { asError, StartError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Gateway } from './gateway.ts';
import { inviteLink } from './permissions.ts';
import type { Transport } from './transport.ts';
import { isUnauthorized } from './trouble.ts';

const application = z.object({ id: z.string(), approximate_guild_count: z.number().catch(0) });
const mostWaitMs = 30_000;

/** Stands in the place of the connection. */
export function createWithoutGateway(options: {
  token: string;
  apiUrl: string;
  makeRequest: Transport['makeRequest'];
  clock: Clock;
  log: Log;
}): Gateway {
  const { token, apiUrl: api, makeRequest, clock, log } = options;
  const identified = Promise.withResolvers<string>();
  let started = false;
  let stopped = false;

  return {
    identified: identified.promise,
    async start() {
      for (let waitMs = 1_000; ; waitMs = Math.min(mostWaitMs, 2 * waitMs)) {
        try {
          const rest = new REST({ api, version: '10', makeRequest }).setToken(token);
          const { id, approximate_guild_count: servers } = application.parse(
            await rest.get(Routes.currentApplication()),
          );
          started = true;
          identified.resolve(id);
          return { applicationId: id, servers, knew: false, invite: inviteLink(id) };
        } catch (error) {
          const err = asError(error);
          if (isUnauthorized(err)) throw new StartError([`DISCORD_TOKEN: Discord does not accept it (${err.message})`]);
          if (stopped) throw err;
          log.warn({ err, waitMs }, 'Discord cannot be reached; trying again');
          await new Promise<void>((resolve) => clock.after(waitMs, resolve));
        }
      }
    },
    isConnected: () => started,
    troubles: () => [],
    async stop() {
      stopped = true;
    },
  };
}
