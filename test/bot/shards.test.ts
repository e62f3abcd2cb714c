// Shards: which of them a process opens, that each hears what is its own, and that log-ins keep Discord's pace, also of
// sixteen processes that are started anew one after the other.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { findFreePort } from '../../sandbox/free-port.ts';
import type { App } from '../../src/app.ts';
import { StartError } from '../../src/errors.ts';
import { createLab, type Lab, stamp } from '../lab.ts';
import { noRedis, type RedisServer, startRedis } from '../redis-server.ts';
import { at, mia } from '../support.ts';

let redis: RedisServer | undefined;
beforeAll(async () => {
  if (!noRedis) redis = await startRedis();
});
afterAll(() => redis?.kill());

/** On shard 7 of 16, and on shard 1 of 2, 3 and 6; direct messages are on shard 0. */
const guildId = '1457660142580400128';

const opened = (lab: Lab) =>
  lab.discord
    .shards()
    .map(([id]) => id)
    .sort((one, other) => one - other);
const range = (count: number) => Array.from({ length: count }, (_, id) => id);
const gatewayBot = async (lab: Lab) => {
  const headers = { authorization: 'Bot sandbox-token' };
  const limit = z.object({ session_start_limit: z.object({ remaining: z.number() }) });
  return limit.parse(await (await fetch(`${lab.discord.url}/v10/gateway/bot`, { headers })).json());
};
const started = async (lab: Lab) => 1_000 - (await gatewayBot(lab)).session_start_limit.remaining;

/** In a server and in a direct message, which are other shards. */
async function expectHeard(lab: Lab): Promise<void> {
  const picture = { image: stamp, prompt: 'sepia' };
  const asked = [lab.discord.slash(mia, 'edit', picture), lab.discord.slash(at(mia, 'dm'), 'edit', picture)];
  for (const interaction of asked) expect((await interaction.replied()).attachments).toHaveLength(1);
}

describe('one process', () => {
  it.each([
    [1_500, 2],
    [15_500, 16],
  ])('in %i servers opens the %i shards that Discord recommends', async (guilds, count) => {
    const lab = await createLab({ discord: { guildId, guilds, identifyEveryMs: 10 }, timing: { identifyMs: 70 } });
    expect(opened(lab)).toEqual(range(count));
    expect(await started(lab)).toBe(count);
    await expectHeard(lab);
    expect((await fetch(`${lab.url}/readyz`)).status).toBe(200);
    expect(lab.discord.standIn.requests.filter(({ path }) => path.endsWith('/gateway/bot'))).toHaveLength(2);
    lab.discord.dropGateway();
    await lab.until('connected again', () => opened(lab).length === count);
    await expectHeard(lab);
  });

  it('hears on each shard as soon as it is there, and is ready when all are', async () => {
    const lab = await createLab({ discord: { guildId }, timing: { identifyMs: 1_500 } });
    const results = await Promise.all(
      [mia, at(mia, 'dm')].map((who) => lab.edit('sepia', {}, who).until(({ attachments }) => attachments.length > 0)),
    );
    await lab.stop();
    lab.discord.setGuilds(1_500);
    const starting = lab.start();
    await lab.until('the first', () => lab.discord.shards().length === 1);
    // Direct messages go to shard 0, the server is on shard 1.
    const who = opened(lab)[0] === 0 ? at(mia, 'dm') : mia;
    const [inServer, direct] = results.map(({ id }) => id);
    await lab.discord.press(who, (who === mia ? inServer : direct) ?? '', /^more:/).acknowledged;
    expect((await fetch(`${lab.url}/readyz`)).status).toBe(503);
    expect(lab.discord.shards()).toHaveLength(1);
    await starting;
    expect((await fetch(`${lab.url}/readyz`)).status).toBe(200);
  });

  it('opens more of them when it is in too many servers, and hears on the others meanwhile', async () => {
    const discord = { guildId, guilds: 1_500, identifyEveryMs: 100 };
    const lab = await createLab({ discord, timing: { identifyMs: 400 } });
    expect(opened(lab)).toEqual([0, 1]);
    // The server is on shard 1, which stays; the other one is told to begin anew, and is one of too few.
    lab.discord.setGuilds(5_500);
    lab.discord.dropGateway(4_009, 0);
    await lab.until('told', () => lab.logs.some(({ msg, code }) => msg.includes('for good') && code === 4011));
    expect((await lab.edit('sepia').replied()).attachments).toHaveLength(1);
    expect(lab.discord.shards().filter(([, count]) => count === 2)).toHaveLength(1);
    await lab.until('six shards', () => lab.discord.shards().filter(([, count]) => count === 6).length === 6);
    await lab.until('no others', () => lab.discord.shards().length === 6);
    await expectHeard(lab);
    expect(lab.results()).toHaveLength(2);
  });

  it('says to raise DISCORD_SHARD_COUNT where the number is given, and ends for good', async () => {
    const env = { DISCORD_SHARDS: '0,1', DISCORD_SHARD_COUNT: '2' };
    const lab = await createLab({ idle: true, env });
    lab.discord.setGuilds(4_900);
    const app = await lab.start();
    expect(lab.logs.filter(({ level }) => level === 'warn').map(({ msg }) => msg)).toEqual([
      'DISCORD_SHARD_COUNT: Discord recommends more shards than 2, and soon demands them',
    ]);
    lab.discord.setGuilds(5_001);
    lab.discord.invalidateSession();
    expect(await app.ended).toMatch(/^DISCORD_SHARD_COUNT: .* too many servers for 2 shards \(4011\)/);
    await lab.stop();
    const again = await lab.start().catch((error: unknown) => error);
    expect(again).toBeInstanceOf(StartError);
    expect(again).toMatchObject({ forGood: true, message: expect.stringMatching(/^DISCORD_SHARD_COUNT: /) });
  });

  it('takes a refusal of a good token for an error once, and not again', async () => {
    const lab = await createLab({ idle: true });
    const app = await lab.start();
    lab.discord.dropGateway(4004);
    await lab.until('gone', () => lab.logs.some(({ msg }) => msg.includes('for good')));
    await lab.until('connected', () => lab.discord.sessions() === 1);
    await expectHeard(lab);
    lab.discord.dropGateway(4004);
    expect(await app.ended).toMatch(/^DISCORD_TOKEN: /);
  });
});

