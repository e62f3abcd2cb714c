// Moderation of a result: what moderators, members and deadlines can do to it, and the edit that follows. Pure.
import type { Reason } from '../audit/audit.ts';
import { moveClaim, unclaimed } from './claim.ts';
import type { ReviewEvent } from './events.ts';
import {
  common,
  commonWithRun,
  type Delivering,
  type Edit,
  type Failed,
  type Held,
  postingOf,
  type Rejected,
  type Settled,
} from './record.ts';
import { contest, due, mostPast, staleNotice, undo, type WithReview, withReview } from './reopen.ts';
import { openReview, type Review, type Verdict } from './review-record.ts';
import { carded, notified, unseen } from './review-sent.ts';

/** A record is no place for a discussion. */
const mostRemarks = 10;
const mostReports = 10;

/** Events of a review that is already open. */
type OpenedEvent = Exclude<ReviewEvent, { type: 'held' | 'withheld' | 'reported' | 'contested' | 'post-again' }>;
type Decided = Extract<ReviewEvent, { type: 'decided' }>;

/** Whether the review waits for a moderator's decision. */
export function isOpen(review: Review | undefined): boolean {
  return review !== undefined && review.verdict === undefined;
}

/** Whether a verdict lets a held result be shown. */
export function isApproval(kind: Verdict['kind'] | undefined): boolean {
  return kind === 'approved' || kind === 'approved-spoiler';
}

/** Whether a moderator let the result through, also when it was reported since. */
export const isLetThrough = (review: Review | undefined): boolean =>
  review?.approved === true || isApproval(review?.verdict?.kind);

/** Whether the edit can take this verdict now: expiry approves nothing, and a report has its own verdicts. */
export function canDecide(edit: Edit, { kind, by }: Pick<Verdict, 'kind' | 'by'>): boolean {
  const { review, state } = edit;
  if (!review || !isOpen(review)) return false;
  if (review.kind === 'report') return state === 'delivered' && (kind === 'kept' || kind === 'taken-down');
  return state === 'held' && (kind === 'rejected' || kind === 'expired' || (isApproval(kind) && by !== 'bot'));
}

/** Fresh addresses are asked for only so often: with each, one more download has failed. */
export function countBadDownload(review: Review): Review {
  return { ...review, badDownloads: (review.badDownloads ?? 0) + 1 };
}

/** The edit after a review event; the same object when its state ignores the event. */
export function moveReview(edit: Edit, event: ReviewEvent, now: number): Edit {
  switch (event.type) {
    case 'held':
      // Discord's own filter refused a result that the server's settings let pass.
      return edit.state === 'settled' || (edit.state === 'delivering' && !edit.review) ? hold(edit, now) : edit;
    case 'post-again':
      return canPostAgain(edit) ? postAgain(edit, now) : edit;
    case 'withheld':
      // A report of what is not posted again, after all, is moot.
      return isUnseen(edit) ? reject(edit.state === 'settled' ? withoutReview(edit) : edit, 'blocked', now) : edit;
    case 'reported':
      return report(edit, event, now);
    case 'contested':
      return contest(edit, now);
    default:
      return hasReview(edit) && edit.review ? moveOpened(edit, edit.review, event, now) : edit;
  }
}

function hasReview(edit: Edit): edit is WithReview {
  return ['held', 'delivering', 'delivered', 'rejected'].includes(edit.state);
}

/** A result that only moderators can have seen. */
function isUnseen(edit: Edit): edit is Held | Settled {
  return (edit.state === 'settled' || edit.state === 'held') && edit.outcome.kind === 'succeeded';
}

const withoutReview = ({ review: _moot, ...edit }: Settled): Settled => edit;
function moveOpened(edit: WithReview, review: Review, event: OpenedEvent, now: number): Edit {
  switch (event.type) {
    case 'notified':
      return due(withReview(edit, notified(review, event)), now);
    case 'no-room':
      return { ...withReview(edit, unseen(review, event)), retries: edit.retries + 1, dueAt: event.until };
    case 'woken':
      return edit.dueAt > now ? due(edit, now) : edit;
    case 'card-posted':
      return due(withReview(edit, carded(review, event)), now);
    case 'card-gone':
      return due(withReview(edit, { ...review, card: undefined, lost: (review.lost ?? 0) + 1 }), now);
    case 'reminded':
      return withReview(edit, { ...review, reminded: true });
    case 'answered':
      return answered(edit, review, event);
    case 'reviewed':
      return withReview(edit, { ...review, told: true });
    case 'decided':
      return decide(edit, review, event, now);
    case 'claimed':
    case 'released': {
      const moved = moveClaim(review, event, now);
      return moved === review ? edit : withReview(edit, moved);
    }
    case 'remarked':
      return withReview(edit, { ...review, remarks: [...(review.remarks ?? []), event.remark].slice(-mostRemarks) });
    case 'undone':
      return undo(edit, review, event.by, now);
  }
}

