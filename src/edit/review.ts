// What an edit remembers of its moderation, and the moves that moderators, members and time make with it. Pure.
import { type AuditDraft, auditId } from '../audit/audit.ts';
import type { Delivered, Delivering, Edit, Held, Message, Pictures, Rejected, Settled } from './edit.ts';

/** A decision; `bot` decides by letting the time run out. */
export type Verdict = {
  kind: 'approved' | 'approved-spoiler' | 'rejected' | 'expired' | 'kept' | 'taken-down';
  by: string;
  at: number;
  reason: string | undefined;
};

/** `fresh`: what the card shows is what the record says. */
export type Card = Message & { fresh: boolean };

export type Review = {
  kind: 'held' | 'report';
  /** What Runflow said: true is flagged, null is not checked. False only for a report. */
  flag: boolean | null;
  openedAt: number;
  /** Absent until it is posted in the review channel. */
  card: Card | undefined;
  /** How many of its cards somebody deleted. */
  lost?: number | undefined;
  /** The neutral line in the origin channel: that it waits, or that it is not shown. */
  notice: Card | undefined;
  reminded: boolean;
  /** The requester asked for another look; once per edit. */
  contested: boolean;
  /** Who reported the posted result, the first one first. */
  reporters: readonly string[];
  verdict: Verdict | undefined;
  /** Whether those whom it concerns know how it ended. */
  told: boolean;
};

export type ReviewEvent =
  | { type: 'held' }
  /** The neutral line stands and the requester knows why. */
  | { type: 'notified'; notice: Message }
  /** `fresh`: it was posted just now, not found. */
  | { type: 'card-posted'; card: Message; fresh: boolean }
  /** What the card shows is what the record says. */
  | { type: 'card-fresh' }
  /** Somebody deleted the card; moderators need another one. */
  | { type: 'card-gone' }
  | { type: 'reminded' }
  /** `card`: the one that it was pressed on; a crash may have kept the record from knowing of it. */
  | { type: 'decided'; verdict: Verdict; card?: Message | undefined }
  | { type: 'undone'; by: string }
  | { type: 'contested' }
  | { type: 'reported'; by: string }
  | { type: 'reviewed' };

/** Those that only an edit with a review of its own understands. */
export type MovingEvent = Exclude<ReviewEvent, { type: 'held' | 'card-fresh' }>;

type Decided = Extract<ReviewEvent, { type: 'decided' }>;

/** Undo is for slips, not for second thoughts: those are what contesting is for. */
export const undoMs = 15 * 60_000;

function openReview(kind: Review['kind'], flag: boolean | null, now: number): Review {
  return {
    ...{ kind, flag, openedAt: now, card: undefined, notice: undefined, reminded: false, contested: false },
    ...{ reporters: [], verdict: undefined, told: false },
  };
}

/** Whether a moderator's decision is being waited for. */
export function isOpen(review: Review | undefined): boolean {
  return review !== undefined && review.verdict === undefined;
}

/** Whether this verdict can be given now: time approves nothing, and a report is answered in its own words. */
export function canDecide(edit: Edit, { kind, by }: Pick<Verdict, 'kind' | 'by'>): boolean {
  const { review, state } = edit;
  if (!review || !isOpen(review)) return false;
  if (review.kind === 'report') return state === 'delivered' && (kind === 'kept' || kind === 'taken-down');
  const approves = kind === 'approved' || kind === 'approved-spoiler';
  return state === 'held' && (kind === 'rejected' || kind === 'expired' || (approves && by !== 'bot'));
}

/** Whether this moderator can still take their decision back. While a picture is being posted nobody can. */
export function canUndo(edit: Edit, by: string, now: number): boolean {
  if (edit.state !== 'delivered' && edit.state !== 'rejected') return false;
  const verdict = edit.review?.verdict;
  return verdict !== undefined && verdict.kind !== 'taken-down' && verdict.by === by && now - verdict.at < undoMs;
}

