// Makes a picture fit in a process of its own: what a hostile picture can take down is that process, never the bot.
import { z } from 'zod';
import { DownloadError, NotAPicture } from '../errors.ts';
import type { Log } from '../log.ts';
import { type Pieces, release } from '../pieces.ts';
import { type Limits, type Order, runAlone, tooMuchMemory, usualLimits } from './alone.ts';
import { type PictureInfo, usualPixels } from './picture.ts';
import type { Veil } from './veil.ts';

/** What is not made smaller while it is decoded takes more: twelve megapixels of HEIC 260 megabytes, and three seconds. */
const convertMemory = 384 * 2 ** 20;

const info = z.object({ format: z.enum(['png', 'jpeg', 'webp']), width: z.number(), height: z.number() });
const answerHead = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('fits'), info, frames: z.boolean().optional() }),
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('broken'), message: z.string() }),
]);

/** `frames`: it is the first one of several. */
export type Shrunk = { pieces: Pieces; info: PictureInfo; frames?: boolean | undefined };

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

/**
 * The picture as the models read it, whatever it was; its bytes are given away, and freed. Undefined when that takes too
 * much memory.
 * @throws {NotAPicture | DownloadError} `broken` when it takes too long
 */
export type Convert = (
  bytes: Buffer,
  limit: number,
  options: { pixels: number; signal: AbortSignal },
) => Promise<Shrunk | undefined>;

function readAnswer(head: string, pieces: Pieces): Shrunk | undefined {
  const answer = answerHead.parse(JSON.parse(head));
  if (answer.kind === 'broken') throw new NotAPicture(answer.message);
  return answer.kind === 'none' ? undefined : { pieces, info: answer.info, frames: answer.frames };
}

type Options = { log: Log; limits?: Partial<Limits> };
type FitOrder = Omit<Extract<Order, { limit: number }>, 'sizes'>;

/** Undefined when it took more memory than it may. @throws {NotAPicture | DownloadError} */
async function make(
  bytes: Buffer,
  order: FitOrder,
  limits: Limits,
  signal: AbortSignal,
  log: Log,
  known: object,
): Promise<Shrunk | undefined> {
  const size = bytes.length;
  const given = () => release(bytes);
  // From then on only that process has them.
  const { head, pieces, code, errors } = await runAlone([bytes], { ...order, sizes: [size] }, limits, signal, given);
  signal.throwIfAborted();
  if (code === 0 && head !== '') return readAnswer(head, pieces);
  log.warn({ ...known, bytes: size, code, errors }, 'a picture took too much to shrink');
  if (code === tooMuchMemory) return undefined;
  // It was slow, or something else ended it: that may be another day's trouble.
  throw new DownloadError('broken', 'a picture could not be shrunk in time');
}

export function createShrink(options: Options): Shrink {
  const limits = { ...usualLimits, ...options.limits };
  return (bytes, { format, width, height }, limit, { pixels = usualPixels, veil, signal }) =>
    make(bytes, { limit, pixels, veil }, limits, signal, options.log, { format, width, height });
}

export function createConvert(options: Options): Convert {
  const limits = { ...usualLimits, memory: convertMemory, ...options.limits };
  return (bytes, limit, { pixels, signal }) =>
    make(bytes, { limit, pixels, convert: true }, limits, signal, options.log, {});
}
