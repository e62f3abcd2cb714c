// Pictures for the eyes of one moderator: veiled until more is asked for. The first, blurred ones are made ahead, so that
// the next case is there as soon as the one before is decided.
import type { Clock } from '../clock.ts';
import { usualUploadLimit } from '../discord/limits.ts';
import type { Case } from '../edit/waiting.ts';
import { DiscordTrouble, DownloadError, NotAPicture } from '../errors.ts';
import type { Log } from '../log.ts';
import type { FetchPictures } from '../picture/fetch.ts';
import type { Veil } from '../picture/veil.ts';

/** A picture to show. `of`: what it is of, since result and source may look alike. */
export type Shown = { of: 'result' | 'source'; bytes: Buffer };

export type Previews = {
  /** What there is to see of a case; nothing when it cannot be fetched now, which the log says. Never rejects. */
  get(edit: Case, veil: Veil): Promise<readonly Shown[]>;
};

/** Some kilobytes each. */
const mostKept = 100;
/** Longer than a moderator waits; then it may be tried anew. */
const withinMs = 20_000;
/** As many as one edit can make. */
const mostResults = 4;

export function createPreviews(options: {
  addresses: (edit: Case) => Promise<{ results: readonly string[]; source: string | undefined }>;
  fetchPictures: FetchPictures;
  clock: Pick<Clock, 'now'>;
  log: Log;
}): Previews {
  const { log } = options;
  /** By edit, the latest used last. */
  const blurred = new Map<string, Promise<readonly Shown[]>>();

  async function make(edit: Case, veil: Veil): Promise<readonly Shown[]> {
    const { results, source } = await options.addresses(edit);
    const shown = results.slice(0, mostResults).map((url) => ({ of: 'result' as const, url }));
    // What was edited is nothing to begin with.
    const all = veil === 'blurred' || !source ? shown : [...shown, { of: 'source' as const, url: source }];
    const wanted = all.map(({ url }) => ({
      url,
      limit: usualUploadLimit,
      veil,
      ifMissing: (err: Error) => log.debug({ edit: edit.id, err }, 'a picture is not to be had for a moderator'),
    }));
    return options.fetchPictures(wanted, AbortSignal.timeout(withinMs), async (pictures) =>
      pictures.flatMap((picture, index): Shown[] => {
        const of = all[index]?.of;
        return picture && of ? [{ of, bytes: Buffer.concat(picture.pieces) }] : [];
      }),
    );
  }

  async function tryMake(edit: Case, veil: Veil): Promise<readonly Shown[]> {
    try {
      return await make(edit, veil);
    } catch (error) {
      const isTrouble =
        error instanceof DiscordTrouble || error instanceof DownloadError || error instanceof NotAPicture;
      const isLate = error instanceof Error && error.name === 'TimeoutError';
      log[isTrouble || isLate ? 'warn' : 'error'](
        { edit: edit.id, err: error },
        'no picture can be shown to a moderator',
      );
      return [];
    }
  }

  return {
    async get(edit, veil) {
      if (veil !== 'blurred') return tryMake(edit, veil);
      const known = blurred.get(edit.id) ?? tryMake(edit, veil);
      blurred.delete(edit.id);
      blurred.set(edit.id, known);
      for (const oldest of blurred.keys()) {
        if (blurred.size <= mostKept) break;
        blurred.delete(oldest);
      }
      const shown = await known;
      // Next time it may be there.
      if (shown.length === 0) blurred.delete(edit.id);
      return shown;
    },
  };
}
