// What the Discord stand-in refuses: wrong tokens, forms, sizes, permissions, and what runs out.
import { expect, onTestFinished, test, vi } from 'vitest';
import { createDiscord, rateLimited } from '../../sandbox/discord/discord.ts';
import { GENERAL, MIA, NOAH, REVIEW } from '../../sandbox/discord/world.ts';
import { COMMANDS, code, PIXEL, start } from './discord-client.ts';

test('refuses a wrong token', async () => {
  const discord = await createDiscord();
  onTestFinished(discord.close);
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
  const elsewhere = { body: { content: 'there', nonce: 'n1', enforce_nonce: true } };
  expect(await client.rest.post(`/channels/${REVIEW.id}/messages`, elsewhere), 'by its author').toEqual(first);
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
  const { discord, client } = await start({ cdnMs: 2000 });
  const message = await client.rest.post(`/channels/${GENERAL.id}/messages`, {
    body: {},
    files: [{ name: 'a.png', data: PIXEL }],
  });
  const { url } = (message as { attachments: { url: string }[] }).attachments[0] ?? { url: '' };
  expect((await fetch(url)).status).toBe(200);
  // One signature in 256 begins with 00 as it is.
  const forged = url.replace(/hm=(..)/, (_whole, start: string) => `hm=${start === '00' ? '01' : '00'}`);
  expect((await fetch(forged)).status).toBe(404);
  await vi.waitFor(async () => expect((await fetch(url)).status).toBe(404), 6000);
  const fresh = await client.rest.post('/attachments/refresh-urls', { body: { attachment_urls: [url] } });
  const { refreshed_urls } = fresh as { refreshed_urls: { refreshed: string }[] };
  expect((await fetch(refreshed_urls[0]?.refreshed ?? '')).status).toBe(200);
  expect(discord.messages('general')).toHaveLength(1);
});

test('rate limits are waited out', async () => {
  const { discord, client } = await start();
  discord.standIn.fault({ path: /messages$/, ...rateLimited(0.3) });
  const begun = performance.now();
  await client.rest.post(`/channels/${GENERAL.id}/messages`, { body: { content: 'x' } });
  expect(performance.now() - begun).toBeGreaterThan(290);
  expect(discord.invalidRequests()).toBe(1);
  expect(discord.violations).toEqual([]);
});
