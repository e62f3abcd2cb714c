// An edit: one durable record whose state says what has to happen next, and the events that can happen to it. What each
// event makes of it stands in moves.ts.

import type { AuditDraft } from '../audit/audit.ts';
import type { RunInput } from '../run/request.ts';
import type { Outcome } from '../runflow/run.ts';
import type { Review, ReviewEvent } from './review.ts';

/** Discord's limit for a file where nothing was boosted and no interaction tells more, in bytes. */
export const usualUploadLimit = 10 * 2 ** 20;

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

export type Message = { channelId: string; messageId: string };

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

export type Common = {
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
  /** The moderation of its result, if there is any. */
  review?: Review | undefined;
  /** How often it went back to the moderators after it was decided. */
  round?: number | undefined;
  /** Entries that the server's audit log does not have yet. */
  audit?: readonly AuditDraft[] | undefined;
  /** Messages of the bot that have to come down. */
  remove?: readonly Message[] | undefined;
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

export type WithRun = Common & { runId: string; submittedAt: number };

export type Pictures = Extract<Outcome, { kind: 'succeeded' }>;

export type Running = WithRun & { state: 'running'; givenUp: boolean };
export type Settled = WithRun & { state: 'settled'; settledAt: number; outcome: Outcome };
/** Waits for a moderator; nobody but them sees the picture. */
export type Held = WithRun & { state: 'held'; settledAt: number; outcome: Pictures; review: Review };
export type Delivering = WithRun & {
  state: 'delivering';
  settledAt: number;
  outcome: Pictures;
  spoiler: boolean;
  /** How often what was downloaded was expired or no picture. */
  badDownloads: number;
};
export type Delivered = WithRun & {
  state: 'delivered';
  deliveredAt: number;
  outcome: Pictures;
  channelId: string;
  messageId: string;
  deletedBy: string | undefined;
};
export type Rejected = WithRun & {
  state: 'rejected';
  outcome: Outcome;
  /** `blocked` by the server's settings, the others by a moderator or by time. */
  reason: 'blocked' | 'rejected' | 'expired';
  closedAt: number;
  told: boolean;
  /** The line in the channel that says so, where no review has one. */
  notice?: Message | undefined;
};
export type Failed = Common & {
  state: 'failed';
  runId: string | undefined;
  reason: FailureReason;
  /** For the operator: what was answered, by whom. */
  detail: string;
  closedAt: number;
  told: boolean;
};

export type Edit = Accepted | Running | Settled | Held | Delivering | Delivered | Rejected | Failed;
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
  | { type: 'approved'; spoiler: boolean }
  | { type: 'withheld' }
  /** The pictures' URLs had expired; the run was read again. */
  | { type: 'refreshed'; outcome: Outcome }
  | { type: 'reply-gone' }
  | { type: 'posted'; channelId: string; messageId: string }
  | { type: 'failed'; reason: FailureReason; detail: string; told?: boolean }
  /** `notice`: where it stands for everybody to see. */
  | { type: 'told'; notice?: Message | undefined }
  | { type: 'deleted'; by: string }
  | { type: 'audited' }
  | { type: 'removed' }
  | ReviewEvent
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

/** Whether nothing remains to be done. Only people can open such an edit again: they delete, report, contest, undo. */
export function isClosed(edit: Edit): boolean {
  if (hasDuty(edit)) return false;
  const { review } = edit;
  if (edit.state === 'delivered') return review === undefined || review.kind === 'held' || review.told;
  return (edit.state === 'failed' || edit.state === 'rejected') && edit.told;
}

/** Whether the next step holds whole pictures in memory: a delivery, or a card. */
export function movesPictures(edit: Edit): boolean {
  if (edit.state === 'delivering') return true;
  const waits = edit.state === 'held' || (edit.state === 'delivered' && edit.review?.kind === 'report');
  return waits && edit.review?.card === undefined;
}

/** Whether something is owed that does not depend on the state: an audit entry, a message to take down, a card to rewrite. */
export function hasDuty(edit: Edit): boolean {
  const stale = edit.review?.card !== undefined && !edit.review.card.fresh;
  return stale || (edit.audit?.length ?? 0) > 0 || (edit.remove?.length ?? 0) > 0;
}
