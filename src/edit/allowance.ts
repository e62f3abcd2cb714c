// What an edit takes of its requester's allowance: a share that is written together with the new edit, and settled once
// it is known what became of it. limits/ says how large an allowance is.
import type { Write } from '../store/store.ts';
import type { Edit, Share } from './record.ts';

export type Allowance = {
  /** Whoever takes from the same allowance does so one after the other. */
  line: string;
  /**
   * The writes that take a new edit's share, to be done together with its own; none when it has its share.
   * @throws {UserError} that says when the next edit is possible
   */
  take(edit: Edit): Promise<readonly Write[]>;
  /** The writes that give back the share of an edit that is withdrawn; none when it has none. */
  giveBack(edit: Edit): Promise<readonly Write[]>;
};

function shareOf(edit: Edit): Share | undefined {
  switch (edit.state) {
    case 'held':
      return 'waiting';
    case 'delivered':
      return 'used';
    // It may have been withdrawn before it was run.
    case 'deleted':
      return edit.runId === undefined ? 'returned' : 'used';
    case 'rejected':
    case 'failed':
      return 'returned';
    default:
      return undefined;
  }
}

/** Owes what becomes of the share; the same object when nothing does. A share is used, or returned, once. */
export function settleShare<Any extends Edit>(before: Edit, after: Any): Any {
  const share = after.allowance && after.state !== before.state ? shareOf(after) : undefined;
  if (!share) return after;
  const owed = (after.owed ?? []).filter(({ kind }) => kind !== 'allowance');
  return {
    ...after,
    allowance: share === 'waiting' ? after.allowance : undefined,
    owed: [...owed, { kind: 'allowance', share }],
  };
}
