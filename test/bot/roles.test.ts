// Processes with a role: gateways hear and answer people, workers do what takes time, and either may be called back.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findFreePort } from '../../sandbox/free-port.ts';
import type { App } from '../../src/app.ts';
import type { Role } from '../../src/part.ts';
import { createLab, type Lab } from '../lab.ts';
import { noRedis, type RedisServer, startRedis } from '../redis-server.ts';
import { otto } from '../support.ts';
import { controls, holdOne, reject } from './review-cards.ts';

let redis: RedisServer | undefined;
beforeAll(async () => {
  if (!noRedis) redis = await startRedis();
});
afterAll(() => redis?.kill());

type Started = { app: App; url: string };

/** @param calledBack whether Runflow's callbacks come to this process */
async function startAs(lab: Lab, role: Role, calledBack = false): Promise<Started> {
  const port = calledBack ? new URL(lab.url).port : String(await findFreePort());
  Object.assign(lab.env, { ROLE: role, PORT: port });
  return { app: await lab.start(), url: `http://127.0.0.1:${port}` };
}
const createCluster = (more: { callbacks?: boolean } = {}) =>
  createLab({ ...more, idle: true, env: { STORE_URL: redis?.url() ?? '' } });
const ready = async ({ url }: Started) => (await fetch(`${url}/readyz`)).status;

describe.skipIf(noRedis)('gateways and workers on one Redis', () => {
  it.each([
    { callbacks: true, calledBack: 'gateway' },
    { callbacks: true, calledBack: 'worker' },
    { callbacks: false, calledBack: 'nobody' },
  ])('do an edit together (callbacks: $callbacks, to the $calledBack)', async ({ callbacks, calledBack }) => {
    const lab = await createCluster({ callbacks });
    const gateway = await startAs(lab, 'gateway', calledBack === 'gateway');
    const early = lab.edit('sepia');
    await early.acknowledged;
    // Nobody works yet.
    expect(lab.runs()).toHaveLength(0);
    const worker = await startAs(lab, 'worker', calledBack === 'worker');
    expect(worker.app.servers).toBe(1);
    expect(lab.discord.sessions()).toBe(1);
    expect([await ready(gateway), await ready(worker)]).toEqual([200, 200]);
    expect((await early.replied()).attachments).toHaveLength(1);
    const began = performance.now();
    expect((await lab.edit('blur').replied()).attachments).toHaveLength(1);
    // Handed over at once, not found by a search.
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(lab.runs()).toHaveLength(2);
    // The gateway has told its requester, so nobody has to ask Discord whether it did.
    const { requests } = lab.discord.standIn;
    expect(requests.filter(({ method, path }) => method === 'GET' && path.includes('%40original'))).toEqual([]);
  });

  it('a worker delivers what was asked of a gateway that is gone, also when its token has expired', async () => {
    const lab = await createCluster();
    const gateway = await startAs(lab, 'gateway');
    const asked = [lab.edit('sepia'), lab.edit('blur')];
    await Promise.all(asked.map(({ acknowledged }) => acknowledged));
    await gateway.app.stop();
    expect(lab.discord.sessions()).toBe(0);
    const [, late] = asked;
    if (late) lab.discord.expireToken(late);
    await startAs(lab, 'worker', true);
    await lab.until('both', () => lab.results().length === 2);
    expect(lab.discord.sessions()).toBe(0);
  });

  it('what a moderator decides at a gateway, a worker does', async () => {
    const lab = await createCluster();
    await startAs(lab, 'gateway');
    await startAs(lab, 'worker', true);
    await lab.discord.slash(otto, 'settings', { 'review-channel': { channel: 'review' } }, 'moderation').replied();
    const { edit, card } = await holdOne(lab);
    expect(await reject(lab, otto, card, { reason: 'nsfw' })).toBe('Rejected.');
    await lab.until('told', () => edit.original()?.content === 'A moderator decided not to show this result.');
    await lab.until('closed', () => controls(card).length === 1);
  });
});

it('a worker says what is wrong with its token, and waits for a Discord that is away', async () => {
  if (noRedis) return;
  const lab = await createCluster();
  lab.discord.standIn.fault({ path: /applications\/@me/, kind: 'answer', status: 503, times: 1 });
  const worker = await startAs(lab, 'worker');
  expect(await ready(worker)).toBe(200);
  lab.env.DISCORD_TOKEN = 'wrong';
  await expect(startAs(lab, 'worker')).rejects.toThrow(/^DISCORD_TOKEN: /);
  lab.discord.violations.length = 0;
});
