// What Discord and Runflow allow is allowed to all processes together: three on one Redis ask for no more than one would,
// and what one of them is told, all of them heed.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { rateLimited } from '../../sandbox/discord/discord.ts';
import { findFreePort } from '../../sandbox/free-port.ts';
import { systemClock } from '../../src/clock.ts';
import { createMessenger, type Messenger } from '../../src/discord/messenger.ts';
import { createPaced } from '../../src/discord/paced.ts';
import { createTransport } from '../../src/discord/transport.ts';
import { createRedisStore } from '../../src/store/redis.ts';
import { createLocalThrottle, type Throttle } from '../../src/store/throttle.ts';
import { createLab, type Lab } from '../lab.ts';
import { noRedis, type RedisServer, startRedis } from '../redis-server.ts';

let redis: RedisServer | undefined;
beforeAll(async () => {
  if (!noRedis) redis = await startRedis();
});
const closing: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await redis?.kill();
});

/** What a process talks to Discord with. */
async function createProcess(lab: Lab, storeUrl: string): Promise<Messenger & { throttle: Throttle }> {
  const store = await createRedisStore(storeUrl);
  const transport = createTransport();
  closing.push(() => store.close(), transport.close);
  const { throttle } = store;
  const makeRequest = createPaced({ makeRequest: transport.makeRequest, throttle, clock: systemClock });
  return { ...createMessenger({ token: 'sandbox-token', apiUrl: lab.discord.url, makeRequest }), throttle };
}

it.skipIf(noRedis)('three processes send Discord no more than it takes a second, in all', async () => {
  const lab = await createLab({ idle: true });
  const url = redis?.url() ?? '';
  const processes = await Promise.all([1, 2, 3].map(() => createProcess(lab, url)));
  const channel = lab.discord.world.channel('general').id;
  const began = performance.now();
  await Promise.all(
    processes.flatMap((messenger) => Array.from({ length: 30 }, () => messenger.isAgeRestricted(channel))),
  );
  const tookMs = performance.now() - began;
  // Each by itself would have sent all of its own at once. A machine that stands still for a moment may send a few too many.
  expect(lab.discord.invalidRequests()).toBeLessThan(5);
  expect(tookMs).toBeGreaterThan((90 - 5) * 25 - 50);
  expect(tookMs).toBeLessThan(6_000);
});

it.skipIf(noRedis)('when Discord lets the bot as a whole pause, all processes do', async () => {
  const lab = await createLab({ idle: true });
  const url = redis?.url() ?? '';
  const [one, other] = await Promise.all([createProcess(lab, url), createProcess(lab, url)]);
  const channel = lab.discord.world.channel('general').id;
  lab.discord.standIn.fault({ path: /channels/, ...rateLimited(1, { global: true }) });
  const first = one.isAgeRestricted(channel);
  const pausedMs = async () => (await other.throttle.take('discord', { most: 1, everyMs: 0 }, 0)).waitMs;
  await expect.poll(pausedMs, { interval: 10 }).toBeGreaterThan(100);
  const began = performance.now();
  await other.isAgeRestricted(channel);
  expect(performance.now() - began).toBeGreaterThan(500);
  await first;
  expect(lab.discord.standIn.requests).toHaveLength(3);
  // A longer pause is told to whoever asks.
  lab.discord.standIn.fault({ path: /channels/, ...rateLimited(60, { global: true }) });
  await expect(one.isAgeRestricted(channel)).rejects.toMatchObject({ kind: 'later' });
  const refused = await other.isAgeRestricted(channel).catch((error: unknown) => error);
  expect(refused).toMatchObject({ kind: 'later', retryAfterMs: expect.any(Number) });
  expect(lab.discord.standIn.requests).toHaveLength(4);
});

it('a pause of the bot as a whole holds up no reply, which does not count', async () => {
  const lab = await createLab({ idle: true });
  const transport = createTransport();
  closing.push(transport.close);
  const throttle = createLocalThrottle(systemClock);
  const makeRequest = createPaced({ makeRequest: transport.makeRequest, throttle, clock: systemClock });
  const messenger = createMessenger({ token: 'sandbox-token', apiUrl: lab.discord.url, makeRequest });
  await throttle.pause('discord', 60_000);
  const asked = messenger.isAgeRestricted(lab.discord.world.channel('general').id);
  await expect(asked).rejects.toMatchObject({ kind: 'later', retryAfterMs: expect.any(Number) });
  const reply = { applicationId: lab.discord.world.application.id, token: 'expired' };
  await expect(messenger.editReply(reply, { text: 'sepia' })).rejects.toMatchObject({ kind: 'reply-gone' });
  expect(lab.discord.standIn.requests).toHaveLength(1);
});

it.skipIf(noRedis)('when Runflow is used up or refuses one process, no other asks before its time', async () => {
  const lab = await createLab({ idle: true, env: { STORE_URL: redis?.url() ?? '' } });
  for (let index = 0; index < 3; index += 1) {
    lab.env.PORT = String(await findFreePort());
    await lab.start();
  }
  const headers = { 'retry-after': '1' };
  const body = { code: 'RATE_LIMITED', message: 'slow down' };
  lab.runflow.standIn.fault({ method: 'POST', path: /runs$/, kind: 'answer', status: 429, headers, body });
  const creates = () =>
    lab.runflow.standIn.requests.filter(({ method, path }) => method === 'POST' && /runs$/.test(path));
  const refused = lab.edit('sepia');
  await lab.until('refused', () => lab.logs.some(({ msg }) => msg.startsWith('create request not taken')));
  const asked = Array.from({ length: 9 }, () => lab.edit('blur'));
  await Promise.all([refused, ...asked].map((interaction) => interaction.replied()));
  const [first = 0, ...later] = creates().map(({ at }) => at);
  expect(later).toHaveLength(10);
  for (const at of later) expect(at - first).toBeGreaterThan(950);
});
