// A message that was posted while the record became something else than a result that it shows. Pure.
import type { EditEvent } from './events.ts';
import type { Message } from './messages.ts';
import { owe } from './owed.ts';
import type { Edit } from './record.ts';

export type Posted = Extract<EditEvent, { type: 'posted' }>;

/** Whether a message was posted while the record became something else than a result that it shows. */
export function isStray(edit: Edit, { messageId }: Posted): boolean {
  if (edit.state === 'delivered') return edit.messageId !== messageId;
  // Rebuilt, it may have been posted before the store was lost; but not what was about to be posted since.
  if (edit.state === 'settled') return !edit.recovered || edit.posting !== undefined;
  return edit.state === 'deleted' || edit.state === 'held' || edit.state === 'rejected';
}

/**
 * The message is found, so that another one is sent under a nonce of its own: Discord knows that of the first. Once it has
 * come down, it was not somebody else who deleted it.
 */
function sentAnew(edit: Edit): Edit {
  if (edit.state !== 'settled' && edit.state !== 'held') return edit;
  const { posting, unanswered: _found, ...rest } = edit;
  return posting ? { ...rest, round: (edit.round ?? 0) + 1 } : rest;
}

/** It has to come down: deleted, found to be flagged, or shown elsewhere, the result must not stand there. */
export function takeDownStray(edit: Edit, { channelId, messageId }: Message): Edit {
  const owed = owe(sentAnew(edit), { kind: 'take-down', message: { channelId, messageId } });
  // The reply may have been the notice before: then another one is needed.
  if (owed.state !== 'held' || owed.review.notice?.messageId !== messageId) return owed;
  return { ...owed, review: { ...owed.review, notice: { ...owed.review.notice, fresh: false } } };
}
