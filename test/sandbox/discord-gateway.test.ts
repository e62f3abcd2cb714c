// The Discord stand-in's gateway: the server as a bot sees it, resumed and new sessions, many interactions at once.
import { expect, test, vi } from 'vitest';
import { GUILD, MIA } from '../../sandbox/discord/world.ts';
import { edit, MIA_HERE, onSlash, PIXEL, start } from './discord-client.ts';

test('logs in and sees the server as Discord shows it', async () => {
  const { discord, client } = await start();
  await discord.ready();
  const guild = client.guilds.cache.get(GUILD.id);
  expect(guild?.name).toBe('darkroom-lab');
  expect(guild?.channels.cache.map((channel) => channel.name)).toContain('lounge-thread');
  expect((await guild?.members.fetch(MIA.id))?.user.username).toBe('mia');
  expect(discord.commands().map((command) => command.name)).toEqual(['edit', 'Edit this image', 'review']);
  expect(discord.violations).toEqual([]);
});

test('a cut connection is resumed: what was missed arrives, the last event twice', async () => {
  const { discord, client } = await start();
  const { seen } = onSlash(client, (interaction) => interaction.reply('here'));
  const first = discord.slash(MIA_HERE, 'edit', edit);
  await first.replied();
  discord.dropGateway();
  const second = discord.slash(MIA_HERE, 'edit', edit);
  await second.replied();
  expect(seen).toEqual([first.id, first.id, second.id]);
  discord.replay(second);
  await vi.waitFor(() => expect(seen).toHaveLength(4));
  expect(discord.violations.map(({ rule }) => rule)).toContain('acknowledged-twice');
});

test('after an invalidated session the bot identifies anew', async () => {
  const { discord, client } = await start();
  onSlash(client, (interaction) => interaction.reply('here'));
  discord.invalidateSession();
  expect(discord.sessions()).toBe(0);
  await discord.ready();
  await discord.slash(MIA_HERE, 'edit', edit).replied();
}, 20_000);

test('200 interactions at once', async () => {
  const { discord, client } = await start();
  onSlash(client, async (interaction) => {
    await interaction.deferReply();
    await interaction.editReply({ content: 'done', files: [{ attachment: PIXEL, name: 'result.png' }] });
  });
  const asked = Array.from({ length: 200 }, () => discord.slash(MIA_HERE, 'edit', edit));
  await Promise.all(asked.map((interaction) => interaction.replied()));
  expect(discord.messages('general')).toHaveLength(200);
  expect(discord.violations).toEqual([]);
});
