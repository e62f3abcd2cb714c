// What the private note about a held result should say: its requester keeps it in sight for as long as they do not dismiss
// it, so it must not go on saying what is over. Pure.
import type { Edit } from './record.ts';

export type NoteKind = 'waiting' | 'contested' | 'unseen' | 'approved' | 'lost' | 'deleted' | NotShown;
type NotShown = 'blocked' | 'rejected' | 'expired';

/** What is to be said of an edit now; undefined while something else is about to be said of it. */
export function noteOf(edit: Edit): NoteKind | undefined {
  switch (edit.state) {
    case 'held':
      if (edit.review.unseen && !edit.review.card) return 'unseen';
      return edit.review.contested ? 'contested' : 'waiting';
    case 'delivered':
      if (edit.deletedBy !== undefined) return 'deleted';
      return edit.review?.kind === 'held' ? 'approved' : undefined;
    case 'rejected':
      return edit.reason;
    case 'failed':
      return 'lost';
    case 'deleted':
      return 'deleted';
    default:
      return undefined;
  }
}

/** Whether a note that was sent before says something else than it should. */
export function isNoteStale(before: Edit, after: Edit): boolean {
  const sent = before.review?.note;
  const says = noteOf(after);
  return sent !== undefined && after.review?.note === sent && says !== undefined && says !== noteOf(before);
}
