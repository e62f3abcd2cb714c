// A result that only its requester sees, and how they show it to everybody. Pure.
import type { Reply } from './messages.ts';
import { commonWithRun, type Delivered, type Delivering, type Edit } from './record.ts';

/** Whether its requester can show it to everybody. */
export function isSharable(edit: Edit): edit is Delivered {
  return edit.state === 'delivered' && edit.origin.private === true && edit.deletedBy === undefined && !edit.erased;
}

/** It is posted once more, in the reply to the press, by what holds in its channel then. */
export function share(edit: Edit, reply: Reply, now: number): Edit {
  if (!isSharable(edit)) return edit;
  const { outcome, spoiler = outcome.nsfw !== false } = edit;
  const origin = { ...edit.origin, private: undefined };
  const shared = commonWithRun({ ...edit, origin, reply }, now);
  return { ...shared, state: 'delivering', settledAt: now, outcome, spoiler, badDownloads: 0 } satisfies Delivering;
}
