// The bot's end of the tests of the Discord stand-in: discord.js logged in to a fresh stand-in, with a few commands.
import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  type Interaction as BotInteraction,
  type ChatInputCommandInteraction,
  Client,
  DiscordAPIError,
  Events,
  GatewayIntentBits,
} from 'discord.js';
import { expect, onTestFinished } from 'vitest';
import { createDiscord, type Discord, type DiscordOptions } from '../../sandbox/discord/discord.ts';

export const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=',
  'base64',
);
export const PICTURE = { name: 'a cat.png', type: 'image/png', bytes: PIXEL };
export const MIA_HERE = { user: 'mia', channel: 'general' };
export const NOAH_HERE = { user: 'noah', channel: 'general' };

export const COMMANDS = [
  {
    name: 'edit',
    description: 'Edit a picture',
    options: [
      {
        type: ApplicationCommandOptionType.Attachment,
        name: 'image',
        description: 'The picture',
        required: true,
        file_types: ['image'],
      },
      {
        type: ApplicationCommandOptionType.String,
        name: 'prompt',
        description: 'What to do',
        required: true,
        max_length: 20,
      },
      { type: ApplicationCommandOptionType.Integer, name: 'steps', description: 'Steps', min_value: 4, max_value: 8 },
      {
        type: ApplicationCommandOptionType.String,
        name: 'format',
        description: 'Format',
        choices: [{ name: 'PNG', value: 'png' }],
      },
    ],
  },
  { name: 'Edit this image', type: ApplicationCommandType.Message },
  { name: 'review', description: 'For moderators', default_member_permissions: '8192' },
];

/** A library's own undici would go through the dispatcher that the bot's, of another version, has made this process's. */
export const makeRequest = (url: string, init: object): Promise<Response> =>
  Reflect.apply(fetch, globalThis, [url, { ...init, dispatcher: undefined }]);

/** A stand-in and a bot that is logged in to it; both are closed after the test. */
export async function start(options: DiscordOptions = {}): Promise<{ discord: Discord; client: Client<true> }> {
  const failures: unknown[] = [];
  onTestFinished(() => expect(failures).toEqual([]));
  const discord = await createDiscord(options);
  onTestFinished(discord.close);
  // The library's own limit of 50 requests a second would hide how quick the stand-in is.
  const rest = { api: discord.url, retries: 0, globalRequestsPerSecond: 10_000, makeRequest };
  const client = new Client({ intents: [GatewayIntentBits.Guilds], rest });
  client.on(Events.Error, (error) => failures.push(error));
  onTestFinished(() => client.destroy());
  const ready = new Promise<Client<true>>((resolve) => client.once(Events.ClientReady, resolve));
  await client.login('sandbox-token');
  const bot = await ready;
  await bot.rest.put(`/applications/${bot.application.id}/commands`, { body: COMMANDS });
  return { discord, client: bot };
}

export function onSlash(
  client: Client,
  handle: (interaction: ChatInputCommandInteraction) => Promise<unknown>,
): { errors: unknown[]; seen: string[] } {
  const result = { errors: [] as unknown[], seen: [] as string[] };
  client.on(Events.InteractionCreate, async (interaction: BotInteraction) => {
    result.seen.push(interaction.id);
    if (!interaction.isChatInputCommand()) return;
    await handle(interaction).catch((error) => result.errors.push(error));
  });
  return result;
}

export const edit = { image: PICTURE, prompt: 'make it blue' };
export const code = (error: unknown) => (error instanceof DiscordAPIError ? [error.status, error.code] : error);
