// Whether a picture that was taken down is gone for good. It is posted again from its card or, should that have lost it,
// from Runflow.
import { usualUploadLimit } from '../discord/limits.ts';
import type { Edit } from '../edit/record.ts';
import { DiscordTrouble, DownloadError, NotAPicture, RunflowError } from '../errors.ts';
import { type FetchPictures, wantPictures } from '../picture/fetch.ts';
import type { Runflow } from '../runflow/client.ts';
import type { Cards } from './cards.ts';

/** The moderator waits for the answer. */
const withinMs = 10_000;

/** @returns false also when that cannot be told now: then the delivery finds out */
export function createIsGone(options: {
  cards: Pick<Cards, 'pictures'>;
  runflow: Pick<Runflow, 'read'>;
  fetchPictures: FetchPictures;
}): (edit: Edit) => Promise<boolean> {
  async function isAtRunflow(runId: string): Promise<boolean> {
    const outcome = (await options.runflow.read(runId))?.outcome;
    if (outcome?.kind !== 'succeeded') return false;
    const wanted = wantPictures(
      outcome.outputs.map(({ url }) => url),
      usualUploadLimit,
    );
    await options.fetchPictures(wanted, AbortSignal.timeout(withinMs), async () => undefined);
    return true;
  }

  return async (edit) => {
    const card = edit.review?.card;
    try {
      if (card && (await options.cards.pictures(edit, card))) return false;
      return !('runId' in edit && edit.runId && (await isAtRunflow(edit.runId)));
    } catch (error) {
      if (error instanceof NotAPicture) return true;
      if (error instanceof DownloadError) return error.kind !== 'broken';
      if (error instanceof DiscordTrouble || error instanceof RunflowError) return false;
      throw error;
    }
  };
}
