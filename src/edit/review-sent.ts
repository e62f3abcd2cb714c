// What a review notes of what was sent because of it: the notice in the channel, the requester's note, the card. Pure.
import type { ReviewEvent } from './events.ts';
import type { Review } from './review-record.ts';

export function unseen(review: Review, { note }: Extract<ReviewEvent, { type: 'no-room' }>): Review {
  return note === undefined ? { ...review, unseen: true } : { ...review, unseen: true, note };
}

/** From now on, moderators can see it. */
export function carded(
  { unshown: _before, unseen: _over, ...review }: Review,
  { card, unshown, prints }: Extract<ReviewEvent, { type: 'card-posted' }>,
): Review {
  return { ...review, card, ...(unshown ? { unshown } : {}), ...(prints ? { prints } : {}) };
}

export function notified(review: Review, { notice, unseen, note }: Extract<ReviewEvent, { type: 'notified' }>): Review {
  const told: Review = { ...review, ...(unseen ? { unseen } : {}), ...(note === undefined ? {} : { note }) };
  return notice ? { ...told, notice: { ...notice, fresh: true } } : { ...told, notice: undefined, noticeless: true };
}
