// Downloads a run's pictures, checks them, makes them fit their destination, and keeps them in memory only while in
// use. The one place that bounds their total memory.
import type { OutgoingFile } from '../discord/messenger.ts';
import { DownloadError, NotAPicture, SlowDownload } from '../errors.ts';
import { type Pieces, sizeOf } from '../pieces.ts';
import type { Download, Downloads } from '../runflow/downloads.ts';
import { createSlots } from '../slots.ts';
import { type Marked, markBytes, markPicture } from './mark.ts';
import { type inspectPicture, type PictureInfo, usualPixels } from './picture.ts';
import { createRoom, type Place } from './room.ts';
import type { Convert, Shrink } from './shrink.ts';
import type { Veil } from './veil.ts';

export type Wanted = {
  url: string;
  /** Largest file in bytes. */
  limit: number;
  /** Most pixels if it has to be made smaller: fewer take less memory to decode. */
  pixels?: number;
  /** How it is to be seen; without one, as it is. */
  veil?: Veil;
  /** It may be of any format, and is made one that is shown and read everywhere. */
  convert?: boolean;
  /** Makes the picture optional; called when it cannot be fetched. */
  ifMissing?: (error: Error) => void;
};

/** `original`: what it was before it was made to fit. `frames`: it is the first one of several. */
export type Fitted = {
  pieces: Pieces;
  info: PictureInfo;
  original: PictureInfo;
  shrunk: boolean;
  frames?: boolean | undefined;
};

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
/** Above that, for those that arrive too slowly to keep room for what has not arrived. */
const creditBytes = 8 * 2 ** 20;
/** Of an unknown size: as much as a download may have. */
const unknownBytes = roomBytes;

/** A download that does not even bring this much takes no room. */
const beginning = 2 ** 17;

/** Retries at once of downloads that were too slow before, and how many of those are remembered. */
const slowAtOnce = 4;
const mostSlow = 1_000;

const extensions = { png: 'png', jpeg: 'jpg', webp: 'webp' } as const;

/** An edit's pictures, marked, as files of a message; their names tell them from its other files. */
export function resultFiles(
  edit: Marked,
  pictures: readonly Fitted[],
  look: { alt: string; spoiler: (picture: number) => boolean },
): OutgoingFile[] {
  return pictures.map(({ pieces, info }, index) => ({
    name: `darkroom-${edit.id}-${index + 1}.${extensions[info.format]}`,
    pieces: markPicture(pieces, info, edit),
    alt: look.alt,
    spoiler: look.spoiler(index),
  }));
}

/** A message's pictures, each with its share of the request limit, and room for its mark. */
export function wantPictures(urls: readonly string[], uploadLimit: number): Wanted[] {
  const files = urls.slice(0, mostFiles);
  const limit = Math.min(uploadLimit, Math.floor(requestLimit / Math.max(1, files.length)));
  return files.map((url) => ({ url, limit: Math.max(1, limit - markBytes) }));
}

export function createFetchPictures(
  downloads: Pick<Downloads, 'open'>,
  pictures: { inspect: typeof inspectPicture; shrink: Shrink; convert: Convert },
): FetchPictures {
  const room = createRoom(roomBytes, creditBytes);
  const slow = createSlow();
  // Shrinking a picture takes several times its file size in memory, so shrink one at a time.
  const shrinking = createSlots(1);

  async function read(
    download: Download,
    { limit, pixels = usualPixels, veil, convert }: Wanted,
    signal: AbortSignal,
    place: Place,
    beforeShrinking: () => Promise<void>,
  ): Promise<Fitted | undefined> {
    if (!veil && !convert && download.size !== undefined && download.size <= limit) {
      const pieces = await download.pieces(place.arrived);
      const info = await pictures.inspect(pieces);
      return { pieces, info, original: info, shrunk: false };
    }
    // Only the pixel work takes turns: nobody waits for somebody else's bytes.
    const bytes = await download.whole(place.arrived);
    return shrinking.run(async () => {
      await beforeShrinking();
      const size = bytes.length;
      if (convert) {
        const made = await pictures.convert(bytes, limit, { pixels, signal });
        place.dropped(size - sizeOf(made?.pieces ?? []));
        return made && { ...made, original: made.info, shrunk: true };
      }
      const info = await pictures.inspect([bytes]);
      if (!veil && size <= limit) return { pieces: [bytes], info, original: info, shrunk: false };
      const shrunk = await pictures.shrink(bytes, info, limit, { pixels, veil, signal });
      place.dropped(size - sizeOf(shrunk?.pieces ?? []));
      return shrunk && { ...shrunk, original: info, shrunk: true };
    });
  }

  async function open(url: string, signal: AbortSignal): Promise<Download> {
    const download = await downloads.open(url, signal);
    await download.begin(beginning);
    return download;
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
    let place: Place | undefined;
    const turn = slow.enter(wanted.filter(({ ifMissing }) => !ifMissing).map(({ url }) => url));
    try {
      const opened = await Promise.all(
        wanted.map((one) => allowMissing(one, slow.watch(one.url, open(one.url, within)))),
      );
      const shares = opened.map((download) => (download ? (download.size ?? unknownBytes) : 0));
      const taken = await room.enter(shares.reduce((sum, share) => sum + share, 0));
      place = taken;
      const fitted = wanted.map((one, index) => {
        const download = opened[index];
        return download && allowMissing(one, slow.watch(one.url, read(download, one, within, taken, tell)));
      });
      const ready = await Promise.all(fitted);
      slow.arrived(wanted.map(({ url }) => url));
      place.complete();
      return await use(ready);
    } finally {
      over.abort();
      place?.leave();
      turn?.();
    }
  };
}

/** Remembers downloads that were too slow: their retries come last, a few at a time. */
function createSlow() {
  const known = new Set<string>();
  const slots = createSlots(slowAtOnce);
  // The query is a signature that changes with every read of the run.
  const nameOf = (url: string) => url.split('?')[0] ?? url;
  // Addresses can hold whole pictures, so nothing is looked up as long as nothing is known.
  const knows = (urls: readonly string[]) => known.size > 0 && urls.some((url) => known.has(nameOf(url)));
  return {
    /** @returns what ends the turn of those that were too slow before. @throws {SlowDownload} while others have it */
    enter(urls: readonly string[]): (() => void) | undefined {
      if (!knows(urls)) return undefined;
      const turn = slots.take();
      if (!turn) throw new SlowDownload('other downloads come first');
      return turn;
    },
    async watch<Result>(url: string, work: Promise<Result>): Promise<Result> {
      try {
        return await work;
      } catch (error) {
        if (error instanceof SlowDownload) known.add(nameOf(url));
        for (const oldest of known) {
          if (known.size <= mostSlow) break;
          known.delete(oldest);
        }
        throw error;
      }
    },
    /** If one of those arrives after all, their server is well again, and so may be the others. */
    arrived(urls: readonly string[]): void {
      if (knows(urls)) known.clear();
    },
  };
}
