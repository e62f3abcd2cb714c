// Downloads a run's pictures, checks them, makes them fit their destination, and keeps them in memory only while in
// use. The one place that bounds their total memory.
import { DownloadError, NotAPicture } from '../errors.ts';
import type { Pieces } from '../pieces.ts';
import type { Download, Downloads } from '../runflow/downloads.ts';
import { createSlots } from '../slots.ts';
import type { inspectPicture, PictureInfo } from './picture.ts';
import type { Shrink } from './shrink.ts';

export type Wanted = {
  url: string;
  /** Largest file in bytes. */
  limit: number;
  /** Most pixels if it has to be made smaller: fewer take less memory to decode. */
  pixels?: number;
  /** Makes the picture optional; called when it cannot be fetched. */
  ifMissing?: (error: Error) => void;
};

export type Fitted = { pieces: Pieces; info: PictureInfo; shrunk: boolean };

/**
 * Fetches pictures and passes them to `use` in order; undefined for one that fits in no format, or is missing. They
 * stay in memory until `use` ends.
 * @param beforeShrinking called once before a picture is made smaller, which takes the most memory of all
 * @throws {DownloadError | NotAPicture} and whatever `use` throws
 */
export type FetchPictures = <Result>(
  wanted: readonly Wanted[],
  signal: AbortSignal,
  use: (pictures: readonly (Fitted | undefined)[]) => Promise<Result>,
  beforeShrinking?: () => Promise<void>,
) => Promise<Result>;

/** Discord's limit for one request is 25 MiB; the rest of the request needs some of it. */
const requestLimit = 24 * 2 ** 20;
/** Discord's limit for one message. */
const mostFiles = 10;

/** Memory for all pictures in delivery: thirty of a usual megabyte, three of the largest that Discord usually takes. */
const roomBytes = 32 * 2 ** 20;

const extensions = { png: 'png', jpeg: 'jpg', webp: 'webp' } as const;

/** A file name that tells results from other files of a message. */
export function resultName(editId: string, index: number, info: PictureInfo): string {
  return `darkroom-${editId}-${index + 1}.${extensions[info.format]}`;
}

/** A message's pictures, each with its share of the request limit. */
export function wantPictures(urls: readonly string[], uploadLimit: number): Wanted[] {
  const files = urls.slice(0, mostFiles);
  const limit = Math.min(uploadLimit, Math.floor(requestLimit / Math.max(1, files.length)));
  return files.map((url) => ({ url, limit }));
}

export function createFetchPictures(
  downloads: Pick<Downloads, 'open'>,
  pictures: { inspect: typeof inspectPicture; shrink: Shrink },
): FetchPictures {
  const room = createSlots(roomBytes);
  // Shrinking a picture takes several times its file size in memory, so shrink one at a time.
  const shrinking = createSlots(1);

  async function read(
    download: Download,
    { limit, pixels }: Wanted,
    signal: AbortSignal,
    beforeShrinking: () => Promise<void>,
  ): Promise<Fitted | undefined> {
    if (download.size !== undefined && download.size <= limit) {
      const pieces = await download.pieces();
      return { pieces, info: await pictures.inspect(pieces), shrunk: false };
    }
    return shrinking.run(async () => {
      await beforeShrinking();
      const bytes = await download.whole();
      const info = await pictures.inspect([bytes]);
      if (bytes.length <= limit) return { pieces: [bytes], info, shrunk: false };
      const shrunk = await pictures.shrink(bytes, info, limit, { pixels, signal });
      return shrunk && { ...shrunk, shrunk: true };
    });
  }

  /** Turns the failure of an optional picture into undefined. */
  async function allowMissing<Result>(wanted: Wanted, work: Promise<Result>): Promise<Result | undefined> {
    try {
      return await work;
    } catch (error) {
      if (!wanted.ifMissing || !(error instanceof DownloadError || error instanceof NotAPicture)) throw error;
      wanted.ifMissing(error);
      return undefined;
    }
  }

  return async (wanted, signal, use, beforeShrinking = async () => {}) => {
    // Release downloads that were opened but not read.
    const over = new AbortController();
    const within = AbortSignal.any([signal, over.signal]);
    let told: Promise<void> | undefined;
    const tell = () => {
      told ??= beforeShrinking();
      return told;
    };
    try {
      const opened = await Promise.all(wanted.map((one) => allowMissing(one, downloads.open(one.url, within))));
      const shares = wanted.map(({ limit }, index) => {
        const download = opened[index];
        // Larger pictures are shrunk to the limit; one of unknown size may be that large.
        return download ? Math.min(download.size ?? limit, limit) : 0;
      });
      return await room.run(
        async () => {
          const fitted = wanted.map((one, index) => {
            const download = opened[index];
            return download && allowMissing(one, read(download, one, within, tell));
          });
          return use(await Promise.all(fitted));
        },
        shares.reduce((sum, share) => sum + share, 0),
      );
    } finally {
      over.abort();
    }
  };
}
