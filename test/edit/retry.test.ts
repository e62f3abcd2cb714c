// The one rule for what does not work out: when it is tried, how long it is put off, when it is over.
import { describe, expect, test } from 'vitest';
import { createOutages } from '../../src/edit/outages.ts';
import { createRetry } from '../../src/edit/retry.ts';
import { timing } from '../../src/edit/timing.ts';
import { DiscordTrouble, RunflowError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { accepted } from './examples.ts';

const now = 50_000;
const lines: string[] = [];
const clock = { now: () => now, elapsed: () => now, after: () => () => {} };
const retry = createRetry({
  outages: createOutages({ advance: () => {}, clock, timing }),
  clock,
  timing,
  log: createLog('debug', [], { write: (line) => lines.push(line) }),
});
const edit = (retries = 0, dueAt = 0) => ({ ...accepted(), retries, dueAt });
const calm = new AbortController().signal;
const told = { type: 'told' } as const;

describe('an attempt', () => {
  test('is not made before it is due', async () => {
    const early = () => Promise.reject(new Error('too early'));
    expect(await retry.attempt(edit(0, now + 1), calm, early, () => told)).toEqual({ type: 'wait', until: now + 1 });
    expect(
      await retry.attempt(
        edit(0, now),
        calm,
        async () => told,
        () => told,
      ),
    ).toEqual(told);
  });

  test('that fails means what its judge says', async () => {
    const error = new Error('no');
    const judged: unknown[] = [];
    const judge = (thrown: unknown) => {
      judged.push(thrown);
      return told;
    };
    expect(await retry.attempt(edit(), calm, () => Promise.reject(error), judge)).toEqual(told);
    expect(judged).toEqual([error]);
  });

  test('that is aborted is nobody’s failure', async () => {
    const aborted = AbortSignal.abort();
    const work = () => Promise.reject(new Error('aborted'));
    await expect(retry.attempt(edit(), aborted, work, () => told)).rejects.toThrow('aborted');
  });
});

describe('putting off', () => {
  const waits = (retries: number, error: Error, leastMs?: number) =>
    retry.putOff(edit(retries), error, 'put off', leastMs).until - now;
  const bug = new Error('no answer');

  test('grows with every try, between half and all of a doubling time, up to the longest', () => {
    for (const [retries, most] of [
      [0, 1_000],
      [1, 2_000],
      [5, 32_000],
      [30, timing.backoffMaxMs],
    ] as const) {
      expect(waits(retries, bug)).toBeGreaterThanOrEqual(most / 2);
      expect(waits(retries, bug)).toBeLessThanOrEqual(most);
    }
  });

  test('is never shorter than what Discord or Runflow asked for', () => {
    expect(waits(0, new DiscordTrouble('later', 'limit', undefined, 90_000))).toBe(90_000);
    expect(waits(0, new RunflowError('throttled', '429', { retryAfterMs: 70_000 }))).toBe(70_000);
    expect(waits(9, new RunflowError('throttled', '429', { retryAfterMs: 1 }))).toBeGreaterThan(1);
    expect(waits(0, new DiscordTrouble('later', 'limit', undefined, 60), 0)).toBe(60);
  });

  test('can be for no time at all, and is logged with its cause', () => {
    expect(waits(3, bug, 0)).toBe(0);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      level: 'warn',
      msg: 'put off',
      err: { message: 'no answer' },
    });
  });
});

test('it is over once it was tried for longer than that, and several times', () => {
  const tried = { ...accepted(), retries: timing.refuseTries };
  expect(retry.isOver(tried, now - 100, 100)).toBe(false);
  expect(retry.isOver(tried, now - 101, 100)).toBe(true);
  expect(retry.isOver({ ...tried, retries: timing.refuseTries - 1 }, now - 101, 100)).toBe(false);
});
