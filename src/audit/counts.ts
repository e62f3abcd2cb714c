// Counts a server's edits per week: the one number the audit log lacks. A log entry for every edit would bury what
// moderators did.
import type { Clock } from '../clock.ts';
import { exclusively } from '../store/exclusive.ts';
import type { Store } from '../store/store.ts';

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

export type Counts = {
  /** Counts an edit accepted now. */
  add(guildId: string): Promise<void>;
  /** How many edits were accepted in each of these weeks. */
  edits(guildId: string, weeks: readonly number[]): Promise<number[]>;
};

export function createCounts(store: Store, clock: Clock): Counts {
  const edits = store.space<number>('weekly-edits');
  const keyOf = (guildId: string, week: number) => `${guildId}:${new Date(week).toISOString().slice(0, 10)}`;
  return {
    add: (guildId) => {
      const key = keyOf(guildId, weekOf(clock.now()));
      return exclusively(store, clock, `weekly-edits:${key}`, async () => {
        await edits.set(key, ((await edits.get(key)) ?? 0) + 1, keepMs);
      });
    },
    edits: (guildId, weeks) => Promise.all(weeks.map(async (week) => (await edits.get(keyOf(guildId, week))) ?? 0)),
  };
}
