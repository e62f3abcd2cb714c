// What can happen to an edit. An event that its state does not expect changes nothing.

import type { Reason } from '../audit/audit.ts';
import type { Outcome } from '../runflow/run.ts';
import type { FailureReason } from './failure-reason.ts';
import type { Intake } from './intake.ts';
import type { Asked, Cover, Message, Reply } from './messages.ts';
import type { Duty, RetriedDuty } from './record.ts';
import type { Prints, Remark, Unshown, Verdict } from './review-record.ts';

/** Events of its run. */
type RunEvent =
  /** Its requester was told that it is not taken. */
  | { type: 'withdrawn' }
  /** A picture was converted, and lies at Runflow. */
  | { type: 'taken-in'; intake: Intake }
  /** A create request is about to leave. */
  | { type: 'sending' }
  /** It is certain that the request created nothing. `free`: it does not count as a try. */
  | { type: 'not-created'; free?: true }
  /** Runflow answered with an outage; whether it created a run nevertheless is still to be looked up. */
  | { type: 'create-refused' }
  /** A look at the run list did not find it; `until` is when the next one is due. */
  | { type: 'not-found'; until: number }
  | { type: 'created'; runId: string }
  /** It takes too long. `notice`: the message of its own that says so. */
  | { type: 'gave-up'; notice?: Message }
  /** Somebody says how the run ended; the edit takes it up with its next step. */
  | { type: 'outcome-kept'; runId: string; outcome: Outcome }
  | { type: 'ended'; outcome: Outcome }
  /** The run was read again. `standing`: the message of an earlier attempt that shows its pictures. */
  | { type: 'refreshed'; outcome: Outcome; standing?: Message };

/** Events of its result. */
type ResultEvent =
  | { type: 'approved'; spoiler: boolean }
  /** The rules or the channel are not as they were when it was approved; `restricted`: surely age-restricted now. */
  | { type: 'reconsidered'; restricted: boolean }
  | { type: 'reply-gone' }
  /** A large picture is about to be made smaller, which takes much memory. */
  | { type: 'shrinking' }
  /** A new message is about to be sent. */
  | { type: 'posting' }
  /** `leftover`: the reply that still says that the bot is working. */
  | { type: 'posted'; channelId: string; messageId: string; leftover?: Message | undefined }
  /** Discord found the files too large. */
  | { type: 'too-large' }
  /** A filter refused the prompt. */
  | { type: 'words-refused' }
  | { type: 'failed'; reason: FailureReason; detail: string; charged?: boolean; mostBytes?: number }
  /** Its requester has the pictures that could not be posted in a direct message. */
  | { type: 'sent-directly' }
  /** Its requester shows a private result to everybody, in the reply to that press. */
  | { type: 'shared'; reply: Reply }
  /** Somebody covered or showed pictures of a posted result. */
  | { type: 'covered'; covers: readonly Cover[] }
  /** `notice`: the message in the channel. */
  | { type: 'told'; notice?: Message | undefined; leftover?: Message | undefined }
  /** `by` somebody, or `bot`, which found it deleted. `message`: the one whose button was pressed; the record may not know it. */
  | { type: 'deleted'; by: string; message?: Message | undefined };

/** Events of its moderation. */
export type ReviewEvent =
  | { type: 'held' }
  /** Do not show it, and ask no moderator. */
  | { type: 'withheld' }
  /**
   * The requester knows why it waits. `notice`: the neutral one; undefined where none can be posted. `unseen`: they know
   * that no moderator can be asked at present. `note`: the follow-up that told them.
   */
  | {
      type: 'notified';
      notice: Message | undefined;
      unseen?: true | undefined;
      note?: string | undefined;
      leftover?: Message | undefined;
    }
  /**
   * There is no channel for its card at present, and the requester knows, or reads it in the note that is rewritten;
   * `until` is when to look again.
   */
  | { type: 'no-room'; until: number; note?: string | undefined }
  /** Something changed that may make the step possible. */
  | { type: 'woken' }
  /** `fresh`: it was posted just now, not found. */
  | { type: 'card-posted'; card: Message; fresh: boolean; unshown?: Unshown | undefined; prints?: Prints | undefined }
  /** Somebody deleted the card; moderators need another one. */
  | { type: 'card-gone' }
  | { type: 'reminded' }
  /** `card`: the card that was pressed; after a crash the record may not know it. */
  | { type: 'decided'; verdict: Verdict; card?: Message | undefined }
  /** A moderator begins to look at it, or goes on; and does not look at it any more. */
  | { type: 'claimed'; by: string }
  | { type: 'released'; by: string }
  /** A moderator notes something for the others. */
  | { type: 'remarked'; remark: Remark }
  | { type: 'undone'; by: string }
  /** A moderator has an approved result that could not be posted tried again. */
  | { type: 'post-again'; by: string }
  | { type: 'contested' }
  | { type: 'reported'; by: string; reason?: Reason | undefined }
  /** Somebody concerned by a report knows the verdict of that moment, or cannot be told. */
  | { type: 'answered'; userId: string; decidedAt: number }
  /** Everyone concerned knows the outcome. */
  | { type: 'reviewed' };

export type EditEvent =
  | RunEvent
  | ResultEvent
  | ReviewEvent
  /** Its original is put away. */
  | { type: 'source-kept'; assets: readonly string[] }
  /** A duty is done. */
  | { type: 'paid'; duty: Duty }
  /** The requester knows that it waits. */
  | { type: 'wait-told' }
  /** Whoever wanted a message deleted was answered that it still stands. */
  | { type: 'take-down-awaited'; message: Message; asked: Asked }
  /** A duty could not be paid; it is tried again at `until`, and does not hold up the rest. */
  | { type: 'duty-failed'; duty: RetriedDuty; until: number }
  /** The present step could not be done now. */
  | PutOff;

/** What is not the moderators'. */
export type StepEvent = Exclude<EditEvent, ReviewEvent>;

/** What each state takes in its own way. */
export type StateEvent = Exclude<
  StepEvent,
  {
    type:
      | 'paid'
      | 'duty-failed'
      | 'take-down-awaited'
      | 'put-off'
      | 'wait-told'
      | 'reply-gone'
      | 'shrinking'
      | 'failed'
      | 'deleted'
      | 'covered'
      | 'shared'
      | 'source-kept'
      | 'source-kept';
  }
>;

/** `refused`: Discord refused it, which may be for good. `unanswered`: it may have put the picture into the reply. */
export type PutOff = { type: 'put-off'; until: number; badDownload?: true; refused?: true; unanswered?: true };

/** What has happened outside, whatever the record has become since. */
const facts: ReadonlySet<EditEvent['type']> = new Set<EditEvent['type']>([
  'created',
  'posted',
  'reply-gone',
  'told',
  'sent-directly',
  'notified',
  'card-posted',
  'reminded',
  'answered',
  'reviewed',
  'paid',
]);

/** Whether an event has to be noted also when somebody else changed the record before it could be. */
export function isFact({ type }: EditEvent): boolean {
  return facts.has(type);
}
