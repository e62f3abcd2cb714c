// Which pictures of a result are covered until somebody presses them, and who may show them again. Pure.
import type { Cover } from './messages.ts';
import type { Delivered, Delivering, Edit, Failed } from './record.ts';

/** What decides how its pictures are posted, in the states that have any. */
type Decided = Edit & Pick<Delivering | Delivered, 'spoiler'>;

const hasPictures = (edit: Edit): edit is Delivering | Delivered =>
  edit.state === 'delivering' || edit.state === 'delivered';

/** Whether the policy, a moderator or a source made its pictures spoilers. */
const isSpoiler = ({ origin, spoiler }: Pick<Decided, 'origin' | 'spoiler'>) =>
  spoiler === true || origin.spoiler === true;

/** Whether one of its pictures is covered: by the last word on it, else for the reasons above, or as its requester wished. */
export function isCovered(edit: Pick<Decided, 'covers' | 'origin' | 'spoiler'>, picture: number): boolean {
  const last = edit.covers?.find((one) => one.picture === picture);
  return last?.spoiler ?? (isSpoiler(edit) || edit.origin.ownCover === true);
}

/** The same for pictures that could not be posted. */
export function isUnpostedCovered({ covers, origin, unposted }: Failed, picture: number): boolean {
  return isCovered({ covers, origin, spoiler: unposted?.spoiler }, picture);
}

/** Whether somebody who does not moderate may show a covered picture: only if they covered it themselves. */
export function mayShow(edit: Edit, picture: number, userId: string): boolean {
  const last = edit.covers?.find((one) => one.picture === picture);
  if (last) return last.by === userId && last.spoiler;
  const wished = edit.origin.ownCover === true && edit.origin.userId === userId;
  return wished && hasPictures(edit) && !isSpoiler(edit);
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
