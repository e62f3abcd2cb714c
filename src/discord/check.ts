// Asks Discord, before anything is started, whether it accepts the token.
import { REST, Routes } from 'discord.js';
import type { Transport } from './transport.ts';
import { isUnauthorized } from './trouble.ts';

/** Discord that takes longer is asked again by the log-in. */
const answerMs = 5_000;

/** @returns what the operator has to change, if anything; a Discord that is away accepts everything for now */
export async function checkToken(options: {
  token: string;
  apiUrl: string;
  makeRequest: Transport['makeRequest'];
}): Promise<string | undefined> {
  const { token, apiUrl: api, makeRequest } = options;
  const rest = new REST({ api, version: '10', makeRequest, retries: 0, timeout: answerMs }).setToken(token);
  try {
    await rest.get(Routes.gatewayBot());
    return undefined;
  } catch (error) {
    return isUnauthorized(error) ? 'DISCORD_TOKEN: Discord does not accept it (401)' : undefined;
  }
}