/** After an undo, what was told of the decision before is of no use. */
function answered(edit: WithReview, review: Review, event: Extract<ReviewEvent, { type: 'answered' }>): Edit {
  const { verdict, answered = [] } = review;
  if (verdict?.at !== event.decidedAt || answered.includes(event.userId)) return edit;
  return withReview(edit, { ...review, answered: [...answered, event.userId] });
}

/** A result that waits for a moderator. */
function hold(edit: Settled | Delivering, now: number): Edit {
  const { outcome, settledAt } = edit;
  if (outcome.kind !== 'succeeded') return edit;
  const opened = openReview('held', outcome.nsfw, now);
  const review: Review = edit.state === 'delivering' ? { ...opened, filtered: true } : opened;
  return { ...commonWithRun(edit, now), ...postingOf(edit), state: 'held', settledAt, outcome, review };
}

/**
 * Whether this is to be posted because a moderator took a take-down back: its report, which was made about a posted
 * picture, is open again.
 */
export function isRestored({ state, review }: Edit): boolean {
  return (state === 'delivering' || state === 'failed') && review?.kind === 'report' && isOpen(review);
}

/** Whether a moderator can have a result tried again that one of them let through and that could not be posted. */
export function canPostAgain(
  edit: Edit,
): edit is Failed & { runId: string; unposted: NonNullable<Failed['unposted']> } {
  return (
    edit.state === 'failed' &&
    edit.runId !== undefined &&
    edit.unposted !== undefined &&
    (isApproval(edit.review?.verdict?.kind) || isRestored(edit))
  );
}

function postAgain(edit: Failed & { runId: string; unposted: NonNullable<Failed['unposted']> }, now: number): Edit {
  const { runId, unposted } = edit;
  // Another round: the nonce of the first attempts belongs to them.
  const again = { ...common(edit, now), round: (edit.round ?? 0) + 1 };
  return { ...again, ...unposted, state: 'delivering', runId, settledAt: now, badDownloads: 0 };
}

/** A held or settled result that is not shown. */
function reject(edit: Held | Settled, reason: Rejected['reason'], now: number): Rejected {
  return due({ ...edit, state: 'rejected', reason, closedAt: now, told: false }, now);
}

/** Compare-and-set: only an open review takes a verdict, and the verdict must fit its kind. */
function decide(edit: WithReview, review: Review, { verdict, card }: Decided, now: number): Edit {
  if (!canDecide(edit, verdict)) return edit;
  const noted: Review = {
    ...unclaimed(review),
    verdict,
    told: false,
    answered: undefined,
    card: review.card ?? card,
    notice: staleNotice(review.notice),
  };
  const decided = withReview(edit, noted);
  switch (verdict.kind) {
    case 'approved':
    case 'approved-spoiler':
      return decided.state === 'held' ? deliverHeld(decided, verdict.kind === 'approved-spoiler', now) : edit;
    case 'rejected':
    case 'expired':
      return decided.state === 'held' ? reject(decided, verdict.kind, now) : edit;
    case 'kept':
      return decided;
    case 'taken-down':
      if (decided.state !== 'delivered') return edit;
      return decided.deletedBy === undefined ? { ...decided, deletedBy: verdict.by, takenDown: true } : decided;
  }
}

function deliverHeld(edit: Held, spoiler: boolean, now: number): Delivering {
  // How it is shown is decided anew.
  return due({ ...edit, state: 'delivering', settledAt: now, spoiler, covers: undefined, badDownloads: 0 }, now);
}

/** Why it was reported, as far as somebody said so. */
function reportsOf(review: Review | undefined, by: string, reason: Reason | undefined): Pick<Review, 'reports'> {
  const before = review?.reports ?? [];
  return reason && before.length < mostReports ? { reports: [...before, { by, reason }] } : {};
}

function report(edit: Edit, { by, reason }: Extract<ReviewEvent, { type: 'reported' }>, now: number): Edit {
  if (edit.state !== 'delivered' || edit.deletedBy !== undefined) return edit;
  const { review } = edit;
  if (review?.kind === 'report' && isOpen(review)) {
    if (review.reporters.includes(by)) return edit;
    return withReview(edit, { ...review, reporters: [...review.reporters, by], ...reportsOf(review, by, reason) });
  }
  const approved = isLetThrough(review) || undefined;
  const { past = [], earlier = [], verdict } = review ?? {};
  const before = [...past, ...earlier, ...(verdict ? [verdict] : [])].slice(-mostPast);
  const opened = {
    ...openReview('report', edit.outcome.nsfw, now),
    reporters: [by],
    ...reportsOf(undefined, by, reason),
    ...(approved ? { approved } : {}),
    ...(before.length > 0 ? { past: before } : {}),
    ...(review?.remarks ? { remarks: review.remarks } : {}),
  };
  return due(withReview(edit, opened), now);
}
