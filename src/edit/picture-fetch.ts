// A run's pictures, downloaded, checked and made small enough for where they go.
import type { fitPicture, inspectPicture, PictureInfo } from '../picture/picture.ts';
import type { Downloads } from '../runflow/outputs.ts';

export type Fitted = { bytes: Buffer; info: PictureInfo; shrunk: boolean };

/** @throws {DownloadError | NotAPicture}; undefined when nothing fits into `uploadLimit` bytes a file */
export type FetchPictures = (
  urls: readonly string[],
  uploadLimit: number,
  signal: AbortSignal,
) => Promise<Fitted[] | undefined>;

/** Discord's limit for one request is 25 MiB; the rest of the request needs some of it. */
const requestLimit = 24 * 2 ** 20;
/** Discord's limit for one message. */
const mostFiles = 10;

const extensions = { png: 'png', jpeg: 'jpg', webp: 'webp' } as const;

/** A file name that tells results from everything else that a message may have. */
export function resultName(editId: string, index: number, info: PictureInfo): string {
  return `darkroom-${editId}-${index + 1}.${extensions[info.format]}`;
}

export function createFetchPictures(
  downloads: Pick<Downloads, 'fetch'>,
  pictures: { inspect: typeof inspectPicture; fit: typeof fitPicture },
): FetchPictures {
  return async (urls, uploadLimit, signal) => {
    const wanted = urls.slice(0, mostFiles);
    const limit = Math.min(uploadLimit, Math.floor(requestLimit / wanted.length));
    const fitted: Fitted[] = [];
    for (const url of wanted) {
      const bytes = await downloads.fetch(url, signal);
      const info = await pictures.inspect(bytes);
      const fit = await pictures.fit(bytes, info, limit);
      if (!fit) return undefined;
      fitted.push({ ...fit, shrunk: fit.bytes !== bytes });
    }
    return fitted;
  };
}
