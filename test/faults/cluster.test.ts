// Several processes on one Redis on a bad day: one of them is killed every few seconds and replaced, and Redis is started
// anew in between. Every edit that was taken is billed once and shown once; what was not taken costs nothing.
// CLUSTER_EDITS=1000 npm test -- test/faults/cluster asks for more of them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { BotProcess } from '../../sandbox/bot.ts';
import type { Interaction } from '../../sandbox/discord/discord.ts';
import { findFreePort } from '../../sandbox/free-port.ts';
import { type Lab, stamp } from '../lab.ts';
import { noRedis, type RedisServer, startRedis } from '../redis-server.ts';
import { mia, pause } from '../support.ts';
import { expectOnce, inLab, runsOf, shown, startBotProcess } from './own-lab.ts';

const edits = Number(process.env.CLUSTER_EDITS ?? 150);
const processes = 4;
const perSecond = 15;
const killEveryMs = 2_500;
/** With so many processes on few processors, what a killed one had sent arrives late. */
const doubtMs = 8_000;

/** Processes of which one is killed again and again, and replaced by a new one at the same address. */
async function startCluster(lab: Lab) {
  // The callbacks arrive at the first.
  const ports = [lab.env.PORT ?? ''];
  while (ports.length < processes) ports.push(String(await findFreePort()));
  const launch = (port: string) => startBotProcess({ ...lab.env, PORT: port }, 1_500, undefined, doubtMs);
  const bots: BotProcess[] = ports.map(launch);
  await Promise.all(bots.map((bot) => bot.ready(60_000)));
  let killed = 0;
  let replaced = Promise.resolve<unknown>(undefined);
  return {
    async killOne(): Promise<void> {
      // As many as are meant to run, also on a busy machine.
      await replaced;
      const index = killed % processes;
      killed += 1;
      await bots[index]?.stop('SIGKILL');
      const bot = launch(ports[index] ?? '');
      bots[index] = bot;
      replaced = bot.ready(60_000).catch(() => {});
    },
    killed: () => killed,
    stop: () => Promise.all(bots.map((bot) => bot.stop('SIGKILL'))),
  };
}

/** Whether its requester knows by now what became of it, or Discord has told them that nobody answered. */
function isOver(lab: Lab, interaction: Interaction): boolean {
  if (shown(lab, interaction.id).length > 0) return true;
  return runsOf(lab, interaction.id).length === 0 && !interaction.original()?.loading;
}

async function askForMany(lab: Lab, redis: RedisServer, kill: () => Promise<void>): Promise<Interaction[]> {
  const asked: Interaction[] = [];
  const began = performance.now();
  let killing: Promise<void> | undefined;
  let killAt = killEveryMs;
  let restarted = false;
  const under: Promise<void>[] = [];
  while (asked.length < edits) {
    const elapsed = performance.now() - began;
    while (asked.length < edits && asked.length < (elapsed * perSecond) / 1_000) {
      asked.push(lab.discord.slash(mia, 'edit', { image: stamp, prompt: 'sepia' }));
    }
    if (elapsed > killAt && !killing) {
      killing = kill().finally(() => {
        killing = undefined;
        killAt = performance.now() - began + killEveryMs;
      });
    }
    if (!restarted && asked.length > edits / 2) {
      restarted = true;
      under.push(redis.kill().then(() => redis.restart()));
    }
    await pause(10);
  }
  await Promise.all([...under, killing]);
  return asked;
}

it.skipIf(noRedis)(
  'four processes that die one after the other, and a Redis that restarts: each edit once, or not at all',
  { timeout: 240_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'darkroom-redis-'));
    const redis = await startRedis(['--dir', folder, '--appendonly', 'yes', '--appendfsync', 'always']);
    try {
      await inLab({ idle: true, env: { STORE_URL: redis.url() }, runflow: { runMs: 400 } }, async (lab) => {
        const cluster = await startCluster(lab);
        try {
          const asked = await askForMany(lab, redis, cluster.killOne);
          await lab.until('all are over', () => asked.every((interaction) => isOver(lab, interaction)), 60_000);
          const paid = asked.filter(({ id }) => runsOf(lab, id).length > 0);
          for (const interaction of paid) expectOnce(lab, interaction);
          // Those that a process took with it before they were saved, or that no store could take.
          const unpaid = asked.filter(({ id }) => runsOf(lab, id).length === 0);
          for (const { id } of unpaid) expect(shown(lab, id)).toEqual([]);
          expect(paid.length).toBeGreaterThan(edits * 0.8);
          expect(cluster.killed()).toBeGreaterThan(1);
        } finally {
          await cluster.stop();
          // A request that a kill cut may reach Discord in two pieces of time: that is the kill's doing.
          lab.discord.violations.length = 0;
        }
      });
    } finally {
      await redis.kill();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
