// What an edit owes after a move: a list in its record, so that a crash cannot lose it. A duty's content is its id, so
// adding one is idempotent. Pure.
import { settleShare } from './allowance.ts';
import { oweClaim } from './claim.ts';
import { entryFor } from './entries.ts';
import type { EditEvent } from './events.ts';
import { oweSource } from './kept.ts';
import type { Asked, Message } from './messages.ts';
import { isNoteStale } from './note.ts';
import type { Duty, Edit, PaidDuty, RetriedDuty, TakeDown } from './record.ts';
import { isDue } from './timing.ts';
import { undoMs } from './undo.ts';

/** Order of payment: write the log, delete what must not be seen, then update card and note, then the accounts, then drop files. */
const order = [
  'entry',
  'take-down',
  'rewrite-card',
  'rewrite-note',
  'close-card',
  'tell-contest',
  'show-claim',
  'remember',
  'allowance',
  'drop-source',
] as const satisfies readonly PaidDuty['kind'][];

function dutyId(duty: Duty): string {
  switch (duty.kind) {
    case 'entry':
      return `entry:${duty.entry.id}`;
    case 'take-down':
      return `take-down:${duty.message.channelId}:${duty.message.messageId}`;
    case 'rewrite-card':
    case 'rewrite-note':
      return `${duty.kind}:${duty.change ?? 0}`;
    case 'keep-source':
    case 'drop-source':
    case 'remember':
      return duty.kind;
    case 'close-card':
      return `close-card:${duty.card.channelId}:${duty.card.messageId}`;
    case 'allowance':
      return `allowance:${duty.share}`;
    case 'tell-contest':
      return `tell-contest:${duty.at}`;
    case 'show-claim':
      return `show-claim:${duty.dueAt}`;
  }
}

/** Adds duties that the edit does not owe yet. */
export function owe<Any extends Edit>(edit: Any, ...duties: readonly Duty[]): Any {
  const owed = edit.owed ?? [];
  const known = new Set(owed.map(dutyId));
  const more = duties.filter((duty) => {
    const isNew = !known.has(dutyId(duty));
    known.add(dutyId(duty));
    return isNew;
  });
  return more.length === 0 ? edit : { ...edit, owed: [...owed, ...more] };
}

/** Adds what the edit owes because of an event. */
export function oweFor(before: Edit, after: Edit, event: EditEvent, now: number): Edit {
  const entry = entryFor(before, event, now);
  const card = isCardStale(before, after, event) ? (['rewrite-card'] as const) : [];
  const note = isNoteStale(before, after) ? (['rewrite-note'] as const) : [];
  const down = outdatedMessages(before, after, event).map(({ channelId, messageId }) => ({ channelId, messageId }));
  const owed = owe(
    oweSource(oweClaim(before, whileUndoable(before, settleShare(before, after), event, now), now), event),
    ...(entry ? [{ kind: 'entry', entry } as const] : []),
    ...down.map((message) => ({ kind: 'take-down', message }) as const),
    ...toTell(after, event, now),
    ...(isAnotherVerdict(after, event) ? [{ kind: 'remember' } as const] : []),
  );
  return [...card, ...note].reduce<Edit>(oweAnew, owed);
}

/** Owes a message's update: one that is on its way may not say what has changed since, and does not pay for it. */
function oweAnew(edit: Edit, kind: 'rewrite-card' | 'rewrite-note'): Edit {
  const { owed = [] } = edit;
  const others = owed.filter((duty) => duty.kind !== kind);
  const [earlier] = owed.flatMap((duty) =>
    duty.kind === 'rewrite-card' || duty.kind === 'rewrite-note' ? (duty.kind === kind ? [duty] : []) : [],
  );
  return { ...edit, owed: [...others, earlier ? { kind, change: (earlier.change ?? 0) + 1 } : { kind }] };
}

/** Whether the verdict on pictures that can be told again is another one. */
function isAnotherVerdict({ review }: Edit, event: EditEvent): boolean {
  if (!review?.prints) return false;
  if (event.type === 'decided') return event.verdict.by !== 'bot';
  // It was decided before it was known what they look like.
  if (event.type === 'card-posted') return review.verdict !== undefined;
  return event.type === 'undone' || event.type === 'contested';
}

