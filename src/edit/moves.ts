// The only moves that an edit can make. Pure: nothing here reads a clock, a store or a network, so tests can try every
// sequence of events.
import { moreCareful } from '../runflow/run.ts';
import { cover } from './covers.ts';
import { noteLateCard, remove } from './deleted.ts';
import type { EditEvent, PutOff, ReviewEvent, StateEvent, StepEvent } from './events.ts';
import { dropSource, keepSource } from './kept.ts';
import { awaitTakeDown, oweFor, pay, putOffDuty } from './owed.ts';
import { share } from './private.ts';
import {
  common,
  commonWithRun,
  type Delivered,
  type Delivering,
  type Edit,
  type Ended,
  type Failed,
  type Held,
  isAgeRestricted,
  isClosed,
  isUnderWay,
  type Pictures,
  postingOf,
  type Settled,
  type WithRun,
} from './record.ts';
import { refresh, refreshDelivering, refreshHeld } from './refresh.ts';
import { countBadDownload, moveReview } from './review.ts';
import { moveAccepted, moveRunning } from './run-moves.ts';
import { isStray, type Posted, takeDownStray } from './stray.ts';

/** What people can still do to a closed edit. */
const byPeople = new Set<EditEvent['type']>([
  'deleted',
  'reported',
  'contested',
  'undone',
  'post-again',
  'covered',
  'shared',
  'remarked',
]);

/** The edit after an event; the same object when its state ignores the event. */
export function move(edit: Edit, event: EditEvent, now: number): Edit {
  if (event.type === 'posted' && isStray(edit, event)) return takeDownStray(edit, event);
  if (edit.state === 'deleted' && event.type === 'card-posted') return noteLateCard(edit, event, now);
  if (isClosed(edit) && !byPeople.has(event.type)) return edit;
  const moved = isReviewEvent(event) ? moveReview(edit, event, now) : moveOn(edit, event, now);
  return moved === edit ? edit : oweFor(edit, moved, event, now);
}

const reviewEvents: ReadonlySet<string> = new Set<ReviewEvent['type']>([
  'held',
  'withheld',
  'notified',
  'no-room',
  'woken',
  'card-posted',
  'card-gone',
  'reminded',
  'decided',
  'claimed',
  'released',
  'remarked',
  'undone',
  'contested',
  'reported',
  'answered',
  'reviewed',
  'post-again',
]);

function isReviewEvent(event: EditEvent): event is ReviewEvent {
  return reviewEvents.has(event.type);
}

function moveOn(edit: Edit, event: StepEvent, now: number): Edit {
  switch (event.type) {
    case 'paid': {
      const paid = pay(edit, event.duty);
      return event.duty.kind === 'drop-source' && paid !== edit ? dropSource(paid) : paid;
    }
    case 'duty-failed':
      return putOffDuty(edit, event.duty, event.until);
    case 'take-down-awaited':
      return awaitTakeDown(edit, event.message, event.asked);
    case 'put-off':
      return putOff(edit, event, now);
    case 'wait-told':
      return edit.waitTold ? edit : { ...edit, waitTold: true };
    case 'shrinking':
      return { ...edit, shrinks: (edit.shrinks ?? 0) + 1 };
    case 'reply-gone':
      return edit.reply ? { ...edit, reply: undefined } : edit;
    case 'deleted':
      return remove(edit, event.by, now);
    case 'covered':
      return cover(edit, event.covers);
    case 'shared':
      return share(edit, event.reply, now);
    case 'source-kept':
      return keepSource(edit, event.assets);
    case 'outcome-kept':
      return edit.state === 'settled' || edit.state === 'held' || edit.state === 'delivering'
        ? hearAgain(edit, event, now)
        : moveState(edit, event, now);
    case 'failed':
      if (!isUnderWay(edit)) return edit;
      return {
        ...common(edit, now),
        state: 'failed',
        runId: 'runId' in edit ? edit.runId : undefined,
        reason: event.reason,
        detail: event.detail,
        closedAt: now,
        told: false,
        ...(event.charged === undefined ? {} : { charged: event.charged }),
        ...(event.mostBytes === undefined ? {} : { mostBytes: event.mostBytes }),
        ...(edit.state === 'delivering' ? { unposted: unposted(edit) } : {}),
      };
    default:
      return moveState(edit, event, now);
  }
}

/** An end that is more careful than the one taken up counts as long as nothing is posted. */
function hearAgain(edit: Settled | Held | Delivering, { runId, outcome }: Ended, now: number): Edit {
  if (runId !== edit.runId || moreCareful(edit.outcome, outcome) === edit.outcome) return edit;
  return moveState(edit, { type: 'refreshed', outcome }, now);
}

