// What sends a result back to the moderators: an undo, and a requester who asks for another look. Pure.
import type { Notice } from './messages.ts';
import { commonWithRun, type Delivered, type Delivering, type Edit, type Held, type Rejected } from './record.ts';
import { openReview, type Review } from './review-record.ts';
import { canUndo } from './undo.ts';

/** The states in which a review can be under way, or decided. */
export type WithReview = Held | Delivering | Delivered | Rejected;

export const withReview = <Any extends Edit>(edit: Any, review: Review): Any => ({ ...edit, review });
/** Its next step is to be taken now. */
export const due = <Any extends Edit>(edit: Any, now: number): Any => ({
  ...edit,
  retries: 0,
  dueAt: now,
  shrinks: undefined,
});
export const staleNotice = (notice: Notice | undefined): Notice | undefined => notice && { ...notice, fresh: false };

/** More than a card shows: nobody changes their mind that often. */
export const mostPast = 10;

/** Takes a decision back, if this moderator still can. */
export function undo(edit: WithReview, review: Review, by: string, now: number): Edit {
  if (!canUndo(edit, by, now)) return edit;
  const { verdict } = review;
  const answeredBefore = review.answeredBefore || (review.answered ?? []).length > 0 || undefined;
  const open = withReview(edit, {
    ...review,
    verdict: undefined,
    told: false,
    ...(verdict ? { past: [...(review.past ?? []), { ...verdict, undoneAt: now }].slice(-mostPast) } : {}),
    ...(answeredBefore ? { answeredBefore } : {}),
  });
  if (open.state === 'delivered' && open.takenDown) return restore(open, now);
  if (review.kind === 'report') return due(open, now);
  return open.state === 'delivered' || open.state === 'rejected' ? reopen(open, now) : edit;
}

/** Posts again what was taken down; the report stays open. Of an older record, careful: who knows how it was shown. */
function restore(edit: Delivered, now: number): Delivering {
  const { outcome, spoiler = outcome.nsfw !== false } = edit;
  const again = { ...commonWithRun(edit, now), round: (edit.round ?? 0) + 1 };
  return { ...again, state: 'delivering', settledAt: now, outcome, spoiler, badDownloads: 0 };
}

/** Sends the edit back to the moderators; a posted result comes down. */
function reopen(edit: (Delivered | Rejected) & { review?: Review | undefined }, now: number): Edit {
  const { review, outcome } = edit;
  if (!review || outcome.kind !== 'succeeded') return edit;
  const open = {
    ...edit,
    state: 'held',
    outcome,
    settledAt: now,
    // A posted picture replaced the notice; after a rejection the notice is still there, so rewrite it.
    review: { ...review, notice: edit.state === 'rejected' ? staleNotice(review.notice) : undefined },
    round: (edit.round ?? 0) + 1,
  } as const satisfies Held;
  return due<Held>(open, now);
}

/**
 * Whether its requester may ask for another look: once after somebody has decided, and as long as nobody has looked at
 * all, because the server's settings or time decided.
 */
export function canContest(edit: Edit): edit is Rejected {
  if (edit.state !== 'rejected' || edit.outcome.kind !== 'succeeded') return false;
  return !(edit.review?.earlier ?? []).some(({ by }) => by !== 'bot');
}

/** The edit as its requester asks for another look. */
export function contest(edit: Edit, now: number): Edit {
  if (!canContest(edit) || edit.outcome.kind !== 'succeeded') return edit;
  const before = edit.review ?? openReview('held', edit.outcome.nsfw, now);
  const { verdict, earlier = [] } = before;
  const kept = verdict ? [...earlier, verdict] : earlier;
  const asked: Review = { ...before, contested: true, verdict: undefined, earlier: kept, told: false };
  const again: Review = {
    ...asked,
    openedAt: now,
    reminded: false,
    // Nobody looked at an expired card, and its pictures may be gone: post a new one.
    card: edit.reason === 'expired' ? undefined : asked.card,
    notice: asked.notice ?? (edit.notice && { ...edit.notice, fresh: false }),
  };
  return reopen(withReview(edit, again), now);
}
