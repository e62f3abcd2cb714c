// Several processes on one Redis: one of them polls and looks after what the others leave behind, whoever it is; and an
// edit goes on although nothing but its record is left of it.
import { createConnection, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findFreePort } from '../../sandbox/free-port.ts';
import { timing as production } from '../../src/edit/timing.ts';
import type { Lab, LabOptions } from '../lab.ts';
import { noRedis, type RedisServer, startRedis } from '../redis-server.ts';
import { RawRedis } from '../store/raw-redis.ts';
import { pause } from '../support.ts';
import { delivered, expectOnce, inLab, lists, startBotProcess } from './own-lab.ts';

const sockets: Socket[] = [];
let redis: RedisServer | undefined;
beforeAll(async () => {
  if (!noRedis) redis = await startRedis();
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await redis?.kill();
});

const idleMs = 9_000;

const withRedis = (options: LabOptions, work: (lab: Lab, url: string) => Promise<void>) => {
  const url = redis?.url() ?? '';
  return inLab({ idle: true, env: { STORE_URL: url }, ...options }, (lab) => work(lab, url));
};

/** Forgets every job, as a process does that dies before it makes one. */
async function loseJobs(url: string): Promise<void> {
  const raw = new RawRedis(url);
  const names = (await raw.send('KEYS', 'darkroom:edits:*')).match(/darkroom:edits:\S+/g) ?? [];
  if (names.length > 0) await raw.send('DEL', ...names);
}

async function startMore(lab: Lab, count: number) {
  const bots = [];
  for (let index = 0; index < count; index += 1) {
    bots.push(startBotProcess({ ...lab.env, PORT: String(await findFreePort()) }));
  }
  await Promise.all(bots.map((bot) => bot.ready(60_000)));
  return bots;
}

describe.skipIf(noRedis).concurrent('several processes on one Redis', { timeout: 60_000 }, () => {
  it('poll as often as one, also when the one that polled has died', () =>
    withRedis({ callbacks: false, timing: { pollMs: 200, pollMaxMs: 200 } }, async (lab) => {
      const bots = await startMore(lab, 2);
      await lab.start();
      try {
        lab.runflow.hold();
        const edits = [lab.edit('blur'), lab.edit('sepia'), lab.edit('invert')];
        await lab.until('the runs', () => lab.runs().length === edits.length);
        // Whoever leads: one of the three.
        await bots[0]?.stop('SIGKILL');
        const from = lists(lab).length;
        await lab.until('polls', () => lists(lab).length > from + 6);
        const times = lists(lab).map(({ at }) => at);
        const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
        // quick.pollMs of the processes, with room for a timer that was late the time before.
        expect(gaps.filter((gap) => gap < 35)).toEqual([]);
        lab.runflow.release();
        await lab.until('shown', () => lab.results().length === edits.length);
        for (const edit of edits) expectOnce(lab, edit);
      } finally {
        await Promise.all(bots.map((bot) => bot.stop('SIGKILL')));
        lab.discord.violations.length = 0;
      }
    }));

  it.each(['accepted', 'created', 'settled', 'downloaded'] as const)(
    'take an edit up that was left behind at the moment “%s” without a job',
    (moment) =>
      withRedis({}, async (lab, url) => {
        const bot = startBotProcess(lab.env, undefined, moment);
        await bot.ready(60_000);
        const edit = lab.edit('sepia');
        await expect.poll(() => bot.child.signalCode ?? bot.child.exitCode, { timeout: 10_000 }).not.toBeNull();
        await loseJobs(url);
        await lab.start();
        await delivered(lab, [edit]);
        expectOnce(lab, edit);
      }),
  );

  it('cost next to nothing while nothing happens', () => {
    const { leadMs, leadLookMs, lateMs } = production;
    return withRedis({ timing: { leadMs, leadLookMs, lateMs } }, async (lab, url) => {
      await lab.start();
      const edit = lab.edit('blur');
      await delivered(lab, [edit]);
      await pause(500);
      const commands = await watchCommands(url);
      await pause(idleMs);
      // What a script does inside counts as the script; on a busy machine, the edit may still be on its last steps.
      const asked = commands().filter((line) => !line.includes(edit.id));
      // No more than 60 a minute; a window may cut the rhythms of two so that it has one more of each.
      expect(asked.length, asked.join('\n')).toBeLessThanOrEqual(idleMs / 1_000 + 2);
    });
  });
});

/** @returns the commands that any server was sent since then, as it tells them */
async function watchCommands(url: string): Promise<() => string[]> {
  const { port, hostname } = new URL(url);
  const socket = createConnection(Number(port), hostname);
  let seen = '';
  socket.on('data', (data) => {
    seen += data.toString('latin1');
  });
  socket.write('MONITOR\r\n');
  await pause(50);
  sockets.push(socket);
  const database = new URL(url).pathname.slice(1);
  return () => seen.split('\r\n').filter((line) => line.includes(` [${database} 127`));
}
