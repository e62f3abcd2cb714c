// Shares of an allowance on real stores: taken with the edit or not at all, however many ask at once and from wherever,
// and given back once.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Edit, Share } from '../../src/edit/record.ts';
import { createRecords } from '../../src/edit/records.ts';
import { UserError } from '../../src/errors.ts';
import { createLimits } from '../../src/limits/limits.ts';
import { createLog } from '../../src/log.ts';
import { findModel } from '../../src/models/models.ts';
import { readSettings, type Settings } from '../../src/settings/settings.ts';
import { createRedisStore } from '../../src/store/redis.ts';
import type { Store } from '../../src/store/store.ts';
import { accepted, delivering, klein } from '../edit/examples.ts';
import { noRedis, type RedisServer, startRedis } from '../redis-server.ts';
import { createStillClock, openStore, type StillClock } from '../store/stores.ts';
import { hourMs } from '../support.ts';

let redis: RedisServer | undefined;
beforeAll(async () => {
  if (!noRedis) redis = await startRedis();
});
afterAll(() => redis?.kill());

type Opened = { one: Store; other: Store; close(): Promise<void> };
const stores: Record<string, () => Promise<Opened>> = {
  async SQLite() {
    const { store, another } = openStore();
    return { one: store, other: another(), close: async () => {} };
  },
  async Redis() {
    const url = redis?.url() ?? '';
    const [one, other] = await Promise.all([createRedisStore(url), createRedisStore(url)]);
    const close = async () => {
      await Promise.all([one.close(), other.close()]);
    };
    return { one, other, close };
  },
};

const log = createLog('silent', []);
let servers = 0;
const direct = 'a direct message';

/** Processes on one store: `ask` has one of them take an edit of a member. */
async function setUp(kind: string, settings: Partial<Settings>, memberEditsPerDay?: number, dailyBudgetUsd?: number) {
  const opened = await (stores[kind] ?? stores.SQLite)?.();
  if (!opened) throw new Error('there is no store');
  servers += 1;
  const server = `${200_000_000_000_000_000n + BigInt(servers)}`;
  const clock: StillClock = createStillClock();
  const told: string[] = [];
  const tellOperator = async (cause: string) => told.push(cause) > 0;
  const processes = [opened.one, opened.other].map((store) => ({
    records: createRecords(store, hourMs),
    limits: createLimits({
      store,
      clock,
      memberEditsPerDay,
      dailyBudgetUsd,
      model: findModel(klein),
      tellOperator,
      log,
    }),
  }));
  let ids = 1_300_000_000_000_000_000n + BigInt(servers) * 1_000_000n;
  const edit = (member: string, guildId: string | undefined) => {
    ids += 1n;
    const wanted = accepted();
    const origin = { ...wanted.origin, guildId, userId: `${member}${server}` };
    return { ...wanted, id: String(ids), createdAt: clock.now(), origin, allowance: true as const };
  };
  /** What was taken, or what its member reads. */
  async function ask(from: number, member = 'mia', place: string = server, id?: string) {
    const guildId = place === direct ? undefined : place;
    const process = processes[from % 2];
    const wanted = edit(member, guildId);
    const taken = id === undefined ? wanted : { ...wanted, id };
    const here =
      guildId === undefined
        ? undefined
        : { guildId, settings: { ...readSettings(undefined), ...settings }, roleIds: [] };
    const allowance = process?.limits.allowance(taken.origin.userId, here);
    try {
      return (await process?.records.admit(taken, undefined, allowance))?.edit ?? 'duplicate';
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return error.message;
    }
  }
  const settle = async (taken: Edit | string, share: Share, from = 0) => {
    if (typeof taken === 'string') throw new Error(taken);
    await processes[from]?.limits.payers.allowance(taken, { kind: 'allowance', share });
  };
  return { ...opened, told, server, ask, settle, clock, processes };
}

const started = (answers: readonly unknown[]) => answers.filter((answer) => typeof answer === 'object').length;

