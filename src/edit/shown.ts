// Whether a message of the bot still shows an edit's result: only then can people go on from it. Pure.
import { takeDownsOf } from './owed.ts';
import type { Delivered, Delivering, Edit } from './record.ts';

/** Discord shows ten files in a message. */
const mostPictures = 10;

/**
 * Whether people may go on from this message. Its picture may stand there before the record knows, and still after it has
 * to come down.
 */
export function isShown(edit: Edit, messageId: string): edit is Delivering | Delivered {
  if (edit.erased || takeDownsOf(edit).some(({ message }) => message.messageId === messageId)) return false;
  if (edit.state === 'delivering') return true;
  return edit.state === 'delivered' && edit.deletedBy === undefined;
}

/** How many pictures its message shows. */
export const countPictures = ({ outcome }: Delivering | Delivered): number =>
  Math.min(mostPictures, outcome.outputs.length);
