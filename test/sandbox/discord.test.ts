// The Discord stand-in's interactions, met by the client library that the bot uses: commands, modals, buttons, replies.
import { ActionRowBuilder, ButtonBuilder, ButtonStyle, Events, MessageFlags, TextInputStyle } from 'discord.js';
import { expect, test, vi } from 'vitest';
import { MIA } from '../../sandbox/discord/world.ts';
import { pause } from '../support.ts';
import { code, edit, MIA_HERE, NOAH_HERE, onSlash, PICTURE, PIXEL, start } from './discord-client.ts';

test('a slash command is deferred and its reply edited with a file', async () => {
  const { discord, client } = await start();
  const { errors } = onSlash(client, async (interaction) => {
    const image = interaction.options.getAttachment('image', true);
    await interaction.deferReply();
    const bytes = Buffer.from(await (await fetch(image.url)).arrayBuffer());
    await interaction.editReply({
      content: `${image.name} ${image.contentType} ${image.width}`,
      files: [{ attachment: bytes, name: 'result.png', description: 'a blue cat' }],
    });
  });
  const interaction = discord.slash(MIA_HERE, 'edit', { ...edit, steps: 5, format: 'PNG' });
  expect(await interaction.acknowledged).toMatchObject({ type: 5, ephemeral: false });
  const reply = await interaction.replied();
  expect(errors).toEqual([]);
  expect(reply.content).toBe('a_cat.png image/png 1');
  expect(reply.attachments[0]).toMatchObject({
    filename: 'result.png',
    description: 'a blue cat',
    width: 1,
    spoiler: false,
  });
  const file = await fetch(reply.attachments[0]?.url ?? '');
  expect(Buffer.from(await file.arrayBuffer())).toEqual(PIXEL);
  expect(discord.violations).toEqual([]);
});

test('a person cannot send what the command does not allow', async () => {
  const { discord } = await start();
  expect(() => discord.slash(MIA_HERE, 'draw', {})).toThrow('no command');
  expect(() => discord.slash(MIA_HERE, 'edit', { prompt: 'x' })).toThrow('image is required');
  expect(() => discord.slash(MIA_HERE, 'edit', { ...edit, steps: 9 })).toThrow('at most 8');
  expect(() => discord.slash(MIA_HERE, 'edit', { ...edit, steps: 4.5 })).toThrow('whole');
  expect(() => discord.slash(MIA_HERE, 'edit', { ...edit, format: 'gif' })).toThrow('choices');
  expect(() => discord.slash(MIA_HERE, 'edit', { ...edit, prompt: 'x'.repeat(21) })).toThrow('at most 20');
  expect(() => discord.slash(MIA_HERE, 'edit', { ...edit, colour: 'red' })).toThrow('no option');
  expect(() => discord.slash(MIA_HERE, 'edit', { ...edit, image: { ...PICTURE, name: 'a.txt' } })).toThrow('types');
  expect(() => discord.slash(MIA_HERE, 'review', {})).toThrow('hidden');
  expect(() => discord.slash({ user: 'mia', channel: 'review' }, 'edit', edit)).toThrow('cannot see');
  discord.slash({ user: 'vera', channel: 'review' }, 'review', {});
});

test('a message menu opens a modal, and its answers arrive', async () => {
  const { discord, client } = await start();
  client.on(Events.InteractionCreate, async (interaction) => {
    if (interaction.isMessageContextMenuCommand()) {
      await interaction.showModal({
        custom_id: `edit:${interaction.targetMessage.attachments.first()?.name}`,
        title: 'Edit',
        components: [
          {
            type: 18,
            label: 'Prompt',
            component: { type: 4, custom_id: 'prompt', style: TextInputStyle.Paragraph, max_length: 20 },
          },
          {
            type: 18,
            label: 'Why',
            component: {
              type: 21,
              custom_id: 'why',
              options: [
                { label: 'A', value: 'a' },
                { label: 'B', value: 'b' },
              ],
            },
          },
          { type: 18, label: 'More', component: { type: 19, custom_id: 'more', required: false, max_values: 2 } },
        ],
      });
    } else if (interaction.isModalSubmit()) {
      const { fields, customId } = interaction;
      const files = fields.getUploadedFiles('more')?.map((file) => file.name);
      await interaction.reply(
        `${customId} ${fields.getTextInputValue('prompt')} ${fields.getRadioGroup('why')} ${files}`,
      );
    }
  });
  const message = discord.post(NOAH_HERE, 'look', [PICTURE]);
  const shown = discord.menu(MIA_HERE, 'Edit this image', message.id);
  expect(await shown.acknowledged).toMatchObject({ type: 9 });
  expect(() => discord.submit(MIA_HERE, shown, { prompt: '', why: 'a' })).toThrow('short');
  expect(() => discord.submit(MIA_HERE, shown, { prompt: 'x', why: 'c' })).toThrow('has no c');
  expect(() => discord.submit(NOAH_HERE, shown, { prompt: 'x', why: 'a' })).toThrow('shown to mia');
  const sent = discord.submit(MIA_HERE, shown, { prompt: 'sepia', why: 'b', more: [PICTURE] });
  expect((await sent.replied()).content).toBe('edit:a_cat.png sepia b a_cat.png');
  expect(discord.violations).toEqual([]);
});

