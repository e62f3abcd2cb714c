// An edit: one durable record whose state says what has to happen next. events.ts lists what can happen to it, moves.ts
// what each event does.
import type { AuditEntry } from '../audit/audit.ts';
import type { Parent } from '../models/model.ts';
import type { RunInput } from '../runflow/input.ts';
import type { Outcome } from '../runflow/run.ts';
import type { FailureReason } from './failure-reason.ts';
import type { Intake } from './intake.ts';
import type { Asked, Cover, Message, Reply } from './messages.ts';
import type { Review } from './review-record.ts';

/** Where an edit came from and where its picture goes. Once accepted, never taken from outside again. */
export type Origin = {
  guildId: string | undefined;
  channelId: string;
  userId: string;
  /** The requester's and the server's language, as Discord's locales; absent in records of older versions. */
  locale?: string | undefined;
  guildLocale?: string | undefined;
  /** The channel is age-restricted (a thread takes that from its parent). */
  ageRestricted: boolean;
  /** A source is a spoiler, so whatever is made of it is posted as one. */
  spoiler?: true | undefined;
  /** Only its requester may see it, until they share it. */
  private?: true | undefined;
  /** Its requester wants it covered, and may show it. */
  ownCover?: true | undefined;
  /** Largest file in bytes in a reply (`attachment_size_limit` of the interaction). */
  uploadLimit: number;
  /** The same for a message of the bot; absent where it is the usual one, or not known. */
  messageLimit?: number | undefined;
};

/** What becomes of its share of an allowance: it waits for a moderator and runs no more, is used up, or given back. */
export type Share = 'waiting' | 'used' | 'returned';

/** A duty that could not be paid: how often that failed, and when it is due again. */
type Later = { again?: { tries: number; at: number } | undefined };

/** What a move leaves to be done, in whatever state the edit is now. Paying a duty is idempotent. */
export type Duty =
  /** An entry to append to the server's audit log. */
  | { kind: 'entry'; entry: AuditEntry }
  /**
   * A message of the bot to delete. `tries`: how often that failed; not due again before `dueAt`. `asked`: who reads that
   * it still stands.
   */
  | {
      kind: 'take-down';
      message: Message;
      tries?: number | undefined;
      dueAt?: number | undefined;
      asked?: Asked | undefined;
    }
  /** What became of its share is not accounted for yet. */
  | { kind: 'allowance'; share: Share }
  /** The original is to be put away; source/ does that beside everything else. */
  | { kind: 'keep-source' }
  | (Later &
      /** The card in the review channel is out of date. `change`: counts what is to be said since it was owed. */
      (
        | { kind: 'rewrite-card'; change?: number | undefined }
        /** The requester's private note about a held result is out of date. */
        | { kind: 'rewrite-note'; change?: number | undefined }
        /** From `dueAt` on, the decision on this card can't be undone: its buttons go. */
        | { kind: 'close-card'; card: Message; dueAt: number }
        /** The moderators are to hear, on the card, that its requester asks for another look. */
        | { kind: 'tell-contest'; card: Message; at: number }
        /** From `dueAt` on, the card says something else about who looks at it. */
        | { kind: 'show-claim'; dueAt: number }
        /** The verdict on its pictures is to be known for those that look alike. */
        | { kind: 'remember' }
        /** From `dueAt` on, the kept original is of no more use. */
        | { kind: 'drop-source'; assets: readonly string[]; dueAt?: number | undefined }
      ));

/** What is paid one after the other; an original is put away beside that. */
export type PaidDuty = Exclude<Duty, { kind: 'keep-source' }>;
/** What is in our own store is paid or fails with it; the others are put off one by one, and hold up nothing else. */
export type RetriedDuty = Exclude<PaidDuty, { kind: 'entry' | 'allowance' }>;
export type TakeDown = Extract<Duty, { kind: 'take-down' }>;

