// A process of its own that does a burst of work and then nothing, for memory.test.ts: says how large its heap was before
// it gave memory back, and after.
import { setTimeout as sleep } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { createTrim } from '../src/memory.ts';

const megabytes = () => Math.round(getHeapStatistics().total_heap_size / 2 ** 20);
// The loop's time counts from its first turn.
await sleep(50);
const trim = createTrim(0);
let kept: unknown[] = [];
for (let index = 0; index < 1_500_000; index += 1) kept.push({ index, text: `number ${index}` });
kept = [];
const afterBurst = megabytes();
const whileBusy = trim();
let looks = 0;
do {
  await sleep(100);
  looks += 1;
} while (!trim() && looks < 100);
const afterTrim = megabytes();
await sleep(100);
process.stdout.write(JSON.stringify({ afterBurst, whileBusy, looks, afterTrim, again: trim() }));
