// The statistics: what counts as what, and the weeks that it is counted in.
import { describe, expect, test } from 'vitest';
import { sumUp } from '../../src/audit/accounts.ts';
import type { AuditAction, AuditEntry } from '../../src/audit/audit.ts';
import { createCounts, lastWeeks, weekOf } from '../../src/audit/counts.ts';
import { computeStats } from '../../src/audit/stats.ts';
import { createStillClock, openStore } from '../store/stores.ts';

const minute = 60_000;
const monday = Date.UTC(2026, 7, 3);
const week = 7 * 24 * 60 * minute;

/** Entries of one edit, as [action, minutes after the Monday]. */
function edit(editId: string, ...steps: [action: AuditAction, minutes: number][]): AuditEntry[] {
  return steps.map(([action, minutes]) => {
    return {
      id: `${minutes}-${editId}`,
      at: monday + minutes * minute,
      action,
      actorId: 'vera',
      memberId: 'mia',
      editId,
    };
  });
}

const weeks = [
  { start: monday - week, edits: 4 },
  { start: monday, edits: 10 },
];
const accountsOf = (entries: readonly AuditEntry[]) =>
  sumUp(entries.map((entry) => ({ guildId: '1', entry }))).accounts.map(({ value }) => value);
const stats = (...entries: AuditEntry[][]) => computeStats(accountsOf(entries.flat()), weeks);

test('an empty log gives empty statistics', () => {
  expect(stats()).toEqual({
    held: 0,
    blocked: 0,
    approved: 0,
    rejected: 0,
    expired: 0,
    overturned: 0,
    medianDecisionMs: undefined,
    weeks: [
      { start: monday - week, held: 0, approved: 0, rejected: 0, flagRate: 0 },
      { start: monday, held: 0, approved: 0, rejected: 0, flagRate: 0 },
    ],
  });
});

test('edits are counted by how they ended, in the week in which they were flagged', () => {
  const result = stats(
    edit('1', ['held', 0], ['approved', 10]),
    edit('2', ['held', 5], ['approved-spoiler', 9]),
    edit('3', ['held', -100], ['rejected', 20]),
    edit('4', ['held', 30], ['expired', 4000]),
    edit('5', ['held', 40]),
    edit('6', ['blocked', 50]),
    edit('7', ['held', -3 * 7 * 24 * 60], ['approved', 1]),
  );
  expect(result).toMatchObject({ held: 5, blocked: 1, approved: 2, rejected: 1, expired: 1, overturned: 0 });
  expect(result.weeks).toEqual([
    { start: monday - week, held: 1, approved: 0, rejected: 1, flagRate: 0.25 },
    { start: monday, held: 4, approved: 2, rejected: 1, flagRate: 0.5 },
  ]);
});

describe('overturned', () => {
  test.each<[string, boolean, [AuditAction, number][]]>([
    [
      'contested and approved',
      true,
      [
        ['held', 0],
        ['rejected', 1],
        ['contested', 2],
        ['approved', 3],
      ],
    ],
    [
      'contested and rejected again',
      false,
      [
        ['held', 0],
        ['rejected', 1],
        ['contested', 2],
        ['rejected', 3],
      ],
    ],
    [
      'contested and nothing more',
      false,
      [
        ['held', 0],
        ['rejected', 1],
        ['contested', 2],
      ],
    ],
    [
      'undone and decided the other way',
      true,
      [
        ['held', 0],
        ['approved', 1],
        ['undone', 2],
        ['rejected', 3],
      ],
    ],
    [
      'undone and decided alike',
      false,
      [
        ['held', 0],
        ['approved', 1],
        ['undone', 2],
        ['approved-spoiler', 3],
      ],
    ],
    [
      'undone and open',
      false,
      [
        ['held', 0],
        ['approved', 1],
        ['undone', 2],
      ],
    ],
    [
      'back to where it was',
      false,
      [
        ['held', 0],
        ['rejected', 1],
        ['contested', 2],
        ['approved', 3],
        ['undone', 4],
        ['rejected', 5],
      ],
    ],
    [
      'blocked, contested and approved',
      true,
      [
        ['blocked', 0],
        ['contested', 2],
        ['approved', 3],
      ],
    ],
    [
      'expired, contested and approved',
      true,
      [
        ['held', 0],
        ['expired', 1],
        ['contested', 2],
        ['approved', 3],
      ],
    ],
    [
      'taken down after a report',
      false,
      [
        ['held', 0],
        ['approved', 1],
        ['reported', 2],
        ['taken-down', 3],
      ],
    ],
  ])('%s: %s', (_what, overturned, steps) => {
    expect(stats(edit('1', ...steps)).overturned).toBe(overturned ? 1 : 0);
  });
});

test('the median is of the first decisions by moderators, from the opening of the card', () => {
  const decided = (editId: string, minutes: number) => edit(editId, ['held', 0], ['approved', minutes]);
  expect(stats(decided('1', 4)).medianDecisionMs).toBe(4 * minute);
  expect(stats(decided('1', 4), decided('2', 10)).medianDecisionMs).toBe(7 * minute);
  expect(stats(decided('1', 400), decided('2', 1), decided('3', 10)).medianDecisionMs).toBe(10 * minute);
  const undone = edit('4', ['held', 0], ['approved', 2], ['undone', 5], ['rejected', 60]);
  expect(stats(undone, edit('5', ['held', 0], ['expired', 4000])).medianDecisionMs).toBe(2 * minute);
});

test('a week without edits has no rate, and no rate is above one', () => {
  const entries = edit('1', ['held', 1]);
  const rates = (edits: number) => computeStats(accountsOf(entries), [{ start: monday, edits }]).weeks[0]?.flagRate;
  expect([rates(0), rates(1), rates(8)]).toEqual([undefined, 1, 0.125]);
  const two = [...entries, ...edit('2', ['held', 2])];
  expect(computeStats(accountsOf(two), [{ start: monday, edits: 1 }]).weeks[0]?.flagRate).toBe(1);
});

test('weeks begin on Mondays', () => {
  for (const day of [0, 1, 6.9]) expect(weekOf(monday + day * 24 * 60 * minute)).toBe(monday);
  expect(weekOf(monday - 1)).toBe(monday - week);
  expect(weekOf(0)).toBe(Date.UTC(1969, 11, 29));
  expect(lastWeeks(monday + minute, 3)).toEqual([monday - 2 * week, monday - week, monday]);
});

test('edits are counted by week and server, also by two processes at once', async () => {
  const { store, another } = openStore();
  const clock = createStillClock(monday + minute);
  const desks = [createCounts(store, clock), createCounts(another(), clock)];
  await Promise.all(Array.from({ length: 20 }, (_, index) => desks[index % 2]?.add('1')));
  await desks[0]?.add('2');
  clock.move(week);
  await desks[1]?.add('1');
  expect(await desks[0]?.edits('1', lastWeeks(clock.now(), 3))).toEqual([0, 20, 1]);
  expect(await desks[0]?.edits('2', lastWeeks(clock.now(), 2))).toEqual([1, 0]);
});
