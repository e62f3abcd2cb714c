// What can happen to an edit. An event that its state does not expect changes nothing.
import type { Outcome } from '../runflow/run.ts';
import type { Duty, FailureReason, Message, Verdict } from './record.ts';

/** Events of its run. */
type RunEvent =
  /** A create request is about to leave. */
  | { type: 'sending' }
  /** It is certain that the request created nothing. */
  | { type: 'not-created' }
  /** A look at the run list did not find it; `until` is when the next one is due. */
  | { type: 'not-found'; until: number }
  | { type: 'created'; runId: string }
  | { type: 'gave-up' }
  | { type: 'ended'; outcome: Outcome }
  /** The run was read again. `standing`: the message of an earlier attempt that shows its pictures. */
  | { type: 'refreshed'; outcome: Outcome; standing?: Message };

/** Events of its result. */
type ResultEvent =
  | { type: 'approved'; spoiler: boolean }
  | { type: 'reply-gone' }
  | { type: 'posted'; channelId: string; messageId: string }
  | { type: 'failed'; reason: FailureReason; detail: string; told?: boolean }
  /** `notice`: the message in the channel. */
  | { type: 'told'; notice?: Message | undefined }
  | { type: 'deleted'; by: string };

/** Events of its moderation. */
export type ReviewEvent =
  | { type: 'held' }
  /** Do not show it, and ask no moderator. */
  | { type: 'withheld' }
  /** The neutral notice is posted and the requester knows why. */
  | { type: 'notified'; notice: Message }
  /** `fresh`: it was posted just now, not found. */
  | { type: 'card-posted'; card: Message; fresh: boolean }
  /** Somebody deleted the card; moderators need another one. */
  | { type: 'card-gone' }
  | { type: 'reminded' }
  /** `card`: the card that was pressed; after a crash the record may not know it. */
  | { type: 'decided'; verdict: Verdict; card?: Message | undefined }
  | { type: 'undone'; by: string }
  | { type: 'contested' }
  | { type: 'reported'; by: string }
  /** Everyone concerned knows the outcome. */
  | { type: 'reviewed' };

export type EditEvent =
  | RunEvent
  | ResultEvent
  | ReviewEvent
  /** A duty is done. */
  | { type: 'paid'; duty: Duty }
  /** The present step could not be done now. */
  | PutOff;

export type PutOff = { type: 'put-off'; until: number; badDownload?: true };
