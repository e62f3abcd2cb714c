// A process of its own for the benchmark and its test: a store with a long history, and what a card, a page of the log and
// a search for open edits take in it. Prints the medians in milliseconds, and the longest time that the loop stood still.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createAudit } from '../../src/audit/audit.ts';
import { systemClock } from '../../src/clock.ts';
import { createRecords } from '../../src/edit/records.ts';
import { createResume } from '../../src/lifecycle/resume.ts';
import { createTimers } from '../../src/lifecycle/timers.ts';
import { createRedisStore } from '../../src/store/redis.ts';
import { createSqliteStore } from '../../src/store/sqlite.ts';
import type { OlderEntry } from '../../src/store/store.ts';
import { accepted } from '../edit/examples.ts';
import { startRedis } from '../redis-server.ts';

const [kind = 'sqlite', count = '100000'] = process.argv.slice(2);
const entries = Number(count);
const rounds = 21;
const openEdits = 200;
const guild = '200000000000000001';
const members = 500;

const folder = mkdtempSync(join(tmpdir(), 'darkroom-history-'));
const redis = kind === 'redis' ? await startRedis() : undefined;
const store = redis ? await createRedisStore(redis.url()) : createSqliteStore(join(folder, 'darkroom.sqlite'));
const audit = createAudit(store, systemClock);
const records = createRecords(store, 3_600_000);

function entry(index: number): OlderEntry {
  const at = 1_700_000_000_000 + index * 1_000;
  const id = `${at.toString(36).padStart(9, '0')}0000x`;
  const value = {
    id,
    at,
    action: index % 2 === 0 ? 'held' : 'rejected',
    actorId: index % 2 === 0 ? 'bot' : `vera${index % 7}`,
    memberId: `mia${Math.floor(index / 2) % members}`,
    editId: `${Math.floor(index / 2)}`,
    reason: { key: 'nsfw', note: 'Shows more than the rules of this server allow' },
  };
  return { space: `audit:${guild}`, key: id, value };
}

try {
  const began = performance.now();
  await audit.adopt(Array.from({ length: entries }, (_, index) => entry(index)));
  const filledMs = performance.now() - began;
  for (let index = 0; index < openEdits; index += 1) {
    await records.admit({ ...accepted(), id: `${1_300_000_000_000_000_000n + BigInt(index)}`, createdAt: 1, dueAt: 1 });
  }

  const timers = createTimers({ ...systemClock, after: () => () => {} }, () => {});
  const resume = createResume({
    records,
    poll: { watch() {}, size: () => 0 },
    timers,
    overdueAt: () => 0,
    isAtWork: () => false,
    tellAt: () => undefined,
    isStopping: () => false,
    clock: systemClock,
    timing: { rescanMs: 60_000 },
    metrics: { waiting: { set() {} } },
  });
  await resume();

  /** Median time of some work; each round on its own turn of the loop. */
  async function time(work: (round: number) => Promise<unknown>): Promise<number> {
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const start = performance.now();
      await work(round);
      times.push(performance.now() - start);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    return times.sort((one, other) => one - other)[Math.floor(rounds / 2)] ?? Number.NaN;
  }

  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const card = await time(async (round) => {
    // What a card asks for, what its decision writes, and what its rewriting asks for.
    const memberId = `mia${round}`;
    await audit.history(guild, memberId);
    await audit.append(guild, { action: 'held', actorId: 'bot', memberId, editId: `new${round}` });
    await audit.history(guild, memberId);
    await records.openReviews(guild, 500);
  });
  const logPage = await time(async (round) => {
    const [last] = await audit.list(guild, { limit: 9 });
    await audit.list(guild, { limit: 9, before: last?.id });
    await audit.list(guild, { limit: 9, memberId: `mia${round}` });
    await audit.list(guild, { limit: 9, actorId: 'vera3' });
    await audit.list(guild, { limit: 9, memberId: `mia${round}`, actorId: 'vera3' });
  });
  const rescan = await time(resume);
  delay.disable();
  process.stdout.write(JSON.stringify({ card, logPage, rescan, blocked: delay.max / 1e6, filledMs }));
} finally {
  await store.close();
  await redis?.kill();
  rmSync(folder, { recursive: true, force: true });
}