/** The edit with an entry that its server's audit log has to get. */
export function audited<Any extends Edit>(edit: Any, now: number, draft: Omit<AuditDraft, 'id' | 'at'>): Any {
  if (edit.origin.guildId === undefined) return edit;
  const entry: AuditDraft = { id: auditId(now, `${edit.id}${edit.audit?.length ?? 0}`), at: now, ...draft };
  return { ...edit, audit: [...(edit.audit ?? []), entry] };
}

const about = (edit: Edit) => ({ memberId: edit.origin.userId, editId: edit.id });

function withReview<Any extends Edit>(edit: Any, review: Review): Any {
  return { ...edit, review };
}

const stale = (card: Card | undefined): Card | undefined => card && { ...card, fresh: false };

/** A settled result that waits for a moderator. */
export function hold(edit: Settled, outcome: Pictures, now: number): Held {
  const held: Held = {
    ...edit,
    ...{ state: 'held', outcome, retries: 0, dueAt: now },
    review: openReview('held', outcome.nsfw, now),
  };
  return audited(held, now, {
    action: 'held',
    actorId: 'bot',
    ...about(edit),
    details: { flag: String(outcome.nsfw) },
  });
}

type WithReview = Held | Delivering | Delivered | Rejected;

/** A state in which an edit has a review, after an event of that review; the same object when it means nothing there. */
export function moveReview(edit: WithReview, event: MovingEvent, now: number): Edit {
  const { review } = edit;
  switch (event.type) {
    case 'reported':
      return report(edit, event.by, now);
    case 'contested':
      return contest(edit, now);
    default:
      return review ? moveOpened(edit, review, event, now) : edit;
  }
}

function moveOpened(
  edit: WithReview,
  review: Review,
  event: Exclude<MovingEvent, { type: 'reported' | 'contested' }>,
  now: number,
): Edit {
  switch (event.type) {
    case 'notified':
      return withReview({ ...edit, retries: 0, dueAt: now }, { ...review, notice: { ...event.notice, fresh: true } });
    case 'card-posted': {
      const { card, fresh } = event;
      return withReview({ ...edit, retries: 0, dueAt: now }, { ...review, card: { ...card, fresh } });
    }
    case 'card-gone':
      return withReview(
        { ...edit, retries: 0, dueAt: now },
        { ...review, card: undefined, lost: (review.lost ?? 0) + 1 },
      );
    case 'reminded':
      return withReview(edit, { ...review, reminded: true });
    case 'reviewed':
      return withReview(edit, { ...review, told: true });
    case 'decided':
      return decide(edit, review, event, now);
    case 'undone':
      return undo(edit, review, event.by, now);
  }
}

/** Compare-and-set: only an open review takes a verdict, and only one that is for its kind. */
function decide(edit: WithReview, review: Review, event: Decided, now: number): Edit {
  const { verdict } = event;
  if (!canDecide(edit, verdict)) return edit;
  const decided: Review = {
    ...{ ...review, verdict, told: false },
    ...{ card: stale(review.card ?? (event.card && { ...event.card, fresh: false })), notice: stale(review.notice) },
  };
  const entry = { action: verdict.kind, actorId: verdict.by, ...about(edit), reason: verdict.reason };
  if (edit.state === 'held' && review.kind === 'held') {
    switch (verdict.kind) {
      case 'approved':
      case 'approved-spoiler': {
        const spoiler = verdict.kind === 'approved-spoiler';
        return audited(deliverHeld(withReview(edit, decided), spoiler, now), now, entry);
      }
      case 'rejected':
      case 'expired':
        return audited(reject(withReview(edit, decided), verdict.kind, now), now, entry);
      default:
        return edit;
    }
  }
  if (edit.state !== 'delivered' || review.kind !== 'report') return edit;
  if (verdict.kind === 'kept') return audited(withReview(edit, decided), now, entry);
  if (verdict.kind !== 'taken-down') return edit;
  const { channelId, messageId } = edit;
  const down: Delivered = {
    ...edit,
    review: decided,
    deletedBy: edit.deletedBy ?? verdict.by,
    remove: [{ channelId, messageId }],
  };
  return audited(down, now, entry);
}

