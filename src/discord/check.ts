// Asks Discord, before anything is started, whether it is there and accepts the token.
import { DiscordAPIError, REST, Routes } from 'discord.js';
import { z } from 'zod';
import type { Transport } from './transport.ts';
import { isUnauthorized } from './trouble.ts';

/** Discord that takes longer is asked again by the log-in. */
const answerMs = 5_000;

const gateway = z.object({ url: z.string(), shards: z.number() });

const elsewhere = (status: number) =>
  `DISCORD_API_URL: what answers there is not Discord (${status}); it is usually left out, and has no version at its end`;

/** @returns what the operator has to change, if anything; a Discord that is away accepts everything for now */
export async function checkToken(options: {
  token: string;
  apiUrl: string;
  makeRequest: Transport['makeRequest'];
}): Promise<string | undefined> {
  const { token, apiUrl: api, makeRequest } = options;
  const rest = new REST({ api, version: '10', makeRequest, retries: 0, timeout: answerMs }).setToken(token);
  try {
    return gateway.safeParse(await rest.get(Routes.gatewayBot())).success ? undefined : elsewhere(200);
  } catch (error) {
    // Whatever stands before a Discord that is away answers otherwise.
    if (error instanceof DiscordAPIError && error.status === 404) return elsewhere(404);
    return isUnauthorized(error) ? 'DISCORD_TOKEN: Discord does not accept it (401)' : undefined;
  }
}
