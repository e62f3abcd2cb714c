// A result that only its requester sees, and how they show it to everybody. Pure.
import type { Reply } from './messages.ts';
import { type Common, commonWithRun, type Delivered, type Delivering, type Edit } from './record.ts';

/** Whether nobody but its requester may see its result. */
export function isPrivate({ origin, shared }: Pick<Common, 'origin' | 'shared'>): boolean {
  return origin.private === true && shared === undefined;
}

/** Whether its requester can show it to everybody. What was reported is for the moderators to decide. */
export function isSharable(edit: Edit): edit is Delivered {
  if (edit.state !== 'delivered' || !isPrivate(edit) || edit.review?.kind === 'report') return false;
  return edit.deletedBy === undefined && !edit.erased;
}

/** It is posted once more, in the reply to the press, by what holds in its channel then. */
export function share(edit: Edit, reply: Reply, now: number): Edit {
  if (!isSharable(edit)) return edit;
  const { outcome, spoiler = outcome.nsfw !== false } = edit;
  const shared = commonWithRun({ ...edit, reply, shared: true }, now);
  return { ...shared, state: 'delivering', settledAt: now, outcome, spoiler, badDownloads: 0 } satisfies Delivering;
}
