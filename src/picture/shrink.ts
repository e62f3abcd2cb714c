// Makes a picture fit in a process of its own: what a hostile picture can take down is that process, never the bot.
import { z } from 'zod';
import { DownloadError, NotAPicture } from '../errors.ts';
import type { Log } from '../log.ts';
import { type Pieces, release } from '../pieces.ts';
import { type Limits, runAlone, tooMuchMemory, usualLimits } from './alone.ts';
import { type PictureInfo, usualPixels } from './picture.ts';
import type { Veil } from './veil.ts';

const info = z.object({ format: z.enum(['png', 'jpeg', 'webp']), width: z.number(), height: z.number() });
const answerHead = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('fits'), info }),
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('broken'), message: z.string() }),
]);

export type Shrunk = { pieces: Pieces; info: PictureInfo };

/**
 * The picture in at most `limit` bytes, more than which it has, or behind a veil; its bytes are given away, and freed.
 * Undefined when nothing fits, or when trying takes too much memory.
 * @throws {NotAPicture | DownloadError} `broken` when it takes too long
 */
export type Shrink = (
  bytes: Buffer,
  info: PictureInfo,
  limit: number,
  options: { pixels?: number | undefined; veil?: Veil | undefined; signal: AbortSignal },
) => Promise<Shrunk | undefined>;

function readAnswer(head: string, pieces: Pieces): Shrunk | undefined {
  const answer = answerHead.parse(JSON.parse(head));
  if (answer.kind === 'broken') throw new NotAPicture(answer.message);
  return answer.kind === 'none' ? undefined : { pieces, info: answer.info };
}

export function createShrink(options: { log: Log; limits?: Partial<Limits> }): Shrink {
  const limits = { ...usualLimits, ...options.limits };
  return async (bytes, known, limit, { pixels = usualPixels, veil, signal }) => {
    const size = bytes.length;
    const order = { limit, pixels, veil, sizes: [size] } as const;
    // From then on only that process has them.
    const { head, pieces, code, errors } = await runAlone([bytes], order, limits, signal, () => release(bytes));
    signal.throwIfAborted();
    if (code === 0 && head !== '') return readAnswer(head, pieces);
    const { format, width, height } = known;
    options.log.warn({ format, width, height, bytes: size, code, errors }, 'a picture took too much to shrink');
    if (code === tooMuchMemory) return undefined;
    // It was slow, or something else ended it: that may be another day's trouble.
    throw new DownloadError('broken', 'a picture could not be shrunk in time');
  };
}