/** A card that stands already may be far up in the channel. */
function toTell({ review }: Edit, event: EditEvent, at: number): Duty[] {
  return event.type === 'contested' && review?.card ? [{ kind: 'tell-contest', card: review.card, at }] : [];
}

/** What the edit owes the card that was decided: its buttons go when the time to undo is over. */
function whileUndoable<Any extends Edit>(before: Edit, after: Any, event: EditEvent, now: number): Any {
  switch (event.type) {
    case 'decided': {
      const card = after.review?.card;
      if (!card || event.verdict.by === 'bot') return after;
      return closeCards(after, () => undefined, [{ kind: 'close-card', card, dueAt: event.verdict.at + undoMs }]);
    }
    // Open again, the card needs its buttons.
    case 'undone':
    case 'contested':
      return closeCards(after, () => undefined);
    // Not posted again, after all: its report is moot.
    case 'held':
    case 'withheld': {
      const card = before.review?.kind === 'report' ? before.review.card : undefined;
      return card ? closeCards(after, (duty) => duty, [{ kind: 'close-card', card, dueAt: now }]) : after;
    }
    // Its card is rewritten, and then has none.
    case 'deleted': {
      const current = after.review?.card?.messageId;
      return closeCards(after, (duty) => (duty.card.messageId === current ? undefined : { ...duty, dueAt: now }));
    }
    // A new report is what is decided about next.
    case 'reported':
      return before.review?.verdict ? closeCards(after, (duty) => ({ ...duty, dueAt: now })) : after;
    default:
      return after;
  }
}

type CloseCard = Extract<Duty, { kind: 'close-card' }>;

/** Changes or drops the duties to close a card, and adds more. */
function closeCards<Any extends Edit>(
  edit: Any,
  change: (duty: CloseCard) => CloseCard | undefined,
  more: readonly CloseCard[] = [],
): Any {
  const { owed = [] } = edit;
  if (more.length === 0 && !owed.some(({ kind }) => kind === 'close-card')) return edit;
  const kept = owed.flatMap((duty) => (duty.kind === 'close-card' ? (change(duty) ?? []) : duty));
  const left = [...kept, ...more];
  return { ...edit, owed: left.length === 0 ? undefined : left };
}

/** The bot's messages to delete. */
function outdatedMessages(before: Edit, after: Edit, event: EditEvent): Message[] {
  const leftover = 'leftover' in event && event.leftover ? [event.leftover] : [];
  const pressed = event.type === 'deleted' && event.message ? [event.message] : [];
  const outdated = outdatedMessage(before, after, event);
  return [...leftover, ...pressed, ...(outdated ? [outdated] : [])];
}

function outdatedMessage(before: Edit, after: Edit, event: EditEvent): Message | undefined {
  if (before.state === 'delivered') {
    const takenDown = event.type === 'decided' && event.verdict.kind === 'taken-down';
    return takenDown || event.type === 'deleted' || after.state === 'held' ? before : undefined;
  }
  // It says that the run is still watched.
  if (before.state === 'running') return after.state === 'running' ? undefined : before.late;
  const { notice } = before.review ?? {};
  // Nothing waits for a moderator any more.
  if (event.type === 'deleted') return after.state === 'deleted' ? notice : undefined;
  if (event.type !== 'posted') return undefined;
  // The waiting notice, unless the picture replaced it.
  return notice && notice.messageId !== event.messageId ? notice : undefined;
}

/** Whether there is a card that no longer matches the record. */
function isCardStale(before: Edit, edit: Edit, event: EditEvent): boolean {
  const { review } = edit;
  if (!review?.card) return false;
  switch (event.type) {
    case 'decided':
    case 'undone':
    case 'contested':
    case 'reported':
    case 'remarked':
    case 'failed':
    case 'post-again':
    case 'deleted':
      return true;
    case 'refreshed':
    case 'outcome-kept':
      return before.review?.flag !== review.flag;
    case 'card-posted':
      // A card from an earlier attempt may predate the last change.
      return !event.fresh || edit.state === 'deleted';
    // It says whether the picture still stands: once that is known, and once it is gone.
    case 'duty-failed':
      return event.duty.kind === 'take-down' && triesOf(event.duty) === 0;
    case 'paid':
      return event.duty.kind === 'take-down' && (event.duty.tries ?? 0) > 0;
    default:
      return false;
  }
}

