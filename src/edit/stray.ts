// A message that was posted while the record became something else than a result that it shows. Pure.
import type { EditEvent } from './events.ts';
import { owe } from './owed.ts';
import type { Edit } from './record.ts';

export type Posted = Extract<EditEvent, { type: 'posted' }>;

/** Whether a message was posted while the record became something else than a result that it shows. */
export function isStray(edit: Edit, { messageId }: Posted): boolean {
  if (edit.state === 'delivered') return edit.messageId !== messageId;
  if (edit.state === 'settled') return !edit.recovered;
  return edit.state === 'deleted' || edit.state === 'held' || edit.state === 'rejected';
}

/** It has to come down: deleted, found to be flagged, or shown elsewhere, the result must not stand there. */
export function takeDownStray(edit: Edit, { channelId, messageId }: Posted): Edit {
  const owed = owe(edit, { kind: 'take-down', message: { channelId, messageId } });
  // The reply may have been the notice before: then another one is needed.
  if (owed.state !== 'held' || owed.review.notice?.messageId !== messageId) return owed;
  return { ...owed, review: { ...owed.review, notice: { ...owed.review.notice, fresh: false } } };
}
