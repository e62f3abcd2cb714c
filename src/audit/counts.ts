// Counts a server's edits per week: the one number the audit log lacks. A log entry for every edit would bury what
// moderators did.

import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { createForgetful, type Store } from '../store/store.ts';

const dayMs = 24 * 3_600_000;
const weekMs = 7 * dayMs;

/** Statistics look back over twelve weeks; a year leaves room for a longer look. */
const keepMs = 53 * weekMs;

/** The start of a time's week: Monday, 00:00 UTC. */
export function weekOf(ms: number): number {
  // The epoch was a Thursday, three days after a Monday.
  return Math.floor((ms + 3 * dayMs) / weekMs) * weekMs - 3 * dayMs;
}

/** The weeks up to that of `now`, oldest first. */
export function lastWeeks(now: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => weekOf(now) - (count - 1 - index) * weekMs);
}

const number = z.number();

export type Counts = {
  /** Counts an edit accepted now. */
  add(guildId: string): Promise<void>;
  /** How many edits were accepted in each of these weeks. */
  edits(guildId: string, weeks: readonly number[]): Promise<number[]>;
};

export function createCounts(store: Store, clock: Clock): Counts {
  /** What older versions counted; expires by itself. */
  const before = createForgetful(store.space('weekly-edits'), (value) => number.safeParse(value).data);
  const keyOf = (guildId: string, week: number) => `${guildId}:${new Date(week).toISOString().slice(0, 10)}`;
  return {
    add: (guildId) => store.add(`edits:${keyOf(guildId, weekOf(clock.now()))}`, 1, keepMs),
    async edits(guildId, weeks) {
      const keys = weeks.map((week) => keyOf(guildId, week));
      const counted = await store.counts(keys.map((key) => `edits:${key}`));
      const earlier = await Promise.all(keys.map((key) => before.get(key)));
      return counted.map((count, index) => count + (earlier[index] ?? 0));
    },
  };
}
