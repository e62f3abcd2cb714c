// Limits where processes share a store or die: two bots that hear every interaction start no more than is left, and what
// was given back right before a crash is given back once.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findFreePort } from '../../sandbox/free-port.ts';
import { createModeratedLab } from '../bot/review-cards.ts';
import { createLab, type Lab } from '../lab.ts';
import { noRedis, type RedisServer, startRedis } from '../redis-server.ts';
import { at, mia, otto, pause, privateText } from '../support.ts';
import { startBotProcess } from './own-lab.ts';

let redis: RedisServer | undefined;
beforeAll(async () => {
  if (!noRedis) redis = await startRedis();
});
afterAll(() => redis?.kill());

const limit = (lab: Lab, perDay: number) =>
  privateText(lab.discord.slash(otto, 'settings', { 'per-day': perDay }, 'limits'));

describe.concurrent('limits', { timeout: 60_000 }, () => {
  const stores = noRedis ? ['SQLite'] : ['SQLite', 'Redis'];
  it.each(stores)('hold over two processes on one store (%s)', async (store) => {
    const env: Record<string, string> = store === 'Redis' && redis ? { STORE_URL: redis.url() } : {};
    const lab = await createLab({ idle: true, closeMyself: true, discord: { acknowledgeMs: 20_000 }, env });
    const bots = [startBotProcess(lab.env), startBotProcess({ ...lab.env, PORT: String(await findFreePort()) })];
    try {
      await Promise.all(bots.map((bot) => bot.ready()));
      expect(await limit(lab, 3)).toContain('Saved');
      const all = Array.from({ length: 50 }, () => lab.edit('sepia'));
      const answers = await Promise.all(all.map(({ acknowledged }) => acknowledged));
      expect(answers.filter(({ ephemeral }) => !ephemeral)).toHaveLength(3);
      await lab.until('three pictures', () => lab.results().length === 3);
      await pause(300);
      expect(lab.runs()).toHaveLength(3);
    } finally {
      await Promise.all(bots.map((bot) => bot.stop('SIGKILL')));
      lab.discord.violations.length = 0;
      await lab.close();
    }
  });

  it('give back once what a process that died had just given back', async () => {
    const lab = await createModeratedLab(
      { perDay: 2 },
      { idle: true, closeMyself: true, discord: { acknowledgeMs: 20_000 } },
    );
    const bots = [startBotProcess(lab.env, 600, 'paid-allowance')];
    try {
      await bots[0]?.ready();
      lab.edit('sepia [failed]').acknowledged.catch(() => {});
      await lab.until('the crash', () => bots[0]?.child.signalCode === 'SIGKILL');
      const second = startBotProcess(lab.env, 600);
      bots.push(second);
      await second.ready();
      await lab.until('it is told', () => JSON.stringify(lab.discord.visible('general', 'mia')).includes('failed'));
      const next = await Promise.all(
        Array.from({ length: 6 }, () => lab.edit('sepia', {}, at(mia, 'general')).acknowledged),
      );
      expect(next.filter(({ ephemeral }) => !ephemeral)).toHaveLength(2);
      await lab.until('two pictures', () => lab.results().length === 2);
    } finally {
      await Promise.all(bots.map((bot) => bot.stop('SIGKILL')));
      await lab.close();
    }
  });
});
