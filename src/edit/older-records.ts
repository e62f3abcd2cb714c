// Reads edits that version 0.1 stored: it kept duties in three places, and a verdict's reason as a finished sentence.
// Delete this file once no such database can be left.
import { z } from 'zod';
import { type AuditEntry, readReason } from '../audit/audit.ts';
import type { Outcome } from '../runflow/run.ts';
import { owe } from './owed.ts';
import type { Duty, Edit, State } from './record.ts';
import type { Review } from './review-record.ts';

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

/** Every state, and whether an edit in it always has a run. */
export const states = {
  accepted: false,
  running: true,
  settled: true,
  held: true,
  delivering: true,
  delivered: true,
  rejected: true,
  failed: false,
  deleted: false,
} as const satisfies Record<State, boolean>;

const isState = (value: unknown): value is State => typeof value === 'string' && Object.hasOwn(states, value);

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Far from a whole check, which each read would pay for: it tells an edit from what is none, or only half of one. */
function isEdit(value: unknown): value is Edit {
  if (!isObject(value) || typeof value.id !== 'string' || !isState(value.state)) return false;
  const { state, origin, input } = value;
  if (!isObject(origin) || typeof origin.channelId !== 'string' || !isObject(input)) return false;
  if (typeof value.createdAt !== 'number' || typeof value.dueAt !== 'number') return false;
  return !states[state] || typeof value.runId === 'string';
}

const outcomeBefore = z.object({
  outcome: z.custom<Outcome>((value) => isObject(value) && typeof value.kind === 'string'),
  editId: z.string().optional(),
});

/** Reads an outcome that an earlier version kept beside its edit. */
export function readStoredOutcome(stored: unknown): { outcome: Outcome; editId?: string | undefined } | undefined {
  return outcomeBefore.safeParse(stored).data;
}

/** Reads an edit stored by this or an earlier version; undefined when it is none. */
export function readStoredEdit(stored: unknown): Edit | undefined {
  return isEdit(stored) ? readVersions(stored) : undefined;
}

function readVersions(stored: Edit): Edit {
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
