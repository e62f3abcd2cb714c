// What a member has taken of an allowance, and when there is room again: the pure parts.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addToHours,
  dayMs,
  emptyLedger,
  freeAt,
  type Hours,
  hourMs,
  type Ledger,
  readLedger,
  serverFreeAt,
  timesAnywhere,
  timesIn,
  underWayIn,
  withOpen,
  withSettled,
  withWaiting,
} from '../../src/limits/ledger.ts';
import { limitsOf, withRole } from '../../src/settings/role-limits.ts';
import { readSettings } from '../../src/settings/settings.ts';

const now = Date.UTC(2026, 9, 25, 3);

test.each([
  ['none were made', [], 1, undefined],
  ['one more fits', [now - 5], 2, undefined],
  ['the last one just left', [now - hourMs], 1, undefined],
  ['the only one leaves', [now - hourMs + 1], 1, now + 1],
  ['as many as may be', [now - 30, now - 20, now - 10], 3, now - 30 + hourMs],
  ['more than may be since the limit was lowered', [now - 30, now - 20, now - 10], 2, now - 20 + hourMs],
  ['nothing is allowed', [], 0, Number.POSITIVE_INFINITY],
  ['nothing is allowed any more', [now - 5], 0, Number.POSITIVE_INFINITY],
])('there is room again when %s', (_what, times, most, expected) => {
  expect(freeAt(times, most, hourMs, now)).toBe(expected);
});

test('a moment earlier there is no room, at that moment there is', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: hourMs }), { maxLength: 20 }),
      fc.integer({ min: 1, max: 9 }),
      (ages, most) => {
        const times = ages.map((age) => now - age).sort((one, other) => one - other);
        const at = freeAt(times, most, hourMs, now);
        if (at === undefined) return;
        expect(freeAt(times, most, hourMs, at - 1)).toBe(at);
        expect(freeAt(times, most, hourMs, at)).toBeUndefined();
      },
    ),
  );
});

describe('a ledger', () => {
  const made = (changes = {}) => ({ id: '1', at: now, guildId: 'g', ...changes });
  const open = withOpen(emptyLedger, made(), now);
  const [use = made()] = open.open;

  test('counts what is under way, and no longer what waits for a moderator', () => {
    expect(underWayIn(open, 'g')).toBe(1);
    expect(underWayIn(open, undefined)).toBe(0);
    const waiting = withWaiting(open, use);
    expect(underWayIn(waiting, 'g')).toBe(0);
    expect(timesIn(waiting, 'g')).toEqual([now]);
  });

  test('keeps what was used for a day, and forgets what was given back', () => {
    const used = withSettled(open, use, true, now);
    expect(timesIn(used, 'g')).toEqual([now]);
    expect(timesIn(used, 'h')).toEqual([]);
    expect(timesAnywhere(used)).toEqual([now]);
    expect(withOpen(used, made({ id: '2', guildId: 'h' }), now + dayMs).used).toEqual({});
    expect(withSettled(open, use, false, now)).toEqual(emptyLedger);
  });

  test('grows no further than any limit looks', () => {
    let ledger: Ledger = emptyLedger;
    for (let index = 0; index < 1_200; index += 1) {
      const next = made({ id: String(index), at: now + index });
      ledger = withOpen(ledger, next, now);
      ledger = withSettled(ledger, ledger.open[0] ?? next, true, now);
    }
    expect(timesIn(ledger, 'g')).toHaveLength(1_000);
    expect(timesIn(ledger, 'g').at(-1)).toBe(now + 1_199);
    expect(readLedger(JSON.parse(JSON.stringify(ledger)))).toEqual(ledger);
  });
});

test('a server has room again when the hour of its oldest edits is a day ago, also over a month’s end and a change of clocks', () => {
  for (const start of [
    now,
    Date.UTC(2026, 10, 30, 23, 59, 59),
    Date.UTC(2027, 1, 28, 23),
    Date.UTC(2026, 2, 29, 0, 30),
  ]) {
    let hours: Hours = {};
    expect(serverFreeAt(hours, 2, start)).toBeUndefined();
    hours = addToHours(hours, start, 1, start);
    hours = addToHours(hours, start + 2 * hourMs, 1, start + 2 * hourMs);
    const at = (Math.floor(start / hourMs) + 25) * hourMs;
    expect(serverFreeAt(hours, 2, start + 3 * hourMs)).toBe(at);
    expect(serverFreeAt(hours, 2, at - 1)).toBe(at);
    expect(serverFreeAt(hours, 2, at)).toBeUndefined();
    expect(serverFreeAt(hours, 0, at)).toBe(Number.POSITIVE_INFINITY);
    expect(serverFreeAt(addToHours(hours, start, -1, start), 2, start + 3 * hourMs)).toBeUndefined();
    expect(addToHours(hours, start, 1, start + 40 * hourMs)).toEqual({});
  }
});

describe('of several roles', () => {
  const settings = {
    ...readSettings(undefined),
    perDay: 5,
    cooldownSeconds: 60,
    roleLimits: withRole(withRole([], '1', { perDay: 20, perHour: 9 }), '2', { perDay: 2, cooldownSeconds: 10 }),
  };

  test.each([
    ['none', [], { perDay: 5, cooldownSeconds: 60 }],
    ['one that allows more', ['1'], { perDay: 20, cooldownSeconds: 60 }],
    ['one that allows less', ['2'], { perDay: 5, cooldownSeconds: 10 }],
    ['both', ['2', '1'], { perDay: 20, cooldownSeconds: 10 }],
  ])('the highest counts: %s', (_what, roles, expected) => {
    expect(limitsOf(settings, roles)).toEqual({ atOnce: undefined, perHour: undefined, ...expected });
  });

  test('one that has no limits left is forgotten', () => {
    expect(
      withRole(settings.roleLimits, '1', { perDay: undefined, perHour: undefined }).map(({ role }) => role),
    ).toEqual(['2']);
  });

  test('what cannot be read of them allows nobody more, and of everybody’s limits nobody anything', () => {
    const roleLimits = [{ role: '1', perDay: -1 }, 7, null, { role: '2', perDay: 3 }, { role: 'x', perDay: 3 }];
    const read = readSettings({ perDay: 'many', cooldownSeconds: -5, serverPerDay: 1.5, roleLimits });
    expect(read).toMatchObject({ perDay: 0, cooldownSeconds: 86_400, serverPerDay: 0 });
    expect(read.roleLimits).toEqual([{ role: '2', perDay: 3 }]);
    expect(readSettings({ roleLimits: 'all' }).roleLimits).toEqual([]);
  });
});
