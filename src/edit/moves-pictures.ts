// Which steps have whole pictures in memory: those wait for a slot. Pure.
import type { Edit } from './record.ts';
import { isNoticed } from './review-record.ts';

/** What the next step does with whole pictures in memory, if it has any. */
export function movesPictures(edit: Edit): 'delivery' | 'card' | undefined {
  if (edit.state === 'delivering') return 'delivery';
  const { state, review } = edit;
  if (!review || review.card || review.verdict) return undefined;
  // Before its card, a held result gets its notice, which is words only.
  const isNext = state === 'held' ? isNoticed(review) : state === 'delivered' && review.kind === 'report';
  return isNext ? 'card' : undefined;
}
