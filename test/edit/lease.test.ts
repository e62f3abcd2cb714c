// An edit's lease: how long its holder may believe in it.
import { expect, test } from 'vitest';
import { holdLease } from '../../src/edit/lease.ts';

/** Timers that fire when the time is moved, and a store that answers when it is told. */
function setUp() {
  let time = 1_000;
  const timers = new Set<{ at: number; fire: () => void }>();
  const clock = {
    elapsed: () => time,
    after(ms: number, fire: () => void) {
      const timer = { at: time + ms, fire };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
  };
  const rest = async () => {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  };
  return {
    clock,
    rest,
    timers,
    async move(ms: number) {
      for (let left = ms; left > 0; left -= 10) {
        time += 10;
        for (const timer of [...timers]) {
          if (timer.at > time) continue;
          timers.delete(timer);
          timer.fire();
        }
        await rest();
      }
    },
  };
}

const storeOf = (renew: () => Promise<boolean>) => ({ claim: async () => ({ renew, release: async () => {} }) });

test('lasts as long as it is renewed, and asks the store when it is asked', async () => {
  const { clock, move } = setUp();
  let ours = true;
  const lease = await holdLease(
    storeOf(async () => ours),
    '1',
    300,
    clock,
  );
  await move(2_000);
  expect(lease?.lost.aborted).toBe(false);
  expect(await lease?.confirm()).toBe(true);
  ours = false;
  expect(await lease?.confirm()).toBe(false);
  expect(lease?.lost.aborted).toBe(true);
});

test('is lost when the store does not answer for as long as it lasts', async () => {
  const { clock, move } = setUp();
  const lease = await holdLease(
    storeOf(() => Promise.reject(new Error('away'))),
    '1',
    300,
    clock,
  );
  await move(290);
  expect(lease?.lost.aborted).toBe(false);
  await move(20);
  expect(lease?.lost.aborted).toBe(true);
});

test('is reckoned from before the claim left, not from its answer', async () => {
  const { clock, move, rest } = setUp();
  const answer = Promise.withResolvers<void>();
  const store = {
    async claim() {
      await answer.promise;
      return { renew: () => Promise.reject(new Error('away')), release: async () => {} };
    },
  };
  const holding = holdLease(store, '1', 300, clock);
  await move(250);
  answer.resolve();
  await rest();
  const lease = await holding;
  expect(lease?.lost.aborted).toBe(false);
  await move(110);
  expect(lease?.lost.aborted).toBe(true);
});

test('is not renewed once it was released', async () => {
  const { clock, move, timers } = setUp();
  let renewals = 0;
  const renew = async () => {
    renewals += 1;
    return true;
  };
  const lease = await holdLease(storeOf(renew), '1', 300, clock);
  await lease?.release();
  await move(1_000);
  expect({ renewals, timers: timers.size, confirmed: await lease?.confirm() }).toEqual({
    renewals: 0,
    timers: 0,
    confirmed: false,
  });
});
