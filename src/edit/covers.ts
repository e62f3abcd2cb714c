// Which pictures of a result are covered until somebody presses them, and who may show them again. Pure.
import type { Cover } from './messages.ts';
import type { Delivered, Delivering, Edit, Failed } from './record.ts';

/** What decides how its pictures are posted, in the states that have any. */
type Decided = Edit & Pick<Delivering | Delivered, 'spoiler'>;

const hasPictures = (edit: Edit): edit is Delivering | Delivered =>
  edit.state === 'delivering' || edit.state === 'delivered';

/** Whether one of its pictures is a spoiler: by the last word on it, else because the policy or a source made it one. */
export function isCovered(
  { covers = [], origin, spoiler }: Pick<Decided, 'covers' | 'origin' | 'spoiler'>,
  picture: number,
) {
  return covers.find((one) => one.picture === picture)?.spoiler ?? (spoiler === true || origin.spoiler === true);
}

/** The same for pictures that could not be posted. */
export function isUnpostedCovered({ covers, origin, unposted }: Failed, picture: number): boolean {
  return isCovered({ covers, origin, spoiler: unposted?.spoiler }, picture);
}

/** Whether somebody who does not moderate may show a covered picture: only if they covered it themselves. */
export function mayShow({ covers = [] }: Edit, picture: number, userId: string): boolean {
  return covers.some((one) => one.picture === picture && one.by === userId && one.spoiler);
}

/** The edit after somebody covered or showed pictures; the same object when that changes nothing. */
export function cover(edit: Edit, changes: readonly Cover[]): Edit {
  if (!hasPictures(edit)) return edit;
  const { covers: before = [] } = edit;
  const isNew = ({ picture, spoiler }: Cover) => isCovered(edit, picture) !== spoiler;
  const changed = changes.filter(isNew);
  if (changed.length === 0) return edit;
  const kept = before.filter(({ picture }) => !changed.some((one) => one.picture === picture));
  return { ...edit, covers: [...kept, ...changed] };
}
