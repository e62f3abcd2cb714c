// The moves of an edit until its run has ended. Pure.
import { moreCareful } from '../runflow/run.ts';
import { remove } from './deleted.ts';
import type { StateEvent } from './events.ts';
import { takeIn } from './intake.ts';
import { type Accepted, common, commonWithRun, type Edit, type Ended, type Running } from './record.ts';

export function moveAccepted(edit: Accepted, event: StateEvent, now: number): Edit {
  switch (event.type) {
    case 'sending':
      return edit.sentAt === undefined ? { ...edit, tries: edit.tries + 1, sentAt: now, looks: 0, dueAt: now } : edit;
    case 'taken-in':
      if (!edit.intake) return edit;
      return { ...edit, intake: takeIn(edit.intake, event.intake), shrinks: undefined, retries: 0, dueAt: now };
    case 'withdrawn':
      return edit.sentAt === undefined ? remove(edit, 'bot', now) : edit;
    case 'not-created': {
      const { refused: _answered, ...rest } = edit;
      return { ...rest, sentAt: undefined, looks: 0, tries: edit.tries - (event.free ? 1 : 0) };
    }
    case 'create-refused':
      return edit.sentAt === undefined ? edit : { ...edit, refused: true };
    case 'not-found':
      return edit.sentAt === undefined ? edit : { ...edit, looks: edit.looks + 1, dueAt: event.until };
    case 'outcome-kept':
      return keepEnd(edit, event);
    case 'created':
      return {
        ...common(edit, now),
        state: 'running',
        runId: event.runId,
        submittedAt: now,
        givenUp: false,
        ...(edit.ended?.runId === event.runId ? { ended: edit.ended } : {}),
      };
    default:
      return edit;
  }
}

/** Keeps the first end, for later ones report the same; but of two flags the more careful one counts. */
function keepEnd<Any extends Accepted | Running>(edit: Any, { runId, outcome }: Ended): Any {
  const { ended } = edit;
  if (ended && ended.runId !== runId) return edit;
  const careful = ended ? moreCareful(ended.outcome, outcome) : outcome;
  return careful === ended?.outcome ? edit : { ...edit, ended: { runId, outcome: careful } };
}

export function moveRunning(edit: Running, event: StateEvent, now: number): Edit {
  if (event.type === 'outcome-kept') {
    return event.runId === edit.runId ? keepEnd(edit, event) : edit;
  }
  if (event.type === 'gave-up') {
    const { notice } = event;
    return { ...edit, givenUp: true, retries: 0, dueAt: now, ...(notice ? { late: notice } : {}) };
  }
  if (event.type !== 'ended') return edit;
  return { ...commonWithRun(edit, now), state: 'settled', settledAt: now, outcome: event.outcome };
}
