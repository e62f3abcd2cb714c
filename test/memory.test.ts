// Memory that a burst of work took is given back once it is quiet, and not before.
import { setTimeout as sleep } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { expect, test } from 'vitest';
import { createTrim } from '../src/memory.ts';

const megabytes = () => getHeapStatistics().total_heap_size / 2 ** 20;

/** Long enough between two looks that the looking itself is nothing. */
const poll = { interval: 300, timeout: 20_000 };

/** Fills the heap with objects that nobody needs afterwards. */
function burst(): void {
  let kept: unknown[] = [];
  for (let index = 0; index < 1_500_000; index += 1) kept.push({ index, text: `number ${index}` });
  kept = [];
}

test('is given back when it is quiet, once', async () => {
  const trim = createTrim(0);
  await expect.poll(trim, poll).toBe(true);
  const before = megabytes();
  burst();
  expect(megabytes()).toBeGreaterThan(before + 16);
  // The loop was busy since the last look.
  expect(trim()).toBe(false);
  await expect.poll(trim, poll).toBe(true);
  expect(megabytes()).toBeLessThan(before + 16);
  await sleep(300);
  expect(trim()).toBe(false);
});
