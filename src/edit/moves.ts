// The only moves that an edit can make. Pure: nothing here reads a clock, a store or a network, so tests can try every
// sequence of events.
import type { EditEvent, ReviewEvent } from './events.ts';
import { oweFor, pay, putOffTakeDown } from './owed.ts';
import {
  type Accepted,
  type Common,
  type Delivering,
  type Edit,
  isAgeRestricted,
  isClosed,
  type Running,
  type Settled,
  type WithRun,
} from './record.ts';
import { countBadDownload, moveReview } from './review.ts';

/** What people can still do to a closed edit. */
const byPeople = new Set<EditEvent['type']>(['deleted', 'reported', 'contested', 'undone']);

/** The edit after an event; the same object when its state ignores the event. */
export function move(edit: Edit, event: EditEvent, now: number): Edit {
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
  'undone',
  'contested',
  'reported',
  'reviewed',
]);

function isReviewEvent(event: EditEvent): event is ReviewEvent {
  return reviewEvents.has(event.type);
}

/** The fields that every state has, with the step's retries reset. */
function common(edit: Edit, now: number): Common {
  const { id, createdAt, origin, reply, model, input, review, round, openPlace, owed } = edit;
  return {
    id,
    createdAt,
    origin,
    reply,
    model,
    input,
    retries: 0,
    dueAt: now,
    // Left out when absent: most edits have none of these.
    ...(review ? { review } : {}),
    ...(round ? { round } : {}),
    ...(openPlace ? { openPlace } : {}),
    ...(owed ? { owed } : {}),
  };
}

/** The same for an edit that has a run. */
function commonWithRun(edit: WithRun & Edit, now: number): WithRun {
  return { ...common(edit, now), runId: edit.runId, submittedAt: edit.submittedAt };
}

type StepEvent = Exclude<EditEvent, ReviewEvent>;

function moveOn(edit: Edit, event: StepEvent, now: number): Edit {
  switch (event.type) {
    case 'paid':
      return pay(edit, event.duty);
    case 'take-down-failed':
      return putOffTakeDown(edit, event.duty, event.until);
    case 'put-off':
      if (edit.state === 'delivering' && event.badDownload) {
        return { ...edit, badDownloads: edit.badDownloads + 1, retries: edit.retries + 1, dueAt: event.until };
      }
      if (edit.review && event.badDownload) {
        return { ...edit, review: countBadDownload(edit.review), retries: edit.retries + 1, dueAt: event.until };
      }
      return { ...edit, retries: edit.retries + 1, dueAt: event.until };
    case 'reply-gone':
      return edit.reply ? { ...edit, reply: undefined } : edit;
    case 'failed':
      if (edit.state === 'failed' || edit.state === 'rejected' || edit.state === 'delivered') return edit;
      return {
        ...common(edit, now),
        state: 'failed',
        runId: 'runId' in edit ? edit.runId : undefined,
        reason: event.reason,
        detail: event.detail,
        closedAt: now,
        told: event.told ?? false,
      };
    default:
      return moveState(edit, event, now);
  }
}

type StateEvent = Exclude<StepEvent, { type: 'paid' | 'take-down-failed' | 'put-off' | 'reply-gone' | 'failed' }>;

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
      return {
        ...edit,
        outcome: { ...edit.outcome, outputs: event.outcome.outputs },
        review: countBadDownload(edit.review),
      };
    case 'delivering':
      return moveDelivering(edit, event, now);
    case 'delivered':
      return event.type === 'deleted' && edit.deletedBy === undefined ? { ...edit, deletedBy: event.by } : edit;
    case 'rejected':
      if (event.type !== 'told' || edit.told) return edit;
      return { ...edit, told: true, ...(event.notice ? { notice: event.notice } : {}) };
    case 'failed':
      return event.type === 'told' && !edit.told ? { ...edit, told: true } : edit;
  }
}

function moveAccepted(edit: Accepted, event: StateEvent, now: number): Edit {
  switch (event.type) {
    case 'sending':
      return edit.sentAt === undefined ? { ...edit, tries: edit.tries + 1, sentAt: now, looks: 0, dueAt: now } : edit;
    case 'not-created':
      return { ...edit, sentAt: undefined, looks: 0 };
    case 'not-found':
      return edit.sentAt === undefined ? edit : { ...edit, looks: edit.looks + 1, dueAt: event.until };
    case 'created':
      return { ...common(edit, now), state: 'running', runId: event.runId, submittedAt: now, givenUp: false };
    default:
      return edit;
  }
}

function moveRunning(edit: Running, event: StateEvent, now: number): Edit {
  if (event.type === 'gave-up') return { ...edit, givenUp: true, retries: 0, dueAt: now };
  if (event.type !== 'ended') return edit;
  return { ...commonWithRun(edit, now), state: 'settled', settledAt: now, outcome: event.outcome };
}

function moveSettled(edit: Settled, event: StateEvent, now: number): Edit {
  const { settledAt, outcome } = edit;
  if (outcome.kind !== 'succeeded' || event.type !== 'approved') return edit;
  // Discord's rule, enforced here too: only a moderator's verdict leads from here to a posted picture.
  if (outcome.nsfw === true && !isAgeRestricted(edit)) return edit;
  const { spoiler } = event;
  return { ...commonWithRun(edit, now), state: 'delivering', settledAt, outcome, spoiler, badDownloads: 0 };
}

function moveDelivering(edit: Delivering, event: StateEvent, now: number): Edit {
  if (event.type === 'refreshed' && event.outcome.kind === 'succeeded') {
    // Only the URLs are new. Keep what the first outcome said about the pictures.
    return { ...edit, outcome: { ...edit.outcome, outputs: event.outcome.outputs } };
  }
  if (event.type === 'reconsidered') return reconsider(edit, event.restricted, now);
  if (event.type !== 'posted') return edit;
  const { channelId, messageId } = event;
  return {
    ...commonWithRun(edit, now),
    state: 'delivered',
    deliveredAt: now,
    outcome: edit.outcome,
    channelId,
    messageId,
    deletedBy: undefined,
  };
}

/** Back to the policy: unless a moderator approved it, a result is judged by what holds when it is posted. */
function reconsider(edit: Delivering, restricted: boolean, now: number): Edit {
  if (edit.review?.verdict) return edit;
  const { settledAt, outcome } = edit;
  const again = { ...commonWithRun(edit, now), state: 'settled', settledAt, outcome } as const satisfies Settled;
  return restricted ? again : { ...again, openPlace: true };
}
