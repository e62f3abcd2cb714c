// The Discord stand-in as other libraries meet it: @discordjs/core unmodified, and what discord.py and oceanic.js send or
// compare that discord.js does not.
import { once } from 'node:events';
import { Client, GatewayDispatchEvents, GatewayIntentBits, MessageFlags } from '@discordjs/core';
import { REST } from '@discordjs/rest';
import { WebSocketManager } from '@discordjs/ws';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { createDiscord, type Discord, type DiscordOptions } from '../../sandbox/discord/discord.ts';
import { GENERAL, GUILD, MIA } from '../../sandbox/discord/world.ts';
import { COMMANDS, edit, MIA_HERE, makeRequest, PIXEL } from './discord-client.ts';

async function begin(options: DiscordOptions = {}): Promise<Discord> {
  const discord = await createDiscord(options);
  onTestFinished(discord.close);
  return discord;
}

test('@discordjs/core logs in, registers, answers with a picture and writes a message', async () => {
  const discord = await begin();
  const rest = new REST({ version: '10', api: discord.url, makeRequest }).setToken('sandbox-token');
  const gateway = new WebSocketManager({ token: 'sandbox-token', intents: GatewayIntentBits.Guilds, rest });
  onTestFinished(async () => gateway.destroy());
  const client = new Client({ rest, gateway });
  client.on(GatewayDispatchEvents.InteractionCreate, async ({ data: interaction, api }) => {
    await api.interactions.defer(interaction.id, interaction.token, { flags: MessageFlags.Ephemeral });
    await api.interactions.editReply(interaction.application_id, interaction.token, {
      content: 'done',
      files: [{ name: 'done.png', data: PIXEL, contentType: 'image/png' }],
    });
  });
  const ready = new Promise<string>((resolve) => {
    client.once(GatewayDispatchEvents.Ready, ({ data }) => resolve(data.application.id));
  });
  await gateway.connect();
  const application = await ready;
  await rest.put(`/applications/${application}/guilds/${GUILD.id}/commands`, { body: COMMANDS });
  const reply = await discord.slash(MIA_HERE, 'edit', edit).replied();
  expect([reply.content, reply.attachments[0]?.bytes.equals(PIXEL), reply.ephemeralFor]).toEqual([
    'done',
    true,
    MIA.id,
  ]);
  const { id } = await client.api.channels.createMessage(GENERAL.id, { content: 'hello' });
  expect(discord.messages('general').map((message) => message.id)).toEqual([id]);
  expect(discord.violations).toEqual([]);
});

/** A request with the bot's token, byte by byte. */
function send(discord: Discord, method: string, path: string, type: string, body: string): Promise<Response> {
  const headers = { authorization: 'Bot sandbox-token', 'content-type': type };
  return fetch(`${discord.url}/v10${path}`, { method, headers, body });
}

test('JSON comes without a charset, refusals too, and every answer tells its bucket', async () => {
  const discord = await begin();
  const headers = { authorization: 'Bot sandbox-token' };
  for (const path of ['/users/@me', '/users/7', '/guilds/7']) {
    const answer = await fetch(`${discord.url}/v10${path}`, { headers });
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('x-ratelimit-remaining')).toBe('999');
    expect(answer.headers.get('via')).toBe('1.1 google');
  }
});

test('snowflakes may be numbers, beyond what JavaScript can hold', async () => {
  const discord = await begin();
  const first = discord.post(MIA_HERE, 'hello');
  const body = `{"content":"<@${MIA.id}>","allowed_mentions":{"parse":[],"users":[${MIA.id}]},"message_reference":{"message_id":${first.id},"channel_id":${GENERAL.id}}}`;
  const answer = await send(discord, 'POST', `/channels/${GENERAL.id}/messages`, 'application/json', body);
  expect([answer.status, await answer.json()]).toEqual([
    200,
    expect.objectContaining({
      message_reference: expect.objectContaining({ message_id: first.id }),
      mentions: [expect.objectContaining({ id: MIA.id })],
    }),
  ]);
  expect(
    (await send(discord, 'POST', '/users/@me/channels', 'application/json', `{"recipient_id":${MIA.id}}`)).status,
  ).toBe(200);
  expect(discord.violations).toEqual([]);
});

test.each([
  ['an empty line', '\r\n', ''],
  ['a sentence', 'This is a message with parts.\r\n', '\r\nand its end.\r\n'],
])('a multipart body may have %s before its first part', async (_what, preamble, epilogue) => {
  const discord = await begin();
  const parts = [
    'Content-Disposition: form-data; name=payload_json\r\nContent-Type: application/json\r\n\r\n{"content":"hi","attachments":[{"id":0}]}',
    'Content-Disposition: form-data; name="files[0]"; filename="a.txt"\r\n\r\nabc',
  ];
  const body = `${preamble}${parts.map((part) => `--edge  \r\n${part}\r\n`).join('')}--edge--${epilogue}`;
  const answer = await send(
    discord,
    'POST',
    `/channels/${GENERAL.id}/messages`,
    'multipart/form-data; boundary=edge',
    body,
  );
  expect([answer.status, await answer.json()]).toEqual([
    200,
    expect.objectContaining({ content: 'hi', attachments: [expect.objectContaining({ filename: 'a.txt', size: 3 })] }),
  ]);
});

/** Identifies on a connection of its own; the name or the opcode of what comes after hello, or the close code. */
async function identify(discord: Discord, token = 'sandbox-token'): Promise<unknown> {
  const socket = new WebSocket(`${discord.standIn.origin().replace('http', 'ws')}/gateway/?v=10&encoding=json`);
  await once(socket, 'message');
  const d = { token, intents: 1, properties: { os: 'linux', browser: 'test', device: 'test' } };
  socket.send(JSON.stringify({ op: 2, d }));
  const answer = await new Promise((resolve) => {
    socket.once('message', (raw) => {
      const { op, t, d: said } = JSON.parse(String(raw));
      resolve(t ?? [op, said]);
    });
    socket.once('close', resolve);
  });
  socket.close();
  return answer;
}

const startLimit = async (discord: Discord): Promise<Record<string, number>> => {
  const headers = { authorization: 'Bot sandbox-token' };
  const answer = await fetch(`${discord.url}/v10/gateway/bot`, { headers });
  return Object(await answer.json()).session_start_limit;
};

test('sessions are counted, and a second IDENTIFY within five seconds is refused', async () => {
  const discord = await begin();
  expect(await startLimit(discord)).toMatchObject({ total: 1000, remaining: 1000, max_concurrency: 1 });
  expect(await identify(discord, 'Bot sandbox-token')).toBe('READY');
  expect(await identify(discord)).toEqual([9, false]);
  expect(await identify(discord, 'Bot wrong')).toBe(4004);
  const { remaining, reset_after } = await startLimit(discord);
  expect(remaining).toBe(998);
  expect(reset_after).toBeLessThan(86_400_000);
});

test('whoever identifies more than a thousand times a day is locked out', async () => {
  const discord = await begin({ identifyEveryMs: 0, startsADay: 3 });
  for (let start = 0; start < 3; start += 1) expect(await identify(discord)).toBe('READY');
  expect(await startLimit(discord)).toMatchObject({ total: 3, remaining: 0 });
  expect(await identify(discord)).toBe(4004);
  expect(discord.violations.map(({ rule }) => rule)).toEqual(['session-start-limit']);
});
