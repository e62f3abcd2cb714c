// An edit: one durable record whose state says what has to happen next, and the only moves it can make. Pure: nothing
// here reads a clock, a store or a network, so every sequence of events can be tried in a test.
import type { Outcome } from '../runflow/run.ts';
import type { RunInput } from './request.ts';

/** Where an edit came from and where its picture goes. Never taken from outside after it was accepted. */
export type Origin = {
  guildId: string | undefined;
  channelId: string;
  userId: string;
  /** The channel is age-restricted (a thread takes that from its parent). */
  ageRestricted: boolean;
  /** Bytes a file may have in this place (`attachment_size_limit` of the interaction). */
  uploadLimit: number;
};

/** The right to edit the interaction's reply; Discord honours the token for 15 minutes. */
export type Reply = { applicationId: string; token: string; expiresAt: number };

/** Why an edit ended without a picture. Each has a sentence for the member in `texts.ts`. */
export type FailureReason =
  | 'credit'
  | 'key'
  | 'forbidden'
  | 'invalid'
  | 'model'
  | 'busy'
  | 'unavailable'
  | 'refused'
  | 'run-failed'
  | 'run-canceled'
  | 'timeout'
  | 'bad-output'
  | 'output-gone'
  | 'too-large'
  | 'undeliverable';

type Common = {
  /** The id of the interaction that asked for it. */
  id: string;
  createdAt: number;
  origin: Origin;
  /** Absent once Discord said that it is gone, and for an edit recovered from the run list. */
  reply: Reply | undefined;
  model: string;
  input: RunInput;
  /** How often the present state's step was put off, and when it is due again. */
  retries: number;
  dueAt: number;
};

export type Accepted = Common & {
  state: 'accepted';
  /** How often a create request left for Runflow. */
  tries: number;
  /** Set while a create request may have taken effect that we have no answer to. */
  sentAt: number | undefined;
  /** How many looks into the run list have not found it since. */
  looks: number;
};

type WithRun = Common & { runId: string; submittedAt: number };

export type Running = WithRun & { state: 'running'; givenUp: boolean };
export type Settled = WithRun & { state: 'settled'; settledAt: number; outcome: Outcome };
export type Pictures = Extract<Outcome, { kind: 'succeeded' }>;
export type Delivering = WithRun & {
  state: 'delivering';
  settledAt: number;
  outcome: Pictures;
  /** How often what was downloaded was expired or no picture. */
  badDownloads: number;
};
export type Delivered = WithRun & {
  state: 'delivered';
  deliveredAt: number;
  channelId: string;
  messageId: string;
  seed: number | undefined;
  deletedBy: string | undefined;
};
export type Rejected = WithRun & { state: 'rejected'; reason: 'flagged'; closedAt: number; told: boolean };
export type Failed = Common & {
  state: 'failed';
  runId: string | undefined;
  reason: FailureReason;
  /** For the operator: what was answered, by whom. */
  detail: string;
  closedAt: number;
  told: boolean;
};

export type Edit = Accepted | Running | Settled | Delivering | Delivered | Rejected | Failed;
export type State = Edit['state'];

/** What can happen to an edit. One that its state does not expect changes nothing. */
export type EditEvent =
  /** A create request is about to leave. */
  | { type: 'sending' }
  /** It is certain that the request created nothing. */
  | { type: 'not-created' }
  /** A look into the run list did not find it; the next one is due then. */
  | { type: 'not-found'; until: number }
  | { type: 'created'; runId: string }
  | { type: 'gave-up' }
  | { type: 'ended'; outcome: Outcome }
  | { type: 'approved' }
  | { type: 'withheld' }
  /** The pictures' URLs had expired; the run was read again. */
  | { type: 'refreshed'; outcome: Outcome }
  | { type: 'reply-gone' }
  | { type: 'posted'; channelId: string; messageId: string }
  | { type: 'failed'; reason: FailureReason; detail: string; told?: boolean }
  | { type: 'told' }
  | { type: 'deleted'; by: string }
  /** The present step could not be done now. */
  | { type: 'put-off'; until: number; badDownload?: true };

/** A new edit: accepted, nothing sent. */
export function acceptEdit(wanted: Pick<Common, 'id' | 'origin' | 'reply' | 'model' | 'input'>, now: number): Accepted {
  const { id, origin, reply, model, input } = wanted;
  return {
    ...{ id, createdAt: now, origin, reply, model, input, retries: 0, dueAt: now },
    ...{ state: 'accepted', tries: 0, sentAt: undefined, looks: 0 },
  };
}

/** Whether nothing remains to be done: no event but `deleted` changes such an edit. */
export function isClosed(edit: Edit): boolean {
  if (edit.state === 'delivered') return true;
  return (edit.state === 'failed' || edit.state === 'rejected') && edit.told;
}

/** The part of an edit that every state has, with the step's retries forgotten. */
function common(edit: Edit, now: number): Common {
  const { id, createdAt, origin, reply, model, input } = edit;
  return { id, createdAt, origin, reply, model, input, retries: 0, dueAt: now };
}

/** The edit after an event; the very same object when the event means nothing to its state. */
export function move(edit: Edit, event: EditEvent, now: number): Edit {
  if (isClosed(edit)) {
    return edit.state === 'delivered' && event.type === 'deleted' && edit.deletedBy === undefined
      ? { ...edit, deletedBy: event.by }
      : edit;
  }
  switch (event.type) {
    case 'put-off':
      if (edit.state === 'delivering' && event.badDownload) {
        return { ...edit, badDownloads: edit.badDownloads + 1, retries: edit.retries + 1, dueAt: event.until };
      }
      return { ...edit, retries: edit.retries + 1, dueAt: event.until };
    case 'reply-gone':
      return edit.reply ? { ...edit, reply: undefined } : edit;
    case 'failed':
      if (edit.state === 'failed' || edit.state === 'rejected') return edit;
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

type StepEvent = Exclude<EditEvent, { type: 'put-off' | 'reply-gone' | 'failed' }>;

function step(edit: Edit, event: StepEvent, now: number): Edit {
  switch (edit.state) {
    case 'accepted':
      return stepAccepted(edit, event, now);
    case 'running':
      if (event.type === 'gave-up') return { ...edit, givenUp: true, retries: 0, dueAt: now };
      if (event.type !== 'ended') return edit;
      return { ...common(edit, now), ...run(edit), state: 'settled', settledAt: now, outcome: event.outcome };
    case 'settled':
      if (event.type === 'approved' && edit.outcome.kind === 'succeeded') {
        const { settledAt, outcome } = edit;
        return { ...common(edit, now), ...run(edit), state: 'delivering', settledAt, outcome, badDownloads: 0 };
      }
      if (event.type === 'withheld') {
        return { ...common(edit, now), ...run(edit), state: 'rejected', reason: 'flagged', closedAt: now, told: false };
      }
      return edit;
    case 'delivering':
      if (event.type === 'refreshed' && event.outcome.kind === 'succeeded') {
        // Only the URLs are new. What the first outcome said about the pictures stays said.
        return { ...edit, outcome: { ...edit.outcome, outputs: event.outcome.outputs } };
      }
      if (event.type !== 'posted') return edit;
      return {
        ...common(edit, now),
        ...run(edit),
        state: 'delivered',
        deliveredAt: now,
        channelId: event.channelId,
        messageId: event.messageId,
        seed: edit.outcome.seed,
        deletedBy: undefined,
      };
    case 'failed':
    case 'rejected':
      return event.type === 'told' ? { ...edit, told: true } : edit;
    case 'delivered':
      return edit;
  }
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
