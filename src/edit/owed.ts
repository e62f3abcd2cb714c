// What an edit owes after a move: a list in its record, so that a crash cannot lose it. A duty's content is its id, so
// adding one is idempotent. Pure.
import { entryFor } from './entries.ts';
import type { EditEvent } from './events.ts';
import type { Duty, Edit, Message } from './record.ts';

/** Order of payment: write the log, delete what must not be seen, then update the card. */
const order = ['entry', 'take-down', 'rewrite-card'] as const satisfies readonly Duty['kind'][];

function dutyId(duty: Duty): string {
  switch (duty.kind) {
    case 'entry':
      return `entry:${duty.entry.id}`;
    case 'take-down':
      return `take-down:${duty.message.channelId}:${duty.message.messageId}`;
    case 'rewrite-card':
      return 'rewrite-card';
  }
}

/** Adds duties that the edit does not owe yet. */
export function owe<Any extends Edit>(edit: Any, ...duties: readonly Duty[]): Any {
  const owed = edit.owed ?? [];
  const known = new Set(owed.map(dutyId));
  const more = duties.filter((duty) => !known.has(dutyId(duty)));
  return more.length === 0 ? edit : { ...edit, owed: [...owed, ...more] };
}

/** Adds what the edit owes because of an event. */
export function oweFor(before: Edit, after: Edit, event: EditEvent, now: number): Edit {
  const entry = entryFor(before, event, now);
  const down = outdatedMessage(before, after, event);
  return owe(
    after,
    ...(entry ? [{ kind: 'entry', entry } as const] : []),
    ...(down
      ? [{ kind: 'take-down', message: { channelId: down.channelId, messageId: down.messageId } } as const]
      : []),
    ...(isCardStale(before, after, event) ? [{ kind: 'rewrite-card' } as const] : []),
  );
}

/** The bot's message to delete, if there is one. */
function outdatedMessage(before: Edit, after: Edit, event: EditEvent): Message | undefined {
  if (before.state === 'delivered') {
    const takenDown = event.type === 'decided' && event.verdict.kind === 'taken-down';
    return takenDown || after.state === 'held' ? before : undefined;
  }
  // The decision to post it did not know what the run says now.
  if (event.type === 'refreshed') return after.state === 'settled' ? event.standing : undefined;
  if (event.type !== 'posted') return undefined;
  // The waiting notice, unless the picture replaced it.
  const { notice } = before.review ?? {};
  return notice && notice.messageId !== event.messageId ? notice : undefined;
}

/** Whether there is a card that no longer matches the record. */
function isCardStale(before: Edit, { review }: Edit, event: EditEvent): boolean {
  if (!review?.card) return false;
  switch (event.type) {
    case 'decided':
    case 'undone':
    case 'contested':
    case 'reported':
      return true;
    case 'refreshed':
      return before.review?.flag !== review.flag;
    case 'card-posted':
      // A card from an earlier attempt may predate the last change.
      return !event.fresh;
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

/** The duty to pay next; undefined when nothing is owed. */
export function nextDuty({ owed = [] }: Edit): Duty | undefined {
  for (const kind of order) {
    const duty = owed.find((one) => one.kind === kind);
    if (duty) return duty;
  }
  return undefined;
}
