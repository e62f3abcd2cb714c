// What a run that is read again changes of an edit whose pictures are not posted yet. Pure.
import { moreCareful } from '../runflow/run.ts';
import type { Message } from './messages.ts';
import {
  commonWithRun,
  type Delivering,
  type Edit,
  type Held,
  type Pictures,
  postingOf,
  type Settled,
} from './record.ts';
import { countBadDownload, isLetThrough } from './review.ts';
import { takeDownStray } from './stray.ts';

/** Only the URLs are new, and the more careful flag counts. The rest stays what the first outcome said, if it did. */
export function refresh(known: Pictures, read: Pictures): Pictures {
  const { outputs, cost } = read;
  const careful = moreCareful(known, read);
  const paid = known.cost === undefined && cost !== undefined ? { cost } : {};
  return { ...known, ...paid, outputs, nsfw: careful.kind === 'succeeded' ? careful.nsfw : known.nsfw };
}

export function refreshHeld(edit: Held, read: Pictures): Held {
  const outcome = refresh(edit.outcome, read);
  return { ...edit, outcome, review: countBadDownload({ ...edit.review, flag: outcome.nsfw }) };
}

/** A flag that the decision to post did not know goes back to that decision, unless a moderator saw the picture. */
export function refreshDelivering(edit: Delivering, read: Pictures, standing: Message | undefined, now: number): Edit {
  const outcome = refresh(edit.outcome, read);
  if (outcome.nsfw === edit.outcome.nsfw || isLetThrough(edit.review)) return { ...edit, outcome };
  const { settledAt } = edit;
  const again: Settled = { ...commonWithRun(edit, now), ...postingOf(edit), state: 'settled', settledAt, outcome };
  return standing ? takeDownStray(again, standing) : again;
}
