// An entry of the audit log: what happened, who did it, to whom, why. Its id sorts in the order of the log.
import { rankOf } from '../store/store.ts';

export type AuditAction =
  | 'held'
  | 'approved'
  | 'approved-spoiler'
  | 'rejected'
  | 'expired'
  | 'blocked'
  | 'undone'
  | 'contested'
  | 'reported'
  | 'kept'
  | 'taken-down'
  | 'deleted'
  /** Posted pictures, by a moderator. */
  | 'covered'
  | 'shown'
  /** Approved, but it could not be posted; and a moderator had it tried again. */
  | 'not-posted'
  | 'post-again'
  | 'timed-out'
  | 'time-out-lifted'
  | 'prompt-refused'
  | 'setting-changed';

/** Why a moderator or expiry decided: a preset reason that the texts have words for, a note, or both. */
export type Reason = { key?: ReasonKey | undefined; note?: string | undefined };

export const verdictKinds = ['approved', 'approved-spoiler', 'rejected', 'expired', 'kept', 'taken-down'] as const;
export type VerdictKind = (typeof verdictKinds)[number];

export const cannedReasons = ['nsfw', 'person', 'rules'] as const;
/** Why a member reports a picture. */
export const reportReasons = ['nsfw', 'person', 'rules', 'other'] as const;
export type ReasonKey =
  | (typeof cannedReasons)[number]
  | (typeof reportReasons)[number]
  /** Nobody decided in time. */
  | 'not-reviewed'
  /** What was undone. */
  | VerdictKind;

export type AuditEntry = {
  /** Sorts in the order of the entries. */
  id: string;
  at: number;
  action: AuditAction;
  actorId: string | 'bot';
  /** Whom it is about. */
  memberId?: string | undefined;
  editId?: string | undefined;
  reason?: Reason | undefined;
  details?: Record<string, string | number | boolean> | undefined;
};

/** Entries of one process within one millisecond, in base 36. */
export const sequenceDigits = 4;

/**
 * An id that sorts by time, for an entry that may be appended more than once.
 * @param salt tells it from other entries of the same millisecond
 */
export function auditId(at: number, salt: string): string {
  return `${rankOf(at)}${'0'.repeat(sequenceDigits)}${salt}`;
}

/** Converts a reason of any version to the current form. */
export function readReason(stored: Reason | string): Reason {
  return typeof stored === 'string' ? { note: stored } : stored;
}