function deliverHeld(edit: Held, spoiler: boolean, now: number): Delivering {
  return { ...edit, state: 'delivering', settledAt: now, spoiler, badDownloads: 0, retries: 0, dueAt: now };
}

/** A held or settled result that is not shown. */
export function reject(edit: Held | Settled, reason: Rejected['reason'], now: number): Rejected {
  const { outcome } = edit;
  return { ...edit, state: 'rejected', outcome, reason, closedAt: now, told: false, retries: 0, dueAt: now };
}

function undo(edit: WithReview, review: Review, by: string, now: number): Edit {
  if (!canUndo(edit, by, now)) return edit;
  const entry = { action: 'undone', actorId: by, ...about(edit), reason: review.verdict?.kind } as const;
  const open: Review = { ...review, verdict: undefined, told: false, card: stale(review.card) };
  if (review.kind === 'report') return audited(withReview({ ...edit, retries: 0, dueAt: now }, open), now, entry);
  if (edit.state !== 'delivered' && edit.state !== 'rejected') return edit;
  return audited(reopen(edit, open, now), now, entry);
}

/** Back to the moderators; what was posted comes down. */
function reopen(edit: Delivered | Rejected, review: Review, now: number): Edit {
  if (edit.outcome.kind !== 'succeeded') return edit;
  const posted = edit.state === 'delivered' ? [{ channelId: edit.channelId, messageId: edit.messageId }] : [];
  // The picture took the notice's place; a rejected one's notice still stands and is rewritten.
  const notice = edit.state === 'rejected' ? stale(review.notice) : undefined;
  return {
    ...edit,
    ...{ state: 'held', outcome: edit.outcome, settledAt: now, retries: 0, dueAt: now },
    review: { ...review, notice },
    round: (edit.round ?? 0) + 1,
    remove: [...(edit.remove ?? []), ...posted],
  };
}

function contest(edit: WithReview, now: number): Edit {
  if (edit.review?.contested || (edit.state !== 'held' && edit.state !== 'rejected')) return edit;
  if (edit.outcome.kind !== 'succeeded') return edit;
  const entry = { action: 'contested', actorId: edit.origin.userId, ...about(edit) } as const;
  const before = edit.review ?? openReview('held', edit.outcome.nsfw, now);
  const asked: Review = { ...before, contested: true, verdict: undefined, told: false, card: stale(before.card) };
  if (edit.state === 'held') return audited(withReview(edit, asked), now, entry);
  const { reason, notice } = edit;
  const again: Review = {
    ...{ ...asked, openedAt: now, reminded: false },
    // Nobody looked at the card of an expired one, and its pictures may be gone: a new one is posted.
    card: reason === 'expired' ? undefined : asked.card,
    notice: asked.notice ?? (notice && { ...notice, fresh: false }),
  };
  return audited(reopen(edit, again, now), now, entry);
}

function report(edit: WithReview, by: string, now: number): Edit {
  if (edit.state !== 'delivered' || edit.deletedBy !== undefined) return edit;
  const entry = { action: 'reported', actorId: by, ...about(edit) } as const;
  const open = edit.review?.kind === 'report' && isOpen(edit.review) ? edit.review : undefined;
  if (open) {
    if (open.reporters.includes(by)) return edit;
    const joined = { ...open, reporters: [...open.reporters, by], card: stale(open.card) };
    return audited(withReview(edit, joined), now, entry);
  }
  const fresh = { ...openReview('report', edit.outcome.kind === 'succeeded' ? edit.outcome.nsfw : null, now) };
  return audited(withReview({ ...edit, retries: 0, dueAt: now }, { ...fresh, reporters: [by] }), now, entry);
}