describe.each(noRedis ? ['SQLite'] : ['SQLite', 'Redis'])('on %s', (kind) => {
  test('of 50 at once, from two processes, exactly as many start as are left', async () => {
    const { ask, close } = await setUp(kind, { perDay: 5, atOnce: 40 });
    expect(started([await ask(0), await ask(1)])).toBe(2);
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => ask(index)));
    expect(started(answers)).toBe(3);
    expect(answers.filter((answer) => String(answer).includes('lets you make 5 edits within 24 hours'))).toHaveLength(
      47,
    );
    await close();
  });

  test('the same holds for a whole server and its members', async () => {
    const { ask, close } = await setUp(kind, { serverPerDay: 7, perDay: 2 });
    const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => ask(index, `member-${index % 8}-`)));
    expect(started(answers)).toBe(7);
    await close();
  });

  test('and for what the operator gives one member everywhere, also in direct messages', async () => {
    const { ask, close } = await setUp(kind, {}, 3);
    const answers = await Promise.all([
      ...Array.from({ length: 4 }, (_, index) => ask(index, 'mia', direct)),
      ...Array.from({ length: 4 }, (_, index) => ask(index)),
      ...Array.from({ length: 4 }, (_, index) => ask(index, 'mia', '200000000000000077')),
    ]);
    expect(started(answers)).toBe(3);
    expect(started([await ask(0, 'noah', direct)])).toBe(1);
    await close();
  });

  test('an interaction that two processes hear takes one share', async () => {
    const { ask, server, close } = await setUp(kind, { perDay: 2 });
    const answers = await Promise.all([0, 1, 0, 1].map((from) => ask(from, 'mia', server, '1300000000000000999')));
    expect(started(answers)).toBe(1);
    expect(answers.filter((answer) => answer === 'duplicate')).toHaveLength(3);
    expect(started([await ask(0), await ask(1)])).toBe(1);
    await close();
  });

  test('what is given back can be taken again, once; what waits for a moderator runs no more', async () => {
    const { ask, settle, clock, close } = await setUp(kind, {
      atOnce: 1,
      perDay: 2,
      serverPerDay: 2,
      cooldownSeconds: 5,
    });
    const first = await ask(0);
    clock.move(6_000);
    expect(await ask(1)).toContain('1 edit under way');
    await settle(first, 'returned');
    await settle(first, 'returned', 1);
    const second = await ask(1);
    expect(started([second])).toBe(1);
    await settle(second, 'waiting');
    expect(await ask(0), 'right after another').toContain('some time between two edits');
    clock.move(5_000);
    const third = await ask(0);
    expect(started([third])).toBe(1);
    await settle(third, 'used');
    await settle(third, 'returned');
    clock.move(10_000);
    expect(await ask(0)).toContain('within 24 hours');
    await settle(second, 'returned');
    expect(started([await ask(0)])).toBe(1);
    await close();
  });

  test('who has to wait reads until when, rounded up, and then need not wait any more', async () => {
    const { ask, settle, clock, close } = await setUp(kind, { perHour: 1 });
    clock.set(Date.UTC(2026, 9, 24, 23, 30, 0, 1));
    await settle(await ask(0), 'used');
    clock.move(hourMs - 1);
    const until = Date.UTC(2026, 9, 25, 0, 30, 1) / 1000;
    expect(await ask(1)).toContain(`an hour, and you have. The next one is possible <t:${until}:R>`);
    clock.move(1);
    expect(started([await ask(1)])).toBe(1);
    await close();
  });

  test('no more is spent in a day than the operator’s budget, however many ask at once', async () => {
    // An edit without a named size can cost 5 × $0.011, and what was reserved too much is given back.
    const { ask, settle, clock, told, close } = await setUp(kind, {}, undefined, 0.17);
    clock.set(Date.UTC(2030, 0, servers, 23));
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) => ask(index, `member-${index}-`, index % 3 ? undefined : direct)),
    );
    expect(started(answers)).toBe(3);
    const refused = answers.find((answer) => typeof answer === 'string');
    const midnight = Date.UTC(2030, 0, servers + 1) / 1000;
    expect(refused).toBe(`I can't take more edits today. The next one is possible <t:${midnight}:R>.`);
    expect(new Set(told)).toEqual(new Set(['budget-spent']));
    const [first, second, third] = answers.filter((answer) => typeof answer === 'object');
    if (!first || !second || !third) throw new Error('three have started');
    const cost = (edit: typeof first, dollars: number) => ({
      ...delivering({}, { cost: dollars }),
      id: edit.id,
      origin: edit.origin,
    });
    await settle(cost(first, 0.022), 'used');
    await settle(cost(first, 0.022), 'used', 1);
    expect(started([await ask(0, 'noah'), await ask(1, 'vera')]), 'one more fits, and no second').toBe(0);
    await settle(cost(second, 0.022), 'waiting');
    expect(started([await ask(0, 'noah'), await ask(1, 'vera')])).toBe(1);
    await settle(
      { ...third, state: 'failed', runId: 'r', reason: 'run-failed', detail: '', closedAt: 1, told: false },
      'returned',
    );
    expect(started([await ask(0, 'otto'), await ask(1, 'vera')])).toBe(1);
    clock.move(hourMs);
    expect(started([await ask(0, 'otto-2'), await ask(1, 'vera-2')])).toBe(2);
    await close();
  });

  test('the operator is told once a day when most of the budget is spent', async () => {
    const { ask, settle, clock, told, close } = await setUp(kind, {}, undefined, 1);
    clock.set(Date.UTC(2031, 0, servers, 5));
    for (const dollars of [0.5, 0.29, 0.02, 0.02]) {
      const edit = await ask(0);
      if (typeof edit === 'string') throw new Error(edit);
      await settle({ ...delivering({}, { cost: dollars }), id: edit.id, origin: edit.origin }, 'used');
    }
    expect(told).toEqual(['budget-most']);
    await close();
  });

  test('a refused edit that the store took after all gives its share back with it', async () => {
    const { ask, processes, close } = await setUp(kind, { perDay: 1, serverPerDay: 1 });
    const taken = await ask(0);
    if (typeof taken === 'string') throw new Error(taken);
    const { guildId = '', userId } = taken.origin;
    const settings = { ...readSettings(undefined), perDay: 1, serverPerDay: 1 };
    const allowance = processes[1]?.limits.allowance(userId, { guildId, settings, roleIds: [] });
    expect(await processes[1]?.records.withdraw(taken, allowance)).toBe(true);
    expect(await processes[1]?.records.withdraw(taken, allowance)).toBe(true);
    expect(started([await ask(0)])).toBe(1);
    expect(started([await ask(0)])).toBe(0);
    await close();
  });
});

test('a budget for a model whose price nobody knows is refused at the start', () => {
  const { store } = openStore();
  const options = {
    store,
    clock: createStillClock(),
    memberEditsPerDay: undefined,
    log,
    tellOperator: async () => true,
  };
  const start = () => createLimits({ ...options, dailyBudgetUsd: 5, model: findModel('somebody/else') });
  expect(start).toThrow('DAILY_BUDGET_USD cannot be kept to');
});

test('where nothing is limited there is nothing to take', async () => {
  const { processes } = await setUp('SQLite', {});
  expect(processes[0]?.limits.allowance('1', undefined)).toBeUndefined();
  const settings = { ...readSettings(undefined), roleLimits: [{ role: '1', perDay: 5 }] };
  expect(processes[0]?.limits.allowance('1', { guildId: '2', settings, roleIds: ['1'] })).toBeUndefined();
});