const unposted = (edit: Delivering): Failed['unposted'] => ({
  outcome: edit.outcome,
  submittedAt: edit.submittedAt,
  spoiler: edit.spoiler,
  ...postingOf(edit),
});

/** Counts a step that is put off. A refusal is counted from its first time, until the step succeeds. */
function putOff(edit: Edit, { until, badDownload, refused, unanswered }: PutOff, now: number): Edit {
  const sent = unanswered && edit.state === 'delivering' ? { ...edit, unanswered } : edit;
  const next = {
    ...sent,
    retries: edit.retries + 1,
    dueAt: until,
    shrinks: undefined,
    refusedSince: refused ? (edit.refusedSince ?? now) : undefined,
  };
  if (!badDownload) return next;
  if (next.state === 'delivering') return { ...next, badDownloads: next.badDownloads + 1 };
  return next.review ? { ...next, review: countBadDownload(next.review) } : next;
}

function moveState(edit: Edit, event: StateEvent, now: number): Edit {
  switch (edit.state) {
    case 'accepted':
      return moveAccepted(edit, event, now);
    case 'running':
      return moveRunning(edit, event, now);
    case 'settled':
      return moveSettled(edit, event, now);
    case 'held':
      if (event.type !== 'refreshed' || event.outcome.kind !== 'succeeded') return edit;
      return refreshHeld(edit, event.outcome);
    case 'delivering':
      return moveDelivering(edit, event, now);
    case 'delivered':
    case 'deleted':
      return edit;
    case 'rejected':
      if (event.type !== 'told' || edit.told) return edit;
      return { ...edit, told: true, ...(event.notice ? { notice: event.notice } : {}) };
    case 'failed':
      if (event.type === 'sent-directly') return edit.sentDirectly ? edit : { ...edit, sentDirectly: true };
      return event.type === 'told' && !edit.told ? { ...edit, told: true } : edit;
  }
}

function moveSettled(edit: Settled, event: StateEvent, now: number): Edit {
  const { settledAt, outcome } = edit;
  if (outcome.kind !== 'succeeded') return edit;
  // Only the channel remembers that it was posted before the store was lost.
  if (event.type === 'posted' && edit.recovered) return deliver({ ...edit, outcome }, event, now);
  if (event.type === 'refreshed') {
    return event.outcome.kind === 'succeeded' ? { ...edit, outcome: refresh(outcome, event.outcome) } : edit;
  }
  if (event.type !== 'approved') return edit;
  // Discord's rule, enforced here too: only a moderator's verdict leads from here to a posted picture.
  if (outcome.nsfw === true && !isAgeRestricted(edit)) return edit;
  const { spoiler } = event;
  const again = postingOf(edit);
  return { ...commonWithRun(edit, now), ...again, state: 'delivering', settledAt, outcome, spoiler, badDownloads: 0 };
}

function moveDelivering(edit: Delivering, event: StateEvent, now: number): Edit {
  switch (event.type) {
    case 'refreshed':
      return event.outcome.kind === 'succeeded' ? refreshDelivering(edit, event.outcome, event.standing, now) : edit;
    case 'posting':
      return { ...edit, posting: { first: edit.posting?.first ?? now, last: now } };
    case 'too-large':
      return { ...edit, tooLarge: (edit.tooLarge ?? 0) + 1, refusedSince: undefined };
    case 'words-refused':
      return edit.wordless ? edit : { ...edit, wordless: true, refusedSince: undefined };
    case 'reconsidered':
      return reconsider(edit, event.restricted, now);
    case 'posted':
      return deliver(edit, event, now);
    default:
      return edit;
  }
}

function deliver(
  edit: WithRun & Edit & { outcome: Pictures },
  { channelId, messageId }: Posted,
  now: number,
): Delivered {
  return {
    ...commonWithRun(edit, now),
    state: 'delivered',
    deliveredAt: now,
    outcome: edit.outcome,
    channelId,
    messageId,
    deletedBy: undefined,
    ...(edit.state === 'delivering' ? { spoiler: edit.spoiler } : {}),
  };
}

/** Back to the policy: unless a moderator approved it, a result is judged by what holds when it is posted. */
function reconsider(edit: Delivering, restricted: boolean, now: number): Edit {
  if (edit.review?.verdict) return edit;
  const { settledAt, outcome } = edit;
  const again: Settled = { ...commonWithRun(edit, now), ...postingOf(edit), state: 'settled', settledAt, outcome };
  return restricted ? again : { ...again, openPlace: true };
}