/** Removes a duty; returns the same object when the edit does not owe it. */
export function pay(edit: Edit, duty: Duty): Edit {
  const { owed = [], ...rest } = edit;
  const left = owed.filter((one) => dutyId(one) !== dutyId(duty));
  if (left.length === owed.length) return edit;
  return left.length === 0 ? rest : { ...edit, owed: left };
}

/** How often it could not be paid. */
export function triesOf(duty: RetriedDuty): number {
  return (duty.kind === 'take-down' ? duty.tries : duty.again?.tries) ?? 0;
}

/** From when on it is owed, and when it may be tried again, in milliseconds since the epoch. */
function timesOf(duty: Duty): { from: number; again: number } {
  if (duty.kind === 'take-down') return { from: 0, again: duty.dueAt ?? 0 };
  const from = 'dueAt' in duty ? (duty.dueAt ?? 0) : 0;
  return { from, again: 'again' in duty ? (duty.again?.at ?? 0) : 0 };
}

const dueOf = (duty: Duty): number => Math.max(...Object.values(timesOf(duty)));

/** Whether something that is owed could not be done and is tried again. */
export const hasPutOff = ({ owed = [] }: Edit): boolean => owed.some((duty) => timesOf(duty).again > 0);

/**
 * The duty to pay next; undefined when nothing is due.
 * @param woken the service is back: what could not be done without it is due
 */
export function nextDuty({ owed = [] }: Edit, now = Number.POSITIVE_INFINITY, woken = false): PaidDuty | undefined {
  const isPaid = (duty: Duty): duty is PaidDuty => duty.kind !== 'keep-source';
  const isReady = (duty: Duty) => {
    const { from, again } = timesOf(duty);
    return from <= now && (woken || isDue(again, now));
  };
  for (const kind of order) {
    const duty = owed.filter(isPaid).find((one) => one.kind === kind && isReady(one));
    if (duty) return duty;
  }
  return undefined;
}

/** When the first duty is due; never, if nothing is owed. @param keepAt when to see after an original */
export function nextDutyAt({ owed = [] }: Edit, keepAt = 0): number {
  return Math.min(...owed.map((duty) => (duty.kind === 'keep-source' ? keepAt : dueOf(duty))));
}

/** The messages that are still to be deleted. */
export function takeDownsOf({ owed = [] }: Edit): TakeDown[] {
  return owed.filter((duty) => duty.kind === 'take-down');
}

/** Whether a posted picture that has to come down may still stand: not the notice that it replaced. */
export function isPictureOwed(edit: Edit): boolean {
  const picture = edit.state === 'delivered' ? edit.messageId : undefined;
  return takeDownsOf(edit).some(({ message }) => picture === undefined || message.messageId === picture);
}

/** Notes that a duty could not be paid; the same object when that is not owed. */
export function putOffDuty(edit: Edit, failed: RetriedDuty, until: number): Edit {
  const tries = triesOf(failed) + 1;
  const later = (duty: Duty): Duty => {
    if (dutyId(duty) !== dutyId(failed) || duty.kind === 'entry') return duty;
    if (duty.kind === 'allowance' || duty.kind === 'keep-source') return duty;
    return duty.kind === 'take-down' ? { ...duty, tries, dueAt: until } : { ...duty, again: { tries, at: until } };
  };
  const owed = edit.owed?.map(later);
  return owed?.some((duty) => dutyId(duty) === dutyId(failed)) ? { ...edit, owed } : edit;
}

/** Notes who waits for a message to be deleted; the same object when that is not owed any more. */
export function awaitTakeDown(edit: Edit, { messageId }: Message, asked: Asked): Edit {
  const isIt = (duty: Duty): duty is TakeDown => duty.kind === 'take-down' && duty.message.messageId === messageId;
  if (!edit.owed?.some(isIt)) return edit;
  return { ...edit, owed: edit.owed.map((duty) => (isIt(duty) ? { ...duty, asked } : duty)) };
}
