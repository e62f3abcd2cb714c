// `node bench/scale.ts`: what docs/scale.md says of several processes on one Redis: edits a second, processor time and
// commands for each, what idle processes ask, how soon a killed one is replaced, how long a start takes.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type BotProcess, startBot } from '../sandbox/bot.ts';
import { findFreePort } from '../sandbox/free-port.ts';
import { quantile } from './figures.ts';
import type { Answer } from './protocol.ts';
import { type Redis, startRedis } from './redis.ts';
import { createStage } from './stage.ts';
import { readUsage } from './usage.ts';

const { values: flags } = parseArgs({ options: { only: { type: 'string' } } });
const wanted = (trial: string) => flags.only === undefined || flags.only.split(',').includes(trial);
const say = (line: string) => process.stdout.write(`${line}\n`);

type Role = 'all' | 'gateway' | 'worker';
const pictureBytes = 200_000;
const stage = createStage();

/** @param calledBack the port to which the callbacks of all come, if not its own */
async function launch(
  role: Role,
  { discordUrl, runflowUrl }: Answer,
  storeUrl: string,
  port: number,
  calledBack = port,
) {
  const bot = startBot({
    DISCORD_TOKEN: 'sandbox-token',
    DISCORD_API_URL: discordUrl,
    RUNFLOW_API_KEY: 'sandbox-key',
    RUNFLOW_API_URL: runflowUrl,
    PUBLIC_URL: `http://127.0.0.1:${calledBack}`,
    RUNFLOW_CALLBACK_SECRETS: 'whsec_bench',
    HOST: '127.0.0.1',
    PORT: String(port),
    ROLE: role,
    STORE_URL: storeUrl,
    ALLOW_INSECURE_URLS: 'true',
    // Where a take-over is told.
    LOG_LEVEL: wanted('takeover') ? 'debug' : 'info',
  });
  await bot.ready(60_000);
  return bot;
}

type Cluster = { bots: BotProcess[]; redis: Redis; open: Answer };