export type Common = {
  /** The id of the interaction that asked for it. */
  id: string;
  createdAt: number;
  origin: Origin;
  /** Absent once Discord says it is gone, and for an edit recovered from the run list. */
  reply: Reply | undefined;
  model: string;
  input: RunInput;
  /** The result that it was made of, if it was one. */
  parent?: Parent | undefined;
  /** Which of its pictures are converted before its run begins. */
  intake?: readonly Intake[] | undefined;
  /** Where its original is put away: an asset at Runflow for each picture, in their order. */
  kept?: readonly string[] | undefined;
  /** How often the present state's step was put off, and when it is due again. */
  retries: number;
  dueAt: number;
  /** The moderation of its result, if any. */
  review?: Review | undefined;
  /** How often it went back to the moderators after a decision. */
  round?: number | undefined;
  /** How often work on a picture of the present step was begun and not ended: saved before, lest it end the process for ever. */
  shrinks?: number | undefined;
  /** A later look at the channel found it not age-restricted, or could not tell; the most careful look counts. */
  openPlace?: true | undefined;
  /** Which posted pictures somebody covered or showed: the last word on each. */
  covers?: readonly Cover[] | undefined;
  /** Its requester has shown a private result to everybody. */
  shared?: true | undefined;
  /** Absent when nothing is owed. */
  owed?: readonly Duty[] | undefined;
  /** It has a share of an allowance that is neither used up nor given back. */
  allowance?: true | undefined;
  /** The requester knows that it waits in the present state. */
  waitTold?: true | undefined;
  /** Since when Discord has refused the present step. */
  refusedSince?: number | undefined;
  /** Rebuilt from the run list after the store was lost: its result may have been shown, rejected or deleted. */
  recovered?: true | undefined;
  /** Its result was deleted and nothing is owed for it any more: neither its prompt nor its pictures are kept. */
  erased?: true | undefined;
};

/** How a run ended, kept until the edit takes it up. */
export type Ended = { runId: string; outcome: Outcome };

export type Accepted = Common & {
  state: 'accepted';
  /** A callback that overtook the answer to its create request. */
  ended?: Ended | undefined;
  /** How often a create request left for Runflow. */
  tries: number;
  /** Set while an unanswered create request may have taken effect. */
  sentAt: number | undefined;
  /** How many looks at the run list have not found it since. */
  looks: number;
  /** Runflow answered that request with an outage of its own: it very likely created nothing. */
  refused?: true | undefined;
};

export type WithRun = Common & { runId: string; submittedAt: number };
export type Pictures = Extract<Outcome, { kind: 'succeeded' }>;

/** `late`: the message that says that it takes too long, where the reply could not. */
export type Running = WithRun & { state: 'running'; givenUp: boolean; late?: Message; ended?: Ended | undefined };

/**
 * `posting`: when a new message was first and last sent, in milliseconds since the epoch; it may stand there without our
 * knowing. `unanswered`: the picture was sent into the reply, and Discord's answer was lost; it may have been there.
 */
type Sent = { posting?: { first: number; last: number } | undefined; unanswered?: true | undefined };
export type Settled = WithRun & Sent & { state: 'settled'; settledAt: number; outcome: Outcome };
/** Waits for a moderator; only moderators see the picture. */
export type Held = WithRun & Sent & { state: 'held'; settledAt: number; outcome: Pictures; review: Review };
export type Delivering = WithRun &
  Sent & {
    state: 'delivering';
    settledAt: number;
    outcome: Pictures;
    spoiler: boolean;
    /** How many downloads had expired or were no picture. */
    badDownloads: number;
    /** How often Discord found the files too large. */
    tooLarge?: number | undefined;
    /** A filter refuses the prompt: post without it. */
    wordless?: true | undefined;
  };
