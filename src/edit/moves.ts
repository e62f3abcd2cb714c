// The only moves that an edit can make. Pure: nothing here reads a clock, a store or a network, so every sequence of
// events can be tried in a test.
import type { Accepted, Common, Delivered, Delivering, Edit, EditEvent, Held, Settled, WithRun } from './edit.ts';
import { isClosed } from './edit.ts';
import { audited, hold, type MovingEvent, moveReview, reject } from './review.ts';

/** The part of an edit that every state has, with the step's retries forgotten. */
function common(edit: Edit, now: number): Common {
  const { id, createdAt, origin, reply, model, input, review, round, audit, remove } = edit;
  return {
    ...{ id, createdAt, origin, reply, model, input, retries: 0, dueAt: now },
    // Absent where there is nothing of it: most edits have none of these.
    ...(review ? { review } : {}),
    ...(round ? { round } : {}),
    ...(audit ? { audit } : {}),
    ...(remove ? { remove } : {}),
  };
}

/** What people can still do to an edit that is closed. */
const byPeople = new Set<EditEvent['type']>(['deleted', 'reported', 'contested', 'undone']);

/** The edit after an event; the very same object when the event means nothing to its state. */
export function move(edit: Edit, event: EditEvent, now: number): Edit {
  if (isClosed(edit) && !byPeople.has(event.type)) return edit;
  switch (event.type) {
    case 'audited':
      return edit.audit?.length ? { ...edit, audit: undefined } : edit;
    case 'card-fresh': {
      const { review } = edit;
      if (!review?.card || review.card.fresh) return edit;
      return { ...edit, review: { ...review, card: { ...review.card, fresh: true } } };
    }
    case 'removed':
      return edit.remove?.length ? { ...edit, remove: undefined } : edit;
    case 'put-off':
      if (edit.state === 'delivering' && event.badDownload) {
        return { ...edit, badDownloads: edit.badDownloads + 1, retries: edit.retries + 1, dueAt: event.until };
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
      return step(edit, event, now);
  }
}

type StepEvent = Exclude<
  EditEvent,
  { type: 'put-off' | 'reply-gone' | 'failed' | 'audited' | 'removed' | 'card-fresh' }
>;

function step(edit: Edit, event: StepEvent, now: number): Edit {
  switch (edit.state) {
    case 'accepted':
      return stepAccepted(edit, event, now);
    case 'running':
      if (event.type === 'gave-up') return { ...edit, givenUp: true, retries: 0, dueAt: now };
      if (event.type !== 'ended') return edit;
      return { ...common(edit, now), ...run(edit), state: 'settled', settledAt: now, outcome: event.outcome };
    case 'settled':
      return stepSettled(edit, event, now);
    case 'held':
      return stepHeld(edit, event, now);
    case 'delivering':
      return stepDelivering(edit, event, now);
    case 'delivered':
      if (isReviewEvent(event)) return moveReview(edit, event, now);
      return event.type === 'deleted' && edit.deletedBy === undefined ? deleted(edit, event.by, now) : edit;
    case 'rejected':
      if (isReviewEvent(event)) return moveReview(edit, event, now);
      if (event.type !== 'told' || edit.told) return edit;
      return { ...edit, told: true, ...(event.notice ? { notice: event.notice } : {}) };
    case 'failed':
      return event.type === 'told' && !edit.told ? { ...edit, told: true } : edit;
  }
}

const reviewEvents = new Set<EditEvent['type']>([
  ...(['notified', 'card-posted', 'card-gone', 'reminded', 'decided', 'undone', 'contested'] as const),
  ...(['reported', 'reviewed'] as const),
]);

function isReviewEvent(event: StepEvent): event is MovingEvent {
  return reviewEvents.has(event.type);
}

function stepSettled(edit: Settled, event: StepEvent, now: number): Edit {
  const { settledAt, outcome } = edit;
  if (outcome.kind !== 'succeeded') return edit;
  switch (event.type) {
    case 'approved': {
      const { spoiler } = event;
      // Discord's rule, held here too: without a moderator's verdict nothing leads from here to a posted picture.
      if (outcome.nsfw === true && !edit.origin.ageRestricted) return edit;
      return { ...common(edit, now), ...run(edit), state: 'delivering', settledAt, outcome, spoiler, badDownloads: 0 };
    }
    case 'held':
      return hold(edit, outcome, now);
    case 'withheld':
      return blocked(edit, now);
    default:
      return edit;
  }
}

function stepHeld(edit: Held, event: StepEvent, now: number): Edit {
  if (isReviewEvent(event)) return moveReview(edit, event, now);
  if (event.type === 'refreshed' && event.outcome.kind === 'succeeded') {
    const { outputs } = event.outcome;
    return { ...edit, outcome: { ...edit.outcome, outputs }, retries: edit.retries + 1 };
  }
  return event.type === 'withheld' ? blocked(edit, now) : edit;
}

function blocked(edit: Settled | Held, now: number): Edit {
  return audited(reject(edit, 'blocked', now), now, {
    ...{ action: 'blocked', actorId: 'bot', memberId: edit.origin.userId, editId: edit.id },
    ...(edit.outcome.kind === 'succeeded' ? { details: { flag: String(edit.outcome.nsfw) } } : {}),
  });
}

function stepDelivering(edit: Delivering, event: StepEvent, now: number): Edit {
  if (event.type === 'refreshed' && event.outcome.kind === 'succeeded') {
    // Only the URLs are new. What the first outcome said about the pictures stays said.
    return { ...edit, outcome: { ...edit.outcome, outputs: event.outcome.outputs } };
  }
  if (event.type !== 'posted') return edit;
  const { channelId, messageId } = event;
  const notice = edit.review?.notice;
  const outdated = notice && notice.messageId !== messageId ? [notice] : [];
  return {
    ...{ ...common(edit, now), ...run(edit), state: 'delivered', deliveredAt: now, outcome: edit.outcome },
    ...{ channelId, messageId, deletedBy: undefined },
    ...(outdated.length > 0 ? { remove: [...(edit.remove ?? []), ...outdated] } : {}),
  };
}

function deleted(edit: Delivered, by: string, now: number): Edit {
  const entry = { action: 'deleted', actorId: by, memberId: edit.origin.userId, editId: edit.id } as const;
  return audited({ ...edit, deletedBy: by }, now, entry);
}

function stepAccepted(edit: Accepted, event: StepEvent, now: number): Edit {
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

function run(edit: WithRun): { runId: string; submittedAt: number } {
  return { runId: edit.runId, submittedAt: edit.submittedAt };
}
