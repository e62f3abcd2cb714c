// Keeps the pictures of a delivery that Discord did not take now, so that its next attempt downloads nothing again. Only a
// few megabytes: what does not fit is downloaded again.
import { DiscordTrouble } from '../errors.ts';
import type { FetchPictures, Fitted, Wanted } from '../picture/fetch.ts';
import { sizeOf } from '../pieces.ts';

/** As `FetchPictures`, for the same edit as before with the same limits without a download. */
export type FetchOnce = <Result>(
  editId: string,
  wanted: readonly Wanted[],
  signal: AbortSignal,
  use: (pictures: readonly (Fitted | undefined)[]) => Promise<Result>,
  beforeShrinking: () => Promise<void>,
) => Promise<Result>;

/** For thirty pictures of half a megabyte, beside those that are in use. */
const mostBytes = 16 * 2 ** 20;

type Kept = { pictures: readonly (Fitted | undefined)[]; limits: string; bytes: number };

export function createFetchOnce(fetchPictures: FetchPictures): FetchOnce {
  /** The oldest first. */
  const kept = new Map<string, Kept>();
  let used = 0;

  function take(editId: string): Kept | undefined {
    const found = kept.get(editId);
    if (found) used -= found.bytes;
    kept.delete(editId);
    return found;
  }

  function keep(editId: string, pictures: Kept['pictures'], limits: string): void {
    take(editId);
    const bytes = sizeOf(pictures.flatMap((picture) => picture?.pieces ?? []));
    if (bytes > mostBytes) return;
    kept.set(editId, { pictures, limits, bytes });
    used += bytes;
    for (const oldest of kept.keys()) {
      if (used <= mostBytes) return;
      take(oldest);
    }
  }

  return async (editId, wanted, signal, use, beforeShrinking) => {
    const limits = wanted.map(({ limit }) => limit).join();
    const before = take(editId);
    const useOnce = async (pictures: readonly (Fitted | undefined)[]) => {
      try {
        return await use(pictures);
      } catch (error) {
        if (error instanceof DiscordTrouble) keep(editId, pictures, limits);
        throw error;
      }
    };
    return before?.limits === limits
      ? useOnce(before.pictures)
      : fetchPictures(wanted, signal, useOnce, beforeShrinking);
  };
}
