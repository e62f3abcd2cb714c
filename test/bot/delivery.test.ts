// Getting the picture to its place when downloads, Discord or time stand in the way.

import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { rateLimited } from '../../sandbox/discord/discord.ts';
import { postMessage } from '../faults/own-lab.ts';
import { createLab } from '../lab.ts';
import { at, mia } from '../support.ts';

const reply = { method: 'PATCH', path: /\/webhooks\/\d+\/[^/]+\/messages\/%40original/ };

describe('delivery', () => {
  it('posts a new message that pings only the requester when the token has expired by the clock', async () => {
    const lab = await createLab();
    lab.runflow.hold();
    const interaction = lab.edit('blur');
    await lab.until('the run', () => lab.runs().length === 1);
    lab.discord.expireToken(interaction);
    lab.clock.move(15 * 60_000);
    lab.runflow.release();
    await lab.until('the message', () => lab.results().length === 1);
    const [message] = lab.results();
    expect(message?.content).toMatch(/^<@\d+>\n> blur/);
    expect(message?.mentions).toEqual([lab.discord.world.user('mia').id]);
    expect(message?.nonce).toBe(interaction.id);
    const attempts = lab.discord.standIn.requests.filter(
      ({ method, path }) => method === 'PATCH' && reply.path.test(path),
    );
    expect(attempts).toEqual([]);
  });

  it('does the same when Discord says 50027 earlier than the clock', async () => {
    const lab = await createLab();
    lab.runflow.hold();
    const interaction = lab.edit('blur');
    await lab.until('the run', () => lab.runs().length === 1);
    lab.discord.expireToken(interaction);
    lab.runflow.release();
    await lab.until('the message', () => lab.results().length === 1);
    expect(lab.results()[0]?.mentions).toHaveLength(1);
  });

  it('posts a new message when the reply was deleted meanwhile', async () => {
    const lab = await createLab();
    lab.runflow.hold();
    const interaction = lab.edit('blur');
    await lab.until('the run', () => lab.runs().length === 1);
    lab.discord.deleteMessage(interaction.original()?.id ?? '');
    lab.runflow.release();
    await lab.until('the message', () => lab.results().length === 1);
  });

  it('posts a new message when the interaction could not be acknowledged', async () => {
    const lab = await createLab();
    lab.discord.standIn.fault({
      method: 'POST',
      path: /\/callback/,
      kind: 'answer',
      status: 404,
      body: { code: 10062, message: 'Unknown interaction' },
    });
    const interaction = lab.edit('blur');
    interaction.acknowledged.catch(() => {});
    await lab.until('the message', () => lab.results().length === 1);
    expect(lab.runs()).toHaveLength(1);
  });

  it('survives 429 (of the route and global), 5xx, resets and silence, and posts once', async () => {
    const lab = await createLab();
    const { standIn } = lab.discord;
    standIn.fault({ ...reply, ...rateLimited(0.3) });
    standIn.fault({ ...reply, ...rateLimited(0.3, { global: true }), skip: 1 });
    standIn.fault({ ...reply, kind: 'answer', status: 500, skip: 2 });
    standIn.fault({ ...reply, kind: 'answer', status: 502, body: '<html>', skip: 3 });
    standIn.fault({ ...reply, kind: 'reset', skip: 4 });
    standIn.fault({ ...reply, kind: 'reset-after', skip: 5 });
    const message = await lab.edit('blur').until(({ attachments }) => attachments.length > 0, 20_000);
    await lab.until('closed', () => lab.logs.some(({ msg }) => msg === 'edit delivered'));
    expect(message.attachments).toHaveLength(1);
    expect(lab.results()).toHaveLength(1);
  });

  it('posts once although the answer to a new message was lost', async () => {
    const lab = await createLab();
    lab.runflow.hold();
    const interaction = lab.edit('blur');
    await lab.until('the run', () => lab.runs().length === 1);
    lab.discord.expireToken(interaction);
    lab.discord.standIn.fault({ ...postMessage, kind: 'reset-after' });
    lab.runflow.release();
    await lab.until('closed', () => lab.logs.some(({ msg }) => msg === 'edit delivered'));
    expect(lab.results()).toHaveLength(1);
  });

  it('goes to its requester directly when the channel is gone or stays forbidden', async () => {
    const lab = await createLab();
    lab.runflow.hold();
    const first = lab.edit('blur');
    const second = lab.edit('sepia', {}, at(mia, 'lounge'));
    await lab.until('the runs', () => lab.runs().length === 2);
    lab.discord.expireToken(first);
    lab.discord.expireToken(second);
    lab.discord.deleteChannel('general');
    lab.discord.deny('lounge', 'SEND_MESSAGES');
    lab.runflow.release();
    const failures = () => lab.logs.filter(({ msg, reason }) => msg === 'edit failed' && reason === 'undeliverable');
    await lab.until('both closed', () => failures().length === 2);
    await lab.until('both sent directly', () => lab.results('dm-mia').length === 2);
    expect(failures().every(({ level }) => level === 'error')).toBe(true);
    expect(lab.results('dm-mia').every(({ content }) => content.includes('could not post your picture'))).toBe(true);
    // A right may come back, so a missing one is asked about some times.
    expect(lab.discord.invalidRequests()).toBeLessThan(20);
  });

  it('makes a result of 30 MB fit the upload limit and says so', async () => {
    const lab = await createLab();
    const message = await lab.edit('blur [huge]').replied(30_000);
    expect(message.content).toMatch(/compressed to (WEBP|JPEG) to fit the upload limit/);
    expect(message.attachments[0]?.size).toBeLessThanOrEqual(10 * 2 ** 20);
    expect((await sharp(message.attachments[0]?.bytes).metadata()).width).toBeGreaterThan(100);
  });

  it('reads the run again when an output URL has expired', async () => {
    const lab = await createLab();
    const message = await lab.edit('blur [expired]').replied();
    expect(message.attachments).toHaveLength(1);
    expect(lab.runflow.standIn.requests.some(({ path }) => /^\/v1\/runs\/[^?]+$/.test(path))).toBe(true);
  });

  it('downloads again what was cut off, and never posts half a picture', async () => {
    const lab = await createLab();
    const message = await lab.edit('blur [truncated]').replied();
    expect(await sharp(message.attachments[0]?.bytes, { failOn: 'truncated' }).stats()).toBeDefined();
  });

  it('says so when the result is not a picture', async () => {
    const lab = await createLab();
    const message = await lab.edit('blur [broken]').replied();
    expect(message.content).toContain('not a picture');
    expect(message.attachments).toEqual([]);
  });

  it('fetches nothing from private addresses unless it is told to', async () => {
    const lab = await createLab({ env: { ALLOW_INSECURE_URLS: 'false' } });
    const message = await lab.edit('blur').replied();
    expect(message.content).toContain("could not be fetched: it is at an address that I don't fetch from.");
    expect(lab.runflow.standIn.requests.filter(({ path }) => path.startsWith('/outputs/'))).toEqual([]);
    // It was to be known at the start, before anything was paid for.
    const warned = lab.logs.filter(({ variable }) => variable === 'TRUSTED_RANGES');
    expect(warned).toMatchObject([
      { level: 'error', why: expect.stringContaining('127.0.0.1 is not a public address') },
    ]);
    expect(warned[0]?.msg).toContain('name their range in TRUSTED_RANGES');
  });

  it('fetches from the private addresses that it is told to trust', async () => {
    const lab = await createLab({ env: { ALLOW_INSECURE_URLS: 'false', TRUSTED_RANGES: '10.0.0.0/8, 127.0.0.1' } });
    const message = await lab.edit('blur').replied();
    expect(message.attachments).toHaveLength(1);
    expect(lab.logs.filter(({ variable }) => variable === 'TRUSTED_RANGES')).toEqual([]);
  });

  it('gives up at once where redirects go on and on, and what is too large for anybody, each in its own words', async () => {
    const lab = await createLab();
    const output = { method: 'GET', path: /^\/outputs\//, kind: 'answer', times: 1_000 } as const;
    lab.runflow.standIn.fault({ ...output, status: 302, headers: { location: '/outputs/again' } });
    const reads = () => lab.runflow.standIn.requests.filter(({ path }) => path.startsWith('/outputs/')).length;
    expect((await lab.edit('blur').replied()).content).toContain("at an address that I don't fetch from");
    expect(reads()).toBe(4);
    lab.runflow.standIn.clearFaults();
    lab.runflow.standIn.fault({
      ...output,
      status: 200,
      body: gzipSync(Buffer.alloc(41 * 2 ** 20)),
      headers: { 'content-encoding': 'gzip', 'content-type': 'image/png' },
    });
    const large = 'The finished picture is too large for me to fetch. Try a smaller `size`. It may have 40 MiB.';
    expect((await lab.edit('blur').replied()).content).toContain(large);
    expect(reads()).toBe(5);
  });

  it('tells the member in words, with a reference that is in the log, when a command breaks', async () => {
    const lab = await createLab();
    const message = await lab.edit('blur').replied();
    const broken = { method: 'PATCH', path: /original$/, kind: 'answer', status: 400 } as const;
    lab.discord.standIn.fault({ ...broken, body: { code: 50035, message: 'Invalid Form Body' } });
    const pressed = lab.discord.press(mia, message.id, /^more:/);
    const text = (await pressed.replied()).content;
    const reference = /`(\w{8})`/.exec(text)?.[1];
    expect(lab.logs.filter((line) => line.reference === reference && line.level === 'error')).toHaveLength(1);
  });
});
