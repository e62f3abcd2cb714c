// What a connection that Discord closed for good means. Codes: Discord's documentation of the gateway's close events.

/** Codes that end with a new connection: how many shards there have to be is asked anew with each log-in. */
const outgrown = new Set([4010, 4011]);

const problems = new Map([
  [4004, 'DISCORD_TOKEN: Discord does not accept it any more. Set the new one and start again'],
  [4010, 'Discord does not know this part (shard) of the bot. Start again'],
  [4011, 'The bot is in too many servers for one connection. Start again'],
  [4012, 'Discord no longer speaks the version of its gateway that this darkroom uses. Update darkroom'],
  [4013, 'Discord does not know what this darkroom wants to hear of (4013). Update darkroom'],
  [4014, 'Discord does not let the bot hear of what it asks for (4014). Look at the intents in the developer portal'],
]);

/** What @discordjs/ws says of them while it logs in. */
const spoken: readonly (readonly [RegExp, number])[] = [
  [/authentication failed/i, 4004],
  [/invalid shard/i, 4010],
  [/sharding is required/i, 4011],
  [/invalid api version/i, 4012],
  [/invalid intents/i, 4013],
  [/disallowed intents/i, 4014],
];

/** Whether another log-in mends it. */
export const healsAnew = (code: number): boolean => outgrown.has(code);

/** What the operator has to do about a connection that was closed for good. */
export const problemOfCode = (code: number): string =>
  problems.get(code) ?? `Discord closed the connection for good (${code}). Start again`;

/** The same for an error of a log-in; undefined when another one may work. */
export function problemOfError({ message }: Error): string | undefined {
  const code = spoken.find(([words]) => words.test(message))?.[1];
  return code === undefined ? undefined : problemOfCode(code);
}
