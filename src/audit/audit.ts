// A server's audit log of moderation: who did what, to which edit, when and why. Append-only: nothing here changes or
// removes an entry.
import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Store } from '../store/store.ts';

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
export type ReasonKey =
  | (typeof cannedReasons)[number]
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

export type AuditFilter = {
  memberId?: string | undefined;
  actorId?: string | undefined;
  /** Only entries older than this id, closest first. */
  before?: string | undefined;
  /** Only entries newer than this id, those closest to it. */
  after?: string | undefined;
  limit: number;
};

export type Audit = {
  /** Idempotent for an entry that already has its id and time. */
  append(guildId: string, entry: Omit<AuditEntry, 'id' | 'at'> | AuditEntry): Promise<void>;
  /** Newest first. */
  list(guildId: string, filter: AuditFilter): Promise<AuditEntry[]>;
  /** Oldest first. */
  all(guildId: string): AsyncIterable<AuditEntry>;
};

/** Digits of a time in base 36: enough until the year 5188. */
const timeDigits = 9;
/** Entries of one process within one millisecond, in base 36. */
const sequenceDigits = 4;

/**
 * An id that sorts by time, for an entry that may be appended more than once.
 * @param salt tells it from other entries of the same millisecond
 */
export function auditId(at: number, salt: string): string {
  return `${at.toString(36).padStart(timeDigits, '0')}${'0'.repeat(sequenceDigits)}${salt}`;
}

/** Makes ids that sort in the order they were made, even when the clock is set back. */
function createIds(clock: Pick<Clock, 'now'>): () => string {
  let last = 0;
  let sequence = 0;
  return () => {
    const now = clock.now();
    sequence = now > last ? 0 : sequence + 1;
    last = Math.max(last, now);
    const time = last.toString(36).padStart(timeDigits, '0');
    // The random end keeps two processes apart.
    return `${time}${sequence.toString(36).padStart(sequenceDigits, '0')}${randomBytes(4).toString('hex')}`;
  };
}

/** Older versions stored a reason as a finished sentence. */
type StoredEntry = Omit<AuditEntry, 'reason'> & { reason?: Reason | string | undefined };

const readEntry = ({ reason, ...entry }: StoredEntry): AuditEntry =>
  reason === undefined ? entry : { ...entry, reason: readReason(reason) };

/** Converts a reason of any version to the current form. */
export function readReason(stored: Reason | string): Reason {
  return typeof stored === 'string' ? { note: stored } : stored;
}

export function createAudit(store: Store, clock: Pick<Clock, 'now'>): Audit {
  const spaceOf = (guildId: string) => store.space<StoredEntry>(`audit:${guildId}`);
  const nextId = createIds(clock);

  /** Sorts, because each database lists a space in its own order. */
  async function read(guildId: string, fits: (entry: AuditEntry) => boolean): Promise<AuditEntry[]> {
    const found: AuditEntry[] = [];
    for await (const [, stored] of spaceOf(guildId).entries()) {
      const entry = readEntry(stored);
      if (fits(entry)) found.push(entry);
    }
    return found.sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  return {
    async append(guildId, entry) {
      const made: AuditEntry = 'id' in entry ? entry : { ...entry, id: nextId(), at: clock.now() };
      await spaceOf(guildId).set(made.id, made);
    },
    async list(guildId, { memberId, actorId, before, after, limit }) {
      const found = await read(
        guildId,
        (entry) =>
          (memberId === undefined || entry.memberId === memberId) &&
          (actorId === undefined || entry.actorId === actorId) &&
          (before === undefined || entry.id < before) &&
          (after === undefined || entry.id > after),
      );
      return (after === undefined ? found.slice(-limit) : found.slice(0, limit)).reverse();
    },
    async *all(guildId) {
      yield* await read(guildId, () => true);
    },
  };
}
