// The audit log over both stores: order, filters, pages, and that nothing in it can be changed.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuditEntry, createAudit } from '../../src/audit/audit.ts';
import { createRedisStore } from '../../src/store/redis.ts';
import type { Store } from '../../src/store/store.ts';
import { noRedis, type RedisServer, startRedis } from '../redis-server.ts';
import { createStillClock, openStore } from '../store/stores.ts';

let redis: RedisServer;
const open: Store[] = [];

beforeAll(async () => {
  if (!noRedis) redis = await startRedis();
});

afterAll(async () => {
  for (const store of open) await store.close();
  await redis?.kill();
});

const stores: [name: string, open: () => Promise<Store>][] = [
  ['SQLite', async () => openStore().store],
  [
    'Redis',
    async () => {
      const store = await createRedisStore(redis.url());
      open.push(store);
      return store;
    },
  ],
];

const reasons = (entries: readonly AuditEntry[]) => entries.map(({ reason }) => reason?.note);

describe.each(stores.filter(([name]) => name !== 'Redis' || !noRedis))('over %s', (_name, openIt) => {
  test('tells what was written, the newest first, and all of it the oldest first', async () => {
    const clock = createStillClock();
    const audit = createAudit(await openIt(), clock);
    const entry = { action: 'approved', actorId: '7', memberId: '8', editId: '9', details: { spoiler: true } } as const;
    await audit.append('1', { ...entry, reason: { note: 'fine' } });
    clock.move(5);
    await audit.append('1', { action: 'held', actorId: 'bot' });
    expect(await audit.list('1', { limit: 10 })).toEqual([
      { id: expect.any(String), at: clock.now(), action: 'held', actorId: 'bot' },
      { id: expect.any(String), at: clock.now() - 5, ...entry, reason: { note: 'fine' } },
    ]);
    expect((await Array.fromAsync(audit.all('1'))).map(({ action }) => action)).toEqual(['approved', 'held']);
  });

  test('keeps the order of many in one millisecond, from several writers, and of a clock that is set back', async () => {
    const clock = createStillClock();
    const audit = createAudit(await openIt(), clock);
    const expected: string[] = [];
    for (let index = 0; index < 60; index += 1) {
      if (index === 20) clock.move(-60_000);
      if (index === 40) clock.move(120_000);
      expected.push(`${index}`);
      await audit.append('1', { action: 'held', actorId: 'bot', reason: { note: `${index}` } });
    }
    expect(reasons(await Array.fromAsync(audit.all('1')))).toEqual(expected);
    expect(reasons(await audit.list('1', { limit: 60 }))).toEqual(expected.toReversed());
  });

  test('loses nothing of what is written at once', async () => {
    const store = await openIt();
    const clock = createStillClock();
    const desks = [createAudit(store, clock), createAudit(store, clock)];
    const writes = Array.from({ length: 100 }, (_, index) =>
      desks[index % 2]?.append('1', { action: 'held', actorId: 'bot', reason: { note: `${index}` } }),
    );
    await Promise.all(writes);
    const found = await Array.fromAsync(createAudit(store, clock).all('1'));
    expect(new Set(reasons(found)).size).toBe(100);
    expect(new Set(found.map(({ id }) => id)).size).toBe(100);
  });

  test('finds by member and by moderator, and keeps servers apart, also those whose ids begin alike', async () => {
    const audit = createAudit(await openIt(), createStillClock());
    await audit.append('1', { action: 'held', actorId: 'bot', memberId: 'mia', reason: { note: 'a' } });
    await audit.append('1', { action: 'approved', actorId: 'vera', memberId: 'mia', reason: { note: 'b' } });
    await audit.append('1', { action: 'rejected', actorId: 'vera', memberId: 'noah', reason: { note: 'c' } });
    await audit.append('12', { action: 'rejected', actorId: 'vera', memberId: 'mia', reason: { note: 'd' } });
    const find = async (filter: { memberId?: string; actorId?: string }) =>
      reasons(await audit.list('1', { ...filter, limit: 10 }));
    expect(await find({ memberId: 'mia' })).toEqual(['b', 'a']);
    expect(await find({ actorId: 'vera' })).toEqual(['c', 'b']);
    expect(await find({ memberId: 'mia', actorId: 'vera' })).toEqual(['b']);
    expect(await find({ memberId: 'otto' })).toEqual([]);
    expect(reasons(await audit.list('12', { limit: 10 }))).toEqual(['d']);
    expect(await audit.list('2', { limit: 10 })).toEqual([]);
  });

  test('turns pages in both directions, while more is written', async () => {
    const audit = createAudit(await openIt(), createStillClock());
    const write = (reason: string) => audit.append('1', { action: 'held', actorId: 'bot', reason: { note: reason } });
    for (let index = 0; index < 7; index += 1) await write(`${index}`);
    const page = (more: { before?: string | undefined; after?: string | undefined }) =>
      audit.list('1', { ...more, limit: 3 });
    const first = await page({});
    await write('late');
    const second = await page({ before: first.at(-1)?.id });
    const third = await page({ before: second.at(-1)?.id });
    expect([first, second, third].map(reasons)).toEqual([['6', '5', '4'], ['3', '2', '1'], ['0']]);
    expect(reasons(await page({ before: third.at(-1)?.id }))).toEqual([]);
    expect(reasons(await page({ after: third[0]?.id }))).toEqual(['3', '2', '1']);
    expect(reasons(await page({ after: second[0]?.id }))).toEqual(['6', '5', '4']);
    expect(reasons(await page({ after: first[0]?.id }))).toEqual(['late']);
  });
});

test('offers nothing that changes or removes an entry', () => {
  expect(Object.keys(createAudit(openStore().store, createStillClock())).sort()).toEqual([
    'accounts',
    'adopt',
    'all',
    'append',
    'history',
    'list',
  ]);
});
