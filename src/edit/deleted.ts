// What becomes of an edit when somebody deletes its result. Pure.
import type { EditEvent } from './events.ts';
import { oweFor } from './owed.ts';
import { common, type Deleted, type Edit, isUnderWay, type Pictures } from './record.ts';
import { canPostAgain } from './review.ts';
import { isDeleted } from './undo.ts';

/** What somebody deleted stays so, whatever the record knew of it. */
export function remove(edit: Edit, by: string, now: number): Edit {
  if (edit.state === 'delivered') return isDeleted(edit) ? edit : { ...edit, deletedBy: by, takenDown: undefined };
  // What could not be posted may stand there all the same, and may be posted again.
  if (!isUnderWay(edit) && !canPostAgain(edit)) return edit;
  const runId = 'runId' in edit ? edit.runId : undefined;
  return { ...common(edit, now), state: 'deleted', runId, by, closedAt: now };
}

const without = ({ partial, nsfw }: Pictures): Pictures => ({ kind: 'succeeded', outputs: [], partial, nsfw });

/**
 * What is kept of a closed edit: once its result is deleted and nobody can take that back, only what its log rests on.
 * As long as it can be taken back, its card is owed.
 */
export function erase(closed: Edit): Edit {
  const nothing: Pick<Edit, 'input' | 'erased'> = { input: { prompt: '', image_urls: [] }, erased: true };
  if (closed.state === 'deleted') return { ...closed, ...nothing };
  if (closed.state !== 'delivered' || closed.deletedBy === undefined) return closed;
  return { ...closed, ...nothing, outcome: without(closed.outcome) };
}

/** A card that was on its way meanwhile: it is rewritten, so that nothing can be pressed on it. */
export function noteLateCard(edit: Deleted, event: Extract<EditEvent, { type: 'card-posted' }>, now: number): Edit {
  if (!edit.review || edit.review.card) return edit;
  return oweFor(edit, { ...edit, review: { ...edit.review, card: event.card } }, event, now);
}
