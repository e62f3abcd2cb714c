// A result that only its requester sees, and how they show it to everybody. Pure.
import type { Reply } from './messages.ts';
import { type Common, commonWithRun, type Delivered, type Edit } from './record.ts';
import { isApproval } from './review.ts';

/** Whether nobody but its requester may see its result. */
export function isPrivate({ origin, shared }: Pick<Common, 'origin' | 'shared'>): boolean {
  return origin.private === true && shared === undefined;
}

/** Whether its requester can show it to everybody. What was reported is for the moderators to decide. */
export function isSharable(edit: Edit): edit is Delivered {
  if (edit.state !== 'delivered' || !isPrivate(edit) || edit.review?.kind === 'report') return false;
  return edit.deletedBy === undefined && !edit.erased;
}

/**
 * It is posted once more, in the reply to the press, by what holds in its channel then; what a moderator approved stays
 * approved.
 */
export function share(edit: Edit, reply: Reply, now: number): Edit {
  if (!isSharable(edit)) return edit;
  const { outcome, review, spoiler = outcome.nsfw !== false } = edit;
  const shared = commonWithRun({ ...edit, reply, shared: true }, now);
  const again = { ...shared, settledAt: now, outcome };
  const isApproved = isApproval(review?.verdict?.kind);
  return isApproved ? { ...again, state: 'delivering', spoiler, badDownloads: 0 } : { ...again, state: 'settled' };
}
