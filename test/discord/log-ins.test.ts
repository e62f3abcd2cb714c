// Log-ins are spent with care, whatever makes the bot want another one.
import { describe, expect, it } from 'vitest';
import { createLogIns } from '../../src/discord/log-ins.ts';
import { createLog } from '../../src/log.ts';
import { createLocalThrottle } from '../../src/store/throttle.ts';

/** A clock on which all that waits is over at once. */
function createRacingClock() {
  let time = 0;
  return {
    now: () => Date.UTC(2026, 0, 1) + time,
    elapsed: () => time,
    after(ms: number, callback: () => void) {
      time += ms;
      queueMicrotask(callback);
      return () => {};
    },
  };
}

function setUp() {
  const lines: string[] = [];
  const clock = createRacingClock();
  const log = createLog('debug', [], { write: (line) => lines.push(line) });
  const throttle = createLocalThrottle(clock);
  const create = () => createLogIns({ throttle, laneMs: 5_000, clock, log });
  return { clock, lines, create, logIns: create() };
}

const answer = (limit: object) => async () => ({
  session_start_limit: { total: 1_000, remaining: 999, reset_after: 1, ...limit },
});
const signal = new AbortController().signal;
const dayMs = 24 * 3_600_000;

describe('log-ins', () => {
  it('are 5 seconds apart, and in a storm of invalid sessions take half of what Discord allows a day', async () => {
    const { clock, lines, logIns } = setUp();
    await logIns.allowed(answer({}), () => false);
    await logIns.waitForIdentify(0, 1, signal);
    await logIns.waitForIdentify(0, 1, signal);
    expect(clock.elapsed()).toBe(5_000);
    let made = 2;
    while (clock.elapsed() < dayMs) {
      await logIns.waitForIdentify(0, 1, signal);
      made += 1;
    }
    expect(made).toBeLessThan(530);
    expect(lines[0]).toContain('spaced out');
  });

  it('of shards that may start together do not wait for one another', async () => {
    const { clock, logIns } = setUp();
    await logIns.allowed(answer({ max_concurrency: 16 }), () => false);
    for (let shard = 0; shard < 16; shard += 1) await logIns.waitForIdentify(shard, 16, signal);
    expect(clock.elapsed()).toBe(0);
  });

  it('of all processes keep one pace: two starts of sixteen shards at once, then half of what a day allows', async () => {
    const { clock, create } = setUp();
    const processes = Array.from({ length: 16 }, create);
    let made = 0;
    while (clock.elapsed() < dayMs) {
      const shard = made % 16;
      await processes[shard]?.allowed(answer({}), () => false);
      await processes[shard]?.waitForIdentify(shard, 16, signal);
      made += 1;
      // Each waits for the one before it, since they are one lane.
      if (made === 32) expect(clock.elapsed()).toBe(31 * 5_000);
    }
    expect(made).toBeLessThan(540);
  });

  it('wait, and it is said once until when, while Discord allows none', async () => {
    const { clock, lines, logIns } = setUp();
    let asked = 0;
    const ask = async () => {
      asked += 1;
      return answer({ remaining: asked < 4 ? 0 : 1_000, reset_after: 3_600_000 })();
    };
    await logIns.allowed(ask, () => false);
    expect(asked).toBe(4);
    expect(clock.elapsed()).toBe(3 * 5 * 60_000);
    expect(lines).toEqual([expect.stringContaining('no more log-ins until')]);
  });

  it('that wait are given up with their connection', async () => {
    const clock = { now: () => 0, elapsed: () => 0, after: () => () => {} };
    const throttle = createLocalThrottle(clock);
    const slow = createLogIns({ throttle, laneMs: 5_000, clock, log: createLog('silent', []) });
    await slow.waitForIdentify(0, 1, signal);
    const closing = new AbortController();
    const waiting = slow.waitForIdentify(0, 1, closing.signal);
    closing.abort(new Error('closed'));
    await expect(waiting).rejects.toThrow('closed');
  });
});