/** Runs the work with new stand-ins and these processes on a Redis, or on SQLite where there is one. */
async function withCluster(
  roles: readonly Role[],
  options: { sqlite?: boolean; runMs: number },
  work: (cluster: Cluster) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-bench-'));
  const open = await stage.give({ do: 'open', runMs: options.runMs, pictureBytes });
  const redis = await startRedis();
  const storeUrl = options.sqlite ? `sqlite://${join(folder, 'darkroom.sqlite')}` : redis.url;
  const bots: BotProcess[] = [];
  try {
    const first = await findFreePort();
    for (const role of roles) {
      bots.push(await launch(role, open, storeUrl, bots.length === 0 ? first : await findFreePort(), first));
    }
    await stage.give({ do: 'connected' });
    await work({ bots, redis, open });
  } finally {
    await Promise.all(bots.map((bot) => bot.stop('SIGKILL')));
    await redis.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const cpuOf = (pids: readonly number[]) => pids.reduce((sum, pid) => sum + readUsage(pid).cpuMs, 0);
const pidsOf = (bots: readonly BotProcess[]) => bots.map(({ child }) => child.pid ?? 0);

async function throughput(name: string, roles: readonly Role[], sqlite = false): Promise<void> {
  await withCluster(roles, { sqlite, runMs: 100 }, async ({ bots, redis }) => {
    await stage.give({ do: 'keep', inFlight: 48 });
    await stage.give({ do: 'look', ms: 4_000 });
    const before = [cpuOf(pidsOf(bots)), cpuOf([redis.pid])];
    const { tally } = await stage.give({ do: 'look', ms: 8_000 });
    const after = [cpuOf(pidsOf(bots)), cpuOf([redis.pid])];
    await stage.give({ do: 'keep', inFlight: 0 });
    await stage.give({ do: 'drain' });
    const edits = tally.posted.length;
    const [bot = 0, store = 0] = after.map((value, index) => (value - (before[index] ?? 0)) / edits);
    const perSecond = (edits / tally.elapsedMs) * 1_000;
    const others = (tally.standIns.cpuMs / edits).toFixed(1);
    say(`| ${name} | ${perSecond.toFixed(0)} | ${bot.toFixed(1)} | ${store.toFixed(2)} | ${others} |`);
    if (tally.trouble.length > 0) say(tally.trouble.slice(0, 3).join('\n'));
  });
}

if (wanted('throughput')) {
  say('| processes | edits/s | bot ms/edit | Redis ms/edit | stand-ins ms/edit |');
  await throughput('1, SQLite', ['all'], true);
  await throughput('1', ['all']);
  await throughput('1 gateway, 1 worker', ['gateway', 'worker']);
  await throughput('1 gateway, 3 workers', ['gateway', 'worker', 'worker', 'worker']);
}

if (wanted('commands')) {
  await withCluster(['gateway', 'worker', 'worker'], { runMs: 300 }, async ({ redis }) => {
    await stage.give({ do: 'steady', perSecond: 10, seconds: 2 });
    const counting = redis.count(12_000);
    await stage.give({ do: 'steady', perSecond: 10, seconds: 10 });
    const counts = await counting;
    const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
    say(`commands for each of 100 edits: ${(all / 100).toFixed(1)} ${JSON.stringify(Object.fromEntries(counts))}`);
  });
}

/** Copies a closed record so often, as the bot stores it: with its places and its expiry. */
const copyRecords = `local from, count = tonumber(ARGV[2]), tonumber(ARGV[3])
local record = redis.call('HGETALL', ARGV[1])
for i = from, from + count - 1 do
  local key = 'darkroom:record:edit:9' .. string.format('%017d', i)
  redis.call('HSET', key, unpack(record))
  redis.call('ZADD', 'darkroom:list:edit:guild:1', 0, string.format('%09d', i) .. ' 9' .. string.format('%017d', i))
  redis.call('ZADD', 'darkroom:expiring', 1900000000000, key)
end
return count`;

if (wanted('idle')) {
  await withCluster(['gateway', 'worker', 'worker'], { runMs: 300 }, async ({ redis, bots }) => {
    await stage.give({ do: 'steady', perSecond: 10, seconds: 1 });
    const memory = () => Number(/used_memory:(\d+)/.exec(redis.ask('INFO', 'memory'))?.[1]);
    const [record = ''] = redis.ask('KEYS', 'darkroom:record:edit:*').split('\n');
    let stored = 0;
    for (const records of [1_000, 1_000_000]) {
      const before = memory();
      const added = records - stored;
      for (; stored < records; stored += 1_000) redis.ask('EVAL', copyRecords, '0', record, `${stored}`, '1000');
      await sleep(4_000);
      const bytes = (memory() - before) / added;
      const minutes = 0.5;
      const counts = await redis.count(minutes * 60_000);
      const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
      const each = (all / bots.length / minutes).toFixed(0);
      say(`idle with ${records} records (${bytes.toFixed(0)} bytes each): ${each} commands a minute and process`);
      say(JSON.stringify(Object.fromEntries(counts)));
    }
  });
}

if (wanted('takeover')) {
  const takenAfter: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    await withCluster(['gateway', 'worker', 'worker'], { runMs: 400 }, async ({ bots }) => {
      await stage.give({ do: 'steady', perSecond: 10, seconds: 2 });
      void stage.give({ do: 'steady', perSecond: 40, seconds: 4 }).catch(() => {});
      await sleep(3_000);
      // By turns the one that leads, and the other.
      await bots[1 + (round % 2)]?.stop('SIGKILL');
      const killedAt = Date.now();
      await sleep(13_000);
      const taken = new Map<string, number>();
      for (const { msg, time, edit } of bots.flatMap(({ lines }) => lines)) {
        const ms = Date.parse(String(time)) - killedAt;
        const before = taken.get(String(edit)) ?? Number.POSITIVE_INFINITY;
        if (ms > 0 && msg === 'an edit is due, and nobody works on it') taken.set(String(edit), Math.min(before, ms));
      }
      takenAfter.push(...taken.values());
    });
  }
  const [p50, p99] = [0.5, 0.99].map((part) => (quantile(takenAfter, part) / 1_000).toFixed(1));
  say(`taken over from a killed worker: ${takenAfter.length} edits, p50 ${p50} s, p99 ${p99} s`);
}

if (wanted('start')) {
  for (const sqlite of [true, false]) {
    const folder = mkdtempSync(join(tmpdir(), 'darkroom-bench-'));
    const open = await stage.give({ do: 'open', runMs: 100, pictureBytes: 20_000 });
    const redis = await startRedis();
    const storeUrl = sqlite ? `sqlite://${join(folder, 'darkroom.sqlite')}` : redis.url;
    const first = await launch('all', open, storeUrl, await findFreePort());
    await stage.give({ do: 'connected' });
    await stage.give({ do: 'fill', waiting: 10_000 });
    await first.stop();
    const times: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const started = performance.now();
      const bot = await launch('all', open, storeUrl, await findFreePort());
      times.push(performance.now() - started);
      await bot.stop();
    }
    say(
      `start with 10,000 open edits (${sqlite ? 'SQLite' : 'Redis'}): ${times.map((ms) => (ms / 1_000).toFixed(1)).join(', ')} s`,
    );
    await redis.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

stage.close();
