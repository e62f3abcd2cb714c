// The Discord stand-in, met by the client library that the bot uses: what it accepts, refuses, shows and replays.
import {
  ActionRowBuilder,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  type Interaction as BotInteraction,
  ButtonBuilder,
  ButtonStyle,
  type ChatInputCommandInteraction,
  Client,
  DiscordAPIError,
  Events,
  GatewayIntentBits,
  MessageFlags,
  TextInputStyle,
} from 'discord.js';
import { afterEach, expect, test, vi } from 'vitest';
import { createDiscord, type Discord, type DiscordOptions, rateLimited } from '../../sandbox/discord/discord.ts';
import { GENERAL, GUILD, MIA, NOAH } from '../../sandbox/discord/world.ts';

const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=',
  'base64',
);
const PICTURE = { name: 'a cat.png', type: 'image/png', bytes: PIXEL };
const MIA_HERE = { user: 'mia', channel: 'general' };
const NOAH_HERE = { user: 'noah', channel: 'general' };

const COMMANDS = [
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

const open: (() => Promise<unknown>)[] = [];
const failures: unknown[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
  expect(failures.splice(0)).toEqual([]);
});

async function start(options: DiscordOptions = {}): Promise<{ discord: Discord; client: Client<true> }> {
  const discord = await createDiscord(options);
  open.push(discord.close);
  // The library's own limit of 50 requests a second would hide how quick the stand-in is.
  const rest = { api: discord.url, retries: 0, globalRequestsPerSecond: 10_000 };
  const client = new Client({ intents: [GatewayIntentBits.Guilds], rest });
  client.on(Events.Error, (error) => failures.push(error));
  open.push(() => client.destroy());
  const ready = new Promise<Client<true>>((resolve) => client.once(Events.ClientReady, resolve));
  await client.login('sandbox-token');
  const bot = await ready;
  await bot.rest.put(`/applications/${bot.application.id}/commands`, { body: COMMANDS });
  return { discord, client: bot };
}

