// What a connection that Discord closed for good means. Codes: Discord's documentation of the gateway's close events.
import type { Shards } from '../part.ts';

/** Discord closed a connection in a way that discord.js does not mend. */
export class GatewayClosed extends Error {
  override name = 'GatewayClosed';
  readonly code: number;

  constructor(code: number) {
    super(`Discord closed the connection for good (${code})`);
    this.code = code;
  }
}

/** Also the answer to a good token, now and then, and to log-ins beyond those of a day. */
export const refusedToken = 4004;

/** Codes that end with other shards: how many there have to be is asked anew with each log-in. */
const outgrown = new Set([4010, 4011]);

const problems = new Map([
  [refusedToken, 'DISCORD_TOKEN: Discord does not accept it any more. Set the new one and start again'],
  [4012, 'Discord no longer speaks the version of its gateway that this darkroom uses. Update darkroom'],
  [4013, 'Discord does not know what this darkroom wants to hear of (4013). Update darkroom'],
  [4014, 'Discord does not let the bot hear of what it asks for (4014). Look at the intents in the developer portal'],
]);

/** What @discordjs/ws says of them while it logs in. */
const spoken: readonly (readonly [RegExp, number])[] = [
  [/authentication failed/i, refusedToken],
  [/invalid shard/i, 4010],
  [/sharding is required/i, 4011],
  [/invalid api version/i, 4012],
  [/invalid intents/i, 4013],
  [/disallowed intents/i, 4014],
];

/** Whether as many shards as Discord recommends now mend it. */
export const healsAnew = (code: number, shards: Shards): boolean => shards === 'auto' && outgrown.has(code);

/** What the operator has to do about a connection that was closed for good. */
export function problemOfCode(code: number, shards: Shards): string {
  if (shards !== 'auto' && outgrown.has(code)) {
    return `DISCORD_SHARD_COUNT: the bot is in too many servers for ${shards.count} shards (${code}). Raise it in every process and start them again`;
  }
  return problems.get(code) ?? `Discord closed the connection for good (${code}). Start again`;
}

/** The close code behind an error of a log-in; undefined when another one may work. */
export const codeOfError = ({ message }: Error): number | undefined =>
  spoken.find(([words]) => words.test(message))?.[1];
