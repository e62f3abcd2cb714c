// Turns: never more at once than there is, everything gets its turn, and in the order in which it came.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSlots } from '../src/slots.ts';

/** Work that ends when it is told to. */
function createJob() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { begun: false, promise, end: resolve };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('what was entered is given back in parts, and who waits gets them', async () => {
  const turns = createSlots(10);
  const giveBack = await turns.enter(25);
  expect(turns.isCrowded()).toBe(false);
  let begun = false;
  const waiting = turns.run(async () => {
    begun = true;
  }, 4);
  giveBack(3);
  await settle();
  expect([begun, turns.isCrowded()]).toEqual([false, true]);
  giveBack(1);
  await waiting;
  giveBack(6);
  expect(turns.take(10)).toBeTypeOf('function');
});

test('no more than there is at once, in order, whatever the shares', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 10 }), fc.array(fc.nat(14), { maxLength: 30 }), async (all, shares) => {
      const turns = createSlots(all);
      const begun: number[] = [];
      let taken = 0;
      const work = shares.map((wanted, index) => {
        const share = Math.min(wanted, all);
        return turns.run(async () => {
          begun.push(index);
          taken += share;
          expect(taken).toBeLessThanOrEqual(all);
          await settle();
          taken -= share;
        }, wanted);
      });
      await Promise.all(work);
      expect(begun).toEqual(shares.map((_, index) => index));
      // Everything was given back.
      expect(turns.take(all)).toBeDefined();
    }),
    { numRuns: 50 },
  );
});

test('a large share is not overtaken by small ones that would fit', async () => {
  const turns = createSlots(10);
  const [small, large, late] = [createJob(), createJob(), createJob()];
  const start = (job: ReturnType<typeof createJob>, share: number) =>
    turns.run(() => {
      job.begun = true;
      return job.promise;
    }, share);
  const all = [start(small, 2), start(large, 9), start(late, 1)];
  await settle();
  expect([small.begun, large.begun, late.begun]).toEqual([true, false, false]);
  expect(turns.take()).toBeUndefined();
  small.end();
  await settle();
  expect([large.begun, late.begun]).toEqual([true, true]);
  large.end();
  late.end();
  await Promise.all(all);
});

test('work that fails gives its share back', async () => {
  const turns = createSlots(1);
  await expect(turns.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  const back = turns.take();
  expect(turns.take()).toBeUndefined();
  back?.();
  expect(turns.take()).toBeDefined();
});
