// Reads edits that version 0.1 stored: it kept duties in three places, and a verdict's reason as a finished sentence.
// Delete this file once no such database can be left.
import { z } from 'zod';
import { type AuditEntry, readReason } from '../audit/audit.ts';
import { owe } from './owed.ts';
import type { Duty, Edit, Review } from './record.ts';

/** Needs no validation: our own database, checked on writing. */
const entry = z.custom<AuditEntry>((value) => typeof value === 'object' && value !== null);
const oldParts = z.object({
  audit: z.array(entry).optional().catch(undefined),
  remove: z
    .array(z.object({ channelId: z.string(), messageId: z.string() }))
    .optional()
    .catch(undefined),
  review: z
    .object({ card: z.object({ fresh: z.boolean().optional() }).optional() })
    .optional()
    .catch(undefined),
});

function readReview({ card, verdict, ...review }: Review): Review {
  return {
    ...review,
    card: card && { channelId: card.channelId, messageId: card.messageId },
    verdict: verdict && { ...verdict, reason: verdict.reason && readReason(verdict.reason) },
  };
}

/** Reads an edit stored by this or an earlier version. */
export function readStoredEdit(stored: Edit): Edit {
  const { audit = [], remove = [], review } = oldParts.safeParse(stored).data ?? {};
  const { audit: _audit, remove: _remove, ...rest }: Edit & { audit?: unknown; remove?: unknown } = stored;
  const edit: Edit = rest.review ? { ...rest, review: readReview(rest.review) } : rest;
  const owed: Duty[] = [
    ...audit.map((old): Duty => {
      return { kind: 'entry', entry: old.reason ? { ...old, reason: readReason(old.reason) } : old };
    }),
    ...remove.map((message): Duty => ({ kind: 'take-down', message })),
    ...(review?.card?.fresh === false ? [{ kind: 'rewrite-card' } as const] : []),
  ];
  return owe(edit, ...owed);
}
