// Redis away for longer than anybody waits, started anew while processes start, and cut off from one of two processes:
// all of them come back by themselves, and each edit is billed once and shown once.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Interaction } from '../../sandbox/discord/discord.ts';
import { findFreePort } from '../../sandbox/free-port.ts';
import { createProxy } from '../redis-proxy.ts';
import { noRedis, startRedis } from '../redis-server.ts';
import { pause } from '../support.ts';
import { delivered, expectOnce, inLab, runsOf, shown, startBotProcess } from './own-lab.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** `AWAY_SECONDS=30` has it away as long as a server that is replaced. */
const awayMs = Number(process.env.AWAY_SECONDS ?? 6) * 1_000;

/** A server that keeps every write, also over its own end. */
async function launch() {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-redis-'));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  const redis = await startRedis(['--dir', folder, '--appendonly', 'yes', '--appendfsync', 'always']);
  closing.push(() => redis.kill());
  return redis;
}

describe.skipIf(noRedis)('a Redis that is away', { timeout: 120_000 }, () => {
  it('for long: edits are refused in time and in words, what was under way goes on afterwards', async () => {
    const redis = await launch();
    await inLab({ env: { STORE_URL: redis.url() } }, async (lab) => {
      const ready = async () => (await fetch(`${lab.url}/readyz`)).status;
      lab.runflow.hold();
      const before = [lab.edit('blur'), lab.edit('sepia')];
      await lab.until('the runs', () => lab.runs().length === 2);
      await pause(200);
      await redis.kill();
      // Their ends are told meanwhile, and nobody can keep them.
      lab.runflow.release();
      const refused: Interaction[] = [];
      const until = Date.now() + awayMs;
      while (Date.now() < until) {
        const interaction = lab.edit('invert');
        refused.push(interaction);
        const { tookMs } = await interaction.acknowledged;
        expect(tookMs).toBeLessThan(3_000);
        await pause(300);
      }
      expect(await ready()).toBe(503);
      await redis.restart();
      await expect.poll(ready, { timeout: 10_000 }).toBe(200);
      const after = lab.edit('blur');
      await delivered(lab, [...before, after]);
      for (const interaction of [...before, after]) expectOnce(lab, interaction);
      for (const interaction of refused) {
        expect(interaction.original()?.content).toContain('Nothing was charged');
        expect(runsOf(lab, interaction.id)).toEqual([]);
      }
    });
  });

  it('while processes start: they wait for it, none of them ends', async () => {
    const redis = await launch();
    await inLab({ idle: true, env: { STORE_URL: redis.url() } }, async (lab) => {
      const bots = [];
      for (let index = 0; index < 4; index += 1) {
        bots.push(startBotProcess({ ...lab.env, PORT: String(await findFreePort()) }));
        // At another moment of its start each.
        await pause(150);
      }
      try {
        for (let round = 0; round < 3; round += 1) {
          await redis.kill();
          await pause(250);
          await redis.restart();
          await pause(150);
        }
        await Promise.all(bots.map((bot) => bot.ready(30_000)));
        const interaction = lab.edit('sepia');
        await lab.until('the picture', () => shown(lab, interaction.id).length === 1);
        expect(bots.map((bot) => bot.child.exitCode)).toEqual([null, null, null, null]);
      } finally {
        await Promise.all(bots.map((bot) => bot.stop('SIGKILL')));
        lab.discord.violations.length = 0;
      }
    });
  });

  it('for one of two processes: the other takes over what that one had, and both go on when it is back', async () => {
    const redis = await launch();
    const url = redis.url();
    const proxy = await createProxy(new URL(url));
    closing.push(() => proxy.close());
    await inLab({ idle: true, callbacks: false, env: { STORE_URL: url }, runflow: { runMs: 300 } }, async (lab) => {
      const port = String(await findFreePort());
      const cutOff = startBotProcess({ ...lab.env, STORE_URL: proxy.url, PORT: port });
      const ready = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status;
      await cutOff.ready(30_000);
      lab.runflow.hold();
      const early = Array.from({ length: 8 }, () => lab.edit('sepia'));
      await lab.until('the runs', () => lab.runs().length === early.length);
      const other = startBotProcess(lab.env);
      await other.ready(30_000);
      try {
        proxy.cut();
        lab.runflow.release();
        await lab.until('the pictures of the first', () => early.every(({ id }) => shown(lab, id).length > 0));
        // Heard by both; the one that is cut off cannot know who answers.
        const late = Array.from({ length: 8 }, () => lab.edit('blur'));
        await Promise.all(late.map(({ acknowledged }) => acknowledged));
        expect(await ready()).toBe(503);
        proxy.mend();
        await lab.until('the other goes on alone', () => late.every(({ original }) => !original()?.loading));
        await expect.poll(ready, { timeout: 10_000 }).toBe(200);
        await other.stop('SIGKILL');
        const last = lab.edit('invert');
        await lab.until('the last picture', () => shown(lab, last.id).length > 0);
        expectOnce(lab, last);
        for (const interaction of early) expectOnce(lab, interaction);
        for (const { id } of late) expect(shown(lab, id).length).toBe(runsOf(lab, id).length);
      } finally {
        await Promise.all([cutOff.stop('SIGKILL'), other.stop('SIGKILL')]);
        lab.discord.violations.length = 0;
      }
    });
  });
});
