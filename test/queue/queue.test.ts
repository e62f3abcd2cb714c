// The queue over real stores: claims while two moderators work at once, parts, pages, and what comes of a crash.
import { describe, expect, test } from 'vitest';
import { claimMs } from '../../src/edit/claim.ts';
import { move } from '../../src/edit/moves.ts';
import { createRecords } from '../../src/edit/records.ts';
import type { Case, Waiting } from '../../src/edit/waiting.ts';
import { createChange } from '../../src/lifecycle/change.ts';
import { createLog } from '../../src/log.ts';
import { createQueue, type Spot } from '../../src/queue/queue.ts';
import type { Person } from '../../src/settings/rights.ts';
import { createRedisStore } from '../../src/store/redis.ts';
import type { Store } from '../../src/store/store.ts';
import { delivering } from '../edit/examples.ts';
import { noRedis, startRedis } from '../redis-server.ts';
import { createStillClock, openStore, type StillClock } from '../store/stores.ts';

const { guildId = '' } = delivering().origin;
const person = (userId: string): Person => ({ userId, guildId, permissions: 0n, roleIds: [] });
const [vera, otto] = [person('vera'), person('otto')];

/** The queue as one process has it. */
function createProcess(store: Store, clock: StillClock) {
  const records = createRecords(store, 60_000);
  const changeWith = createChange({ records, clock, timing: { leaseMs: 1_500 } });
  const change: Parameters<typeof createQueue>[0]['change'] = (id, choose) => changeWith(id, choose, async () => {});
  const queue = createQueue({
    records,
    change,
    reject: (id, { userId }, reason) =>
      change(id, () => ({ type: 'decided', verdict: { kind: 'rejected', by: userId, at: clock.now(), reason } })),
    addresses: async () => ({ results: [], source: undefined }),
    fetchPictures: (_wanted, _signal, use) => use([]),
    clock,
    log: createLog('silent', []),
  });
  return { records, queue, change };
}

/** As many held results, each a moment after the one before. */
async function hold({ records }: Pick<ReturnType<typeof createProcess>, 'records'>, count: number, clock: StillClock) {
  const ids = Array.from({ length: count }, (_none, index) => `${10_000 + index}`);
  for (const [index, id] of ids.entries()) {
    const userId = index % 3 === 0 ? 'noah' : 'mia';
    const edit = { ...delivering(), id, origin: { ...delivering().origin, userId } };
    await records.admit(move(edit, { type: 'held' }, clock.now() + index));
  }
  return ids;
}

const everything: Waiting = { kind: 'all' };
const spotOf = ({ id, review }: Case): Spot => ({ editId: id, openedAt: review.openedAt });

async function race(first: Store, second: Store): Promise<void> {
  const clock = createStillClock();
  const processes = [createProcess(first, clock), createProcess(second, clock)] as const;
  // Enough for both in every round.
  await hold(processes[0], 101, clock);
  const seen: string[] = [];
  for (let round = 0; round < 100; round += 1) {
    const both = await Promise.all([
      processes[0].queue.next(vera, everything),
      processes[1].queue.next(otto, everything),
    ]);
    const found = both.filter((one) => one !== undefined);
    expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
    // One of them decides, the other skips: what is skipped is free again.
    const [decided, skipped] = round % 2 === 0 ? both : [both[1], both[0]];
    if (!decided) throw new Error('there is one for each of them');
    seen.push(decided.id);
    const by = round % 2 === 0 ? 'vera' : 'otto';
    await processes[1].change(decided.id, () => ({
      type: 'decided',
      verdict: { kind: 'rejected', by, at: clock.now(), reason: undefined },
    }));
    if (skipped) await processes[0].queue.release(skipped.id, by === 'vera' ? 'otto' : 'vera');
  }
  expect(new Set(seen).size).toBe(100);
}

describe('two moderators never see the same case: a hundred races', () => {
  test('in SQLite', async () => {
    const { store, another } = openStore();
    await race(store, another());
  });

  test.skipIf(noRedis)('in Redis', async () => {
    const redis = await startRedis();
    const url = redis.url();
    const stores: [Store, Store] = [await createRedisStore(url), await createRedisStore(url)];
    try {
      await race(...stores);
    } finally {
      for (const store of stores) await store.close();
      await redis.kill();
    }
  });
});

test('200 cases are paged, each once and in order, and their number is counted behind any of them', async () => {
  const clock = createStillClock();
  const process = createProcess(openStore().store, clock);
  const ids = await hold(process, 200, clock);
  const seen: string[] = [];
  let behind: Spot | undefined;
  for (let found = await process.queue.next(vera, everything); found; ) {
    seen.push(found.id);
    behind = spotOf(found);
    if (seen.length % 50 === 0) expect(await process.queue.count(guildId, everything, behind)).toBe(200 - seen.length);
    found = await process.queue.next(vera, everything, behind);
  }
  expect(seen).toEqual(ids);
});

test('parts: by kind, by member, and both; what is decided leaves them all', async () => {
  const clock = createStillClock();
  const process = createProcess(openStore().store, clock);
  await hold(process, 9, clock);
  const posted = move({ ...delivering(), id: '5' }, { type: 'posted', channelId: 'c', messageId: 'm' }, 5);
  await process.records.admit(move(posted, { type: 'reported', by: 'noah' }, 6));
  const count = (which: Waiting) => process.queue.count(guildId, which);
  const member = posted.origin.userId;
  expect(await count({ kind: 'all' })).toBe(10);
  expect(await count({ kind: 'held' })).toBe(9);
  expect(await count({ kind: 'report' })).toBe(1);
  expect(await count({ kind: 'contested' })).toBe(0);
  expect(await count({ kind: 'all', memberId: 'noah' })).toBe(3);
  expect(await count({ kind: 'report', memberId: 'noah' })).toBe(0);
  expect(await count({ kind: 'report', memberId: member })).toBe(1);
  expect(await process.queue.rejectAll(vera, 'mia', { key: 'nsfw' })).toBe(6);
  expect(await count({ kind: 'held' })).toBe(3);
  expect(await count({ kind: 'all', memberId: 'mia' })).toBe(0);
});

test('a claim holds for five minutes, also when whoever made it is gone, and is renewed by its owner', async () => {
  const clock = createStillClock();
  const { store, another } = openStore();
  const [gone, other] = [createProcess(store, clock), createProcess(another(), clock)];
  const [id = ''] = await hold(gone, 1, clock);
  expect((await gone.queue.next(vera, everything))?.id).toBe(id);
  expect(await other.queue.next(otto, everything)).toBeUndefined();
  expect(await other.queue.claimForModal(id, 'otto')).toMatchObject({ by: 'vera' });
  clock.move(claimMs - 1);
  expect(await other.queue.next(otto, everything)).toBeUndefined();
  expect(await other.queue.claim(id, 'vera')).toBeDefined();
  clock.move(claimMs - 1);
  expect(await other.queue.next(otto, everything)).toBeUndefined();
  clock.move(1);
  expect((await other.queue.next(otto, everything))?.id).toBe(id);
  // Nobody gives away what somebody else has.
  await other.queue.release(id, 'vera');
  expect(await gone.queue.next(vera, everything)).toBeUndefined();
  await other.queue.release(id, 'otto');
  expect((await gone.queue.next(vera, everything))?.id).toBe(id);
});