function onSlash(
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

const edit = { image: PICTURE, prompt: 'make it blue' };
const code = (error: unknown) => (error instanceof DiscordAPIError ? [error.status, error.code] : error);

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

test('refuses a wrong token', async () => {
  const discord = await createDiscord();
  open.push(discord.close);
  const answer = await fetch(`${discord.url}/v10/users/@me`, { headers: { authorization: 'Bot wrong' } });
  expect([answer.status, await answer.json()]).toEqual([401, { message: '401: Unauthorized', code: 0 }]);
  const socket = new WebSocket(`${discord.url.replace('http', 'ws').replace('/api', '/gateway/')}?v=10&encoding=json`);
  const closed = new Promise<number>((resolve) => {
    socket.onclose = (event) => resolve(event.code);
  });
  socket.onopen = () => socket.send(JSON.stringify({ op: 2, d: { token: 'wrong', intents: 1, properties: {} } }));
  expect(await closed).toBe(4004);
  expect(discord.invalidRequests()).toBe(1);
});

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
      await new Promise((resolve) => setTimeout(resolve, 250));
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

test('an enforced nonce makes one message of two, and only what is allowed is pinged', async () => {
  const { discord, client } = await start();
  const send = (content: string, more: object = {}) => {
    return client.rest.post(`/channels/${GENERAL.id}/messages`, {
      body: { content, nonce: 'n1', enforce_nonce: true, ...more },
    });
  };
  const text = `<@${MIA.id}> <@${NOAH.id}> @everyone`;
  const first = await send(text, { allowed_mentions: { parse: [], users: [MIA.id] } });
  expect(await send('again')).toEqual(first);
  expect(discord.messages('general').map((message) => message.mentions)).toEqual([[MIA.id]]);
  expect(discord.violations).toEqual([]);
  await send(text, { nonce: 'n2' });
  expect(discord.violations.map(({ rule }) => rule)).toEqual(['unasked-mention']);
});

test('sizes and forms are held to Discord’s limits', async () => {
  const { discord, client } = await start({ uploadLimit: 1000 });
  const send = (body: object, files: { name: string; data: Buffer }[] = []) => {
    return client.rest.post(`/channels/${GENERAL.id}/messages`, { body, files }).then(() => 'sent', code);
  };
  expect(await send({}, [{ name: 'a.png', data: Buffer.alloc(1001) }])).toEqual([413, 40005]);
  expect(await send({})).toEqual([400, 50006]);
  expect(await send({ content: 'x'.repeat(2001) })).toEqual([400, 50035]);
  expect(await send({ content: 'x', nonce: 'n'.repeat(26) })).toEqual([400, 50035]);
  expect(await send({ content: 'x', flags: 32_768 })).toEqual([400, 50035]);
  expect(await send({ components: [{ type: 10, content: 'x' }] })).toEqual([400, 50035]);
  expect(await send({ flags: 32_768, components: [{ type: 10, content: 'x'.repeat(4001) }] })).toEqual([400, 50035]);
  const gallery = { type: 12, items: [{ media: { url: 'attachment://a.png' } }] };
  expect(await send({ flags: 32_768, components: [gallery] })).toEqual([400, 50035]);
  expect(discord.violations.every(({ rule }) => rule === 'invalid-form')).toBe(true);
  expect(await send({ flags: 32_768, components: [gallery] }, [{ name: 'a.png', data: PIXEL }])).toBe('sent');
  const answer = await fetch(`${discord.url}/v10/channels/${GENERAL.id}/messages`, {
    method: 'POST',
    headers: { authorization: 'Bot sandbox-token', 'content-type': 'application/json' },
    body: JSON.stringify({
      components: [{ type: 1, components: [{ type: 2, style: 1, custom_id: 'c'.repeat(101) }] }],
    }),
  });
  expect(await answer.json()).toEqual({
    message: 'Invalid Form Body',
    code: 50035,
    errors: {
      components: {
        0: {
          components: {
            0: { custom_id: { _errors: [{ code: 'BASE_TYPE_MAX_LENGTH', message: expect.stringContaining('100') }] } },
          },
        },
      },
    },
  });
});

test('commands that break the rules are not registered', async () => {
  const { discord, client } = await start();
  const put = (body: unknown[]) =>
    client.rest.put(`/applications/${client.application.id}/commands`, { body }).then(() => 'put', code);
  const option = { type: 3, name: 'a', description: 'A' };
  expect(await put([{ name: 'Loud', description: 'x' }])).toEqual([400, 50035]);
  expect(await put([{ name: 'x', description: 'x'.repeat(101) }])).toEqual([400, 50035]);
  expect(
    await put([{ name: 'x', description: 'x', options: [option, { ...option, name: 'b', required: true }] }]),
  ).toEqual([400, 50035]);
  expect(discord.commands()).toHaveLength(3);
  const [before] = discord.commands();
  expect(await put(COMMANDS)).toBe('put');
  expect(discord.commands()[0]).toEqual(before);
});

test('permissions, closed DMs and vanished channels answer as Discord does', async () => {
  const { discord, client } = await start();
  const send = (channel: string) => {
    const id = discord.world.channel(channel).id;
    return client.rest.post(`/channels/${id}/messages`, { body: { content: 'x' } }).then(() => 'sent', code);
  };
  discord.deny('general', 'SEND_MESSAGES_IN_THREADS');
  expect(await send('general')).toBe('sent');
  expect(await send('general-thread')).toEqual([403, 50013]);
  discord.allow('general');
  expect(await send('general-thread')).toBe('sent');
  discord.deny('lounge', 'VIEW_CHANNEL');
  expect(await send('lounge')).toEqual([403, 50001]);
  const dm = await client.users.createDM(MIA.id);
  await dm.send('hello');
  expect(discord.visible('dm', 'mia').map((message) => message.content)).toEqual(['hello']);
  discord.closeDms('mia');
  expect(await dm.send('hello').catch(code)).toEqual([403, 50007]);
  const { id } = discord.world.channel('general');
  discord.deleteChannel('general');
  expect(await client.rest.post(`/channels/${id}/messages`, { body: { content: 'x' } }).catch(code)).toEqual([
    404, 10003,
  ]);
  expect(discord.invalidRequests()).toBe(3);
});

test('attachment addresses expire, and reading the message again gives fresh ones', async () => {
  const { discord, client } = await start({ cdnMs: 1000 });
  const message = await client.rest.post(`/channels/${GENERAL.id}/messages`, {
    body: {},
    files: [{ name: 'a.png', data: PIXEL }],
  });
  const { url } = (message as { attachments: { url: string }[] }).attachments[0] ?? { url: '' };
  expect((await fetch(url)).status).toBe(200);
  expect((await fetch(url.replace(/hm=../, 'hm=00'))).status).toBe(404);
  await vi.waitFor(async () => expect((await fetch(url)).status).toBe(404), 3000);
  const fresh = await client.rest.post('/attachments/refresh-urls', { body: { attachment_urls: [url] } });
  const { refreshed_urls } = fresh as { refreshed_urls: { refreshed: string }[] };
  expect((await fetch(refreshed_urls[0]?.refreshed ?? '')).status).toBe(200);
  expect(discord.messages('general')).toHaveLength(1);
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

test('rate limits are waited out', async () => {
  const { discord, client } = await start();
  discord.standIn.fault({ path: /messages$/, ...rateLimited(0.3) });
  const begun = performance.now();
  await client.rest.post(`/channels/${GENERAL.id}/messages`, { body: { content: 'x' } });
  expect(performance.now() - begun).toBeGreaterThan(290);
  expect(discord.invalidRequests()).toBe(1);
  expect(discord.violations).toEqual([]);
});

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