describe.skipIf(noRedis)('processes on one Redis', () => {
  async function startPart(lab: Lab, env: Record<string, string>): Promise<App> {
    const PORT = String(await findFreePort());
    Object.assign(lab.env, env, { PORT });
    return lab.start();
  }

  it('sixteen of them, started together and then anew one by one, log in once each, at one pace', async () => {
    const discord = { guildId, guilds: 15_500, identifyEveryMs: 20, maxConcurrency: 4 };
    const env = { STORE_URL: redis?.url() ?? '', DISCORD_SHARD_FROM_ORDINAL: 'true', DISCORD_SHARD_COUNT: '16' };
    const lab = await createLab({ idle: true, env, discord, timing: { identifyMs: 80 } });
    const apps = await Promise.all(range(16).map((id) => startPart(lab, { HOSTNAME: `darkroom-${id}` })));
    expect(opened(lab)).toEqual(range(16));
    await expectHeard(lab);
    for (const id of range(16)) {
      await apps[id]?.stop();
      await startPart(lab, { HOSTNAME: `darkroom-${id}` });
    }
    expect(opened(lab)).toEqual(range(16));
    expect(await started(lab)).toBe(32);
    await expectHeard(lab);
  }, 60_000);

  it('register their commands once, though they start together, and what differs anew', async () => {
    const env = { STORE_URL: redis?.url() ?? '', DISCORD_SHARD_COUNT: '3' };
    const lab = await createLab({ idle: true, env });
    await Promise.all(range(3).map((id) => startPart(lab, { DISCORD_SHARDS: `${id}` })));
    const { requests } = lab.discord.standIn;
    const puts = () => requests.filter(({ method, path }) => method === 'PUT' && path.endsWith('/commands')).length;
    expect(puts()).toBe(1);
    // One of another version is not taken for one of them.
    await startPart(lab, { DISCORD_SHARDS: '0', DIRECT_MESSAGES: 'false' });
    expect(puts()).toBe(2);
  });
});
