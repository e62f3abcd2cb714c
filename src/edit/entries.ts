// Which events go into a server's audit log: one table from event to entry, read once at the end of every move.
import { type Audit, type AuditEntry, auditId } from '../audit/audit.ts';
import type { EditEvent } from './events.ts';
import type { Edit } from './record.ts';
import type { Payer } from './step.ts';

type Account = Pick<AuditEntry, 'action' | 'actorId' | 'reason' | 'details'>;

const flagOf = (edit: Edit) =>
  'outcome' in edit && edit.outcome.kind === 'succeeded' ? { flag: String(edit.outcome.nsfw) } : undefined;

/** @param before the edit that the event changed */
function account(before: Edit, event: EditEvent): Account | undefined {
  switch (event.type) {
    case 'held':
      return { action: 'held', actorId: 'bot', details: flagOf(before) };
    case 'withheld':
      return { action: 'blocked', actorId: 'bot', details: flagOf(before) };
    case 'decided':
      return { action: event.verdict.kind, actorId: event.verdict.by, reason: event.verdict.reason };
    case 'undone': {
      const key = before.review?.verdict?.kind;
      return { action: 'undone', actorId: event.by, reason: key && { key } };
    }
    case 'contested':
      return { action: 'contested', actorId: before.origin.userId };
    case 'reported':
      return { action: 'reported', actorId: event.by, reason: event.reason };
    case 'post-again':
      return { action: 'post-again', actorId: event.by };
    case 'failed':
      // A moderator approved it, or was to look at it, and nobody sees it.
      return (before.state === 'delivering' || before.state === 'held') && before.review
        ? { action: 'not-posted', actorId: 'bot' }
        : undefined;
    // Its requester may do so; somebody else is a moderator.
    case 'covered': {
      const [{ by, spoiler } = { by: '', spoiler: true }] = event.covers;
      return by === before.origin.userId ? undefined : { action: spoiler ? 'covered' : 'shown', actorId: by };
    }
    case 'deleted':
      // Found deleted: by whom, only Discord's own log knows.
      if (event.by === 'bot') return undefined;
      return { action: 'deleted', actorId: event.by };
    // Every edit has these; the log is about moderation.
    case 'withdrawn':
    case 'taken-in':
    case 'sending':
    case 'not-created':
    case 'create-refused':
    case 'wait-told':
    case 'not-found':
    case 'created':
    case 'gave-up':
    case 'outcome-kept':
    case 'ended':
    case 'refreshed':
    case 'approved':
    case 'reconsidered':
    case 'reply-gone':
    case 'posting':
    case 'shrinking':
    case 'posted':
    case 'too-large':
    case 'words-refused':
    case 'sent-directly':
    case 'shared':
    case 'source-kept':
    case 'told':
    case 'notified':
    case 'no-room':
    case 'woken':
    case 'card-posted':
    case 'card-gone':
    case 'reminded':
    case 'claimed':
    case 'released':
    case 'remarked':
    case 'answered':
    case 'reviewed':
    case 'paid':
    case 'duty-failed':
    case 'take-down-awaited':
    case 'put-off':
      return undefined;
  }
}

/** Tells an entry's id from those already owed: one millisecond may bring several. */
function freeId({ id, owed = [] }: Edit, now: number): string {
  const taken = new Set(owed.map((duty) => (duty.kind === 'entry' ? duty.entry.id : '')));
  let number = owed.length;
  while (taken.has(auditId(now, `${id}${number}`))) number += 1;
  return auditId(now, `${id}${number}`);
}

/** The entry for an event; undefined in a direct message, which has no log. @param before the edit it changed */
export function entryFor(before: Edit, event: EditEvent, now: number): AuditEntry | undefined {
  const entry = before.origin.guildId === undefined ? undefined : account(before, event);
  if (!entry) return undefined;
  const { action, actorId, reason, details } = entry;
  return {
    // Fixed before the first try, so that appending is idempotent.
    id: freeId(before, now),
    at: now,
    action,
    actorId,
    memberId: before.origin.userId,
    editId: before.id,
    ...(reason ? { reason } : {}),
    ...(details ? { details } : {}),
  };
}

/** Appends an owed entry to the server's log. */
export function payEntry(audit: Pick<Audit, 'append'>): Payer<'entry'> {
  return async ({ origin }, { entry }) => {
    await audit.append(origin.guildId ?? '', entry);
    return undefined;
  };
}