export type Delivered = WithRun & {
  state: 'delivered';
  deliveredAt: number;
  outcome: Pictures;
  channelId: string;
  messageId: string;
  deletedBy: string | undefined;
  /** That was a moderator's verdict, which can be undone, and nobody else has deleted it. */
  takenDown?: true | undefined;
  /** Absent in records of older versions. */
  spoiler?: boolean | undefined;
};
export type Rejected = WithRun & {
  state: 'rejected';
  outcome: Outcome;
  /** `blocked` by the server's settings, the others by a moderator or by time. */
  reason: 'blocked' | 'rejected' | 'expired';
  closedAt: number;
  told: boolean;
  /** The channel's notice that says so, unless the review has one. */
  notice?: Message | undefined;
};
export type Failed = Common & {
  state: 'failed';
  runId: string | undefined;
  reason: FailureReason;
  /** For the operator: what was answered, by whom. */
  detail: string;
  /** Whether its run was charged, as far as that run says. */
  charged?: boolean | undefined;
  /** Largest file in bytes that could be fetched, or posted there. */
  mostBytes?: number | undefined;
  closedAt: number;
  told: boolean;
  /** What could not be posted, as far as is known: `posting` says where to look for it before it is posted again. */
  unposted?: Pick<Delivering, 'outcome' | 'submittedAt' | 'spoiler' | 'posting'> | undefined;
  /** Its requester has that in a direct message. */
  sentDirectly?: true | undefined;
};
/** Somebody deleted the result before the record knew that it was posted. */
export type Deleted = Common & { state: 'deleted'; runId: string | undefined; by: string; closedAt: number };

export type Edit = Accepted | Running | Settled | Held | Delivering | Delivered | Rejected | Failed | Deleted;
export type State = Edit['state'];
export type InState<Wanted extends State> = Extract<Edit, { state: Wanted }>;

type Wanted = Pick<Common, 'id' | 'origin' | 'reply' | 'model' | 'input' | 'parent' | 'intake'>;

/** A new edit: accepted, nothing sent. */
export function acceptEdit(wanted: Wanted, now: number): Accepted {
  const { id, origin, reply, model, input, parent, intake } = wanted;
  return {
    id,
    createdAt: now,
    origin,
    reply,
    model,
    input,
    ...(parent ? { parent } : {}),
    ...(intake ? { intake } : {}),
    retries: 0,
    dueAt: now,
    state: 'accepted',
    tries: 0,
    sentAt: undefined,
    looks: 0,
  };
}

/** Whether the channel was age-restricted at every look so far. */
export function isAgeRestricted({ origin, openPlace }: Pick<Common, 'origin' | 'openPlace'>): boolean {
  return origin.ageRestricted && openPlace === undefined;
}

/** Whether nothing remains to be done. Only people reopen a closed edit: they delete, report, contest, undo. */
export function isClosed(edit: Edit): boolean {
  return (edit.owed === undefined || edit.owed.length === 0) && isDone(edit);
}

/** Whether nothing remains to be done but what is owed. */
export function isDone(edit: Edit): boolean {
  const { review } = edit;
  if (edit.state === 'deleted') return true;
  if (edit.state === 'delivered') return review === undefined || review.kind === 'held' || review.told;
  return (edit.state === 'failed' || edit.state === 'rejected') && edit.told;
}

/** Not at an end, though it may be asked about again. */
export function isUnderWay(edit: Edit): edit is Exclude<Edit, Delivered | Rejected | Failed | Deleted> {
  return !(['delivered', 'rejected', 'failed', 'deleted'] as State[]).includes(edit.state);
}

/** The fields as far as there are any: most results are sent once, into the reply, and Discord says so. */
export const postingOf = (edit: Edit): Sent => ({
  ...('posting' in edit && edit.posting ? { posting: edit.posting } : {}),
  ...('unanswered' in edit && edit.unanswered ? { unanswered: edit.unanswered } : {}),
});

/** The fields that every state has, with the step's retries reset. */
export function common(edit: Edit, now: number): Common {
  const { id, createdAt, origin, reply, model, input, parent, intake, kept, review, round } = edit;
  const { openPlace, covers, shared, owed, allowance, recovered } = edit;
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
    ...(parent ? { parent } : {}),
    ...(intake ? { intake } : {}),
    ...(kept ? { kept } : {}),
    ...(review ? { review } : {}),
    ...(round ? { round } : {}),
    ...(openPlace ? { openPlace } : {}),
    ...(covers ? { covers } : {}),
    ...(shared ? { shared } : {}),
    ...(owed ? { owed } : {}),
    ...(allowance ? { allowance } : {}),
    ...(recovered ? { recovered } : {}),
  };
}

/** The same for an edit that has a run. */
export function commonWithRun(edit: WithRun & Edit, now: number): WithRun {
  return { ...common(edit, now), runId: edit.runId, submittedAt: edit.submittedAt };
}