test('buttons are pressed by those who see them, and ephemeral replies are for one person', async () => {
  const { discord, client } = await start();
  onSlash(client, async (interaction) => {
    const row = new ActionRowBuilder<ButtonBuilder>().addComponents(
      new ButtonBuilder().setCustomId('again:1').setLabel('Again').setStyle(ButtonStyle.Primary),
      new ButtonBuilder().setCustomId('off').setLabel('Off').setStyle(ButtonStyle.Danger).setDisabled(true),
    );
    await interaction.reply({ content: 'private', components: [row], flags: MessageFlags.Ephemeral });
  });
  client.on(Events.InteractionCreate, async (interaction) => {
    if (interaction.isButton())
      await interaction.update({ content: `pressed ${interaction.message.content}`, components: [] });
  });
  const asked = discord.slash(MIA_HERE, 'edit', edit);
  expect(await asked.acknowledged).toMatchObject({ type: 4, ephemeral: true });
  const reply = await asked.replied();
  expect(discord.visible('general', 'mia')).toEqual([reply]);
  expect(discord.visible('general', 'noah')).toEqual([]);
  expect(discord.messages('general')).toEqual([]);
  expect(() => discord.press(NOAH_HERE, reply.id, /^again/)).toThrow('sees no message');
  expect(() => discord.press(MIA_HERE, reply.id, 'off')).toThrow('no enabled component');
  const pressed = discord.press(MIA_HERE, reply.id, /^again/);
  expect((await pressed.replied()).content).toBe('pressed private');
  expect(reply).toMatchObject({ ephemeralFor: MIA.id, components: [], history: ['private', 'pressed private'] });
});

test('follow-ups: the first replaces "thinking…", the next stand for themselves', async () => {
  const { discord, client } = await start();
  const { errors } = onSlash(client, async (interaction) => {
    await interaction.deferReply();
    await interaction.followUp('first');
    await interaction.followUp({ content: 'second', flags: MessageFlags.Ephemeral });
    await interaction.deleteReply();
    await interaction.editReply('too late');
  });
  const asked = discord.slash(MIA_HERE, 'edit', edit);
  await vi.waitFor(() => expect(errors).toHaveLength(1));
  expect(code(errors[0])).toEqual([404, 10008]);
  expect(asked.original()).toBeUndefined();
  expect(asked.followups().map((message) => [message.content, message.ephemeralFor])).toEqual([['second', MIA.id]]);
});

test('an edit keeps the attachments that it lists and drops the others', async () => {
  const { discord, client } = await start();
  const { errors } = onSlash(client, async (interaction) => {
    const files = ['one.png', 'SPOILER_two.png'].map((name) => ({ attachment: PIXEL, name }));
    const reply = await interaction.reply({ files, withResponse: true });
    const [first] = reply.resource?.message?.attachments.values() ?? [];
    await interaction.editReply({
      attachments: first ? [first] : [],
      files: [{ attachment: PIXEL, name: 'three.png' }],
    });
    await interaction.editReply({ content: 'text only' });
  });
  const asked = discord.slash({ user: 'mia', channel: 'dm' }, 'edit', edit);
  const reply = await asked.until((message) => message.content === 'text only');
  expect(errors).toEqual([]);
  expect(reply.attachments.map((file) => [file.filename, file.spoiler])).toEqual([
    ['one.png', false],
    ['three.png', false],
  ]);
  expect(discord.visible('dm-mia', 'mia')).toEqual([reply]);
  expect(discord.violations).toEqual([]);
});

test('answers that come late, twice, too early or after the token expired', async () => {
  const { discord, client } = await start({ acknowledgeMs: 150 });
  const codes: unknown[] = [];
  const note = (call: Promise<unknown>) => call.catch((error) => codes.push(code(error)));
  onSlash(client, async (interaction) => {
    if (interaction.options.getString('prompt') === 'late') {
      await pause(250);
      return note(interaction.deferReply());
    }
    const path = `/interactions/${interaction.id}/${interaction.token}/callback` as const;
    await note(
      client.rest.patch(`/webhooks/${interaction.applicationId}/${interaction.token}/messages/@original`, {
        body: { content: 'x' },
        auth: false,
      }),
    );
    await interaction.deferReply();
    await note(client.rest.post(path, { body: { type: 5 }, auth: false }));
    discord.expireToken(asked);
    return note(interaction.editReply('x'));
  });
  let asked = discord.slash(MIA_HERE, 'edit', edit);
  await vi.waitFor(() =>
    expect(codes).toEqual([
      [404, 10015],
      [400, 40060],
      [401, 50027],
    ]),
  );
  asked = discord.slash(MIA_HERE, 'edit', { ...edit, prompt: 'late' });
  await expect(asked.acknowledged).rejects.toThrow('did not respond');
  await vi.waitFor(() => expect(codes[3]).toEqual([404, 10062]));
  expect(discord.violations.map(({ rule }) => rule)).toEqual(['acknowledged-twice', 'acknowledged-late']);
});
