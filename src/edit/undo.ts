// What can still be taken back: a decision by whoever made it, for a while, unless the picture is gone for good. Pure.
import type { Edit } from './record.ts';

/** Undo is for slips; second thoughts are for contesting. */
export const undoMs = 15 * 60_000;

/**
 * Why a moderator cannot undo their decision:
 * - `open` there is none
 * - `expired` time decided
 * - `other`, `late` somebody else did, or it was too long ago
 * - `posting` the picture may be there at any moment
 * - `not-posted` it could not be
 * - `deleted` it was, and does not come back
 */
export type UndoRefusal = 'open' | 'expired' | 'other' | 'late' | 'posting' | 'not-posted' | 'deleted';

/** Why this moderator cannot undo their decision; undefined when they can. */
export function whyNotUndo(edit: Edit, by: string, now: number): UndoRefusal | undefined {
  if (edit.state === 'deleted') return 'deleted';
  const verdict = edit.review?.verdict;
  if (!verdict) return 'open';
  if (verdict.by === 'bot') return 'expired';
  if (verdict.by !== by) return 'other';
  if (now - verdict.at >= undoMs) return 'late';
  if (edit.state === 'failed') return 'not-posted';
  if (edit.state === 'delivered') return isDeleted(edit) ? 'deleted' : undefined;
  return edit.state === 'rejected' ? undefined : 'posting';
}

export const canUndo = (edit: Edit, by: string, now: number): boolean => whyNotUndo(edit, by, now) === undefined;

/** Whether somebody deleted it for good: a moderator's verdict can be undone. */
export function isDeleted(edit: Edit): boolean {
  return edit.state === 'deleted' || (edit.state === 'delivered' && edit.deletedBy !== undefined && !edit.takenDown);
}
