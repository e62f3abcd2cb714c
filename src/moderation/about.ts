// What is looked up for a card's text: the member's history, and earlier verdicts on pictures that look alike. And what the
// card's own pictures look like.
import type { Clock } from '../clock.ts';
import type { Edit } from '../edit/record.ts';
import type { Prints } from '../edit/review-record.ts';
import type { Fitted } from '../picture/fetch.ts';
import type { MakePrints } from '../picture/prints.ts';
import type { About } from './card-text.ts';
import type { Members } from './members.ts';
import type { PicturesBefore } from './pictures-before.ts';

/** What a card says besides what is in the record. */
export type LookUp = (edit: Edit) => Promise<About>;

export function createLookUp(options: {
  members: Pick<Members, 'history'>;
  before: Pick<PicturesBefore, 'find'>;
  clock: Pick<Clock, 'now'>;
}): LookUp {
  return async (edit) => {
    const { guildId, userId } = edit.origin;
    const now = options.clock.now();
    if (guildId === undefined) return { now };
    const [history, before] = await Promise.all([
      options.members.history(guildId, userId, edit.id),
      options.before.find(edit),
    ]);
    return { history, before, now };
  };
}

/** What a card's pictures look like; undefined where nothing can be told. Never rejects. */
export type TellPrints = (
  results: readonly Fitted[],
  source: Fitted | undefined,
  signal: AbortSignal,
) => Promise<Prints | undefined>;

export function createTellPrints(makePrints: MakePrints): TellPrints {
  return async (results, source, signal) => {
    const pictures = source ? [...results, source] : results;
    const made = await makePrints(
      pictures.map(({ pieces }) => pieces),
      signal,
    );
    const ofResults = made.slice(0, results.length).filter((print) => print !== undefined);
    const ofSource = made[results.length];
    if (ofSource !== undefined) return { results: ofResults, source: ofSource };
    return ofResults.length > 0 ? { results: ofResults } : undefined;
  };
}
