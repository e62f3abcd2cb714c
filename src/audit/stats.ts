// Statistics of a server's moderation over its last weeks, from its edits' accounts and the weekly counts. Pure.
import type { ChartWeek } from '../picture/chart.ts';
import type { EditAccount } from './accounts.ts';
import { weekOf } from './counts.ts';

export type Stats = {
  held: number;
  blocked: number;
  approved: number;
  rejected: number;
  /** Nobody decided in time. */
  expired: number;
  /** Contested or undone decisions that ended the other way. */
  overturned: number;
  /** From the opening of a card to its first decision; undefined when nothing was decided. */
  medianDecisionMs: number | undefined;
  /** Oldest first. */
  weeks: ChartWeek[];
};

function median(numbers: readonly number[]): number | undefined {
  const sorted = numbers.toSorted((one, other) => one - other);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  return upper === undefined || lower === undefined ? undefined : (lower + upper) / 2;
}

/**
 * @param accounts of the edits that were flagged in these weeks
 * @param weeks oldest first, with the number of edits accepted in each
 */
export function computeStats(
  accounts: readonly EditAccount[],
  weeks: readonly { start: number; edits: number }[],
): Stats {
  const since = weeks[0]?.start ?? Number.POSITIVE_INFINITY;
  // An edit counts in the week it was flagged, whenever it was decided.
  const flagged = accounts.filter((edit) => edit.flaggedAt !== undefined && edit.flaggedAt >= since);
  const count = (edits: readonly EditAccount[], ...states: EditAccount['state'][]) =>
    edits.filter(({ state }) => states.includes(state)).length;
  const decisions = flagged.flatMap(({ openedAt, decidedAt }) =>
    openedAt === undefined || decidedAt === undefined ? [] : [decidedAt - openedAt],
  );
  return {
    held: flagged.filter(({ held }) => held).length,
    blocked: flagged.filter(({ held }) => !held).length,
    approved: count(flagged, 'approved'),
    rejected: count(flagged, 'rejected', 'taken-down'),
    expired: count(flagged, 'expired'),
    overturned: flagged.filter(({ overturned }) => overturned).length,
    medianDecisionMs: median(decisions),
    weeks: weeks.map(({ start, edits }) => {
      const own = flagged.filter(({ flaggedAt }) => flaggedAt !== undefined && weekOf(flaggedAt) === start);
      return {
        start,
        held: own.filter(({ held }) => held).length,
        approved: count(own, 'approved'),
        rejected: count(own, 'rejected', 'taken-down', 'expired'),
        // An edit accepted in one week may be flagged in the next.
        flagRate: edits === 0 ? undefined : Math.min(1, own.length / edits),
      };
    }),
  };
}
