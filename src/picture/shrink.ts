// Makes a picture fit in a process of its own, with a limit on memory and time: what a hostile picture can take down is
// that process, never the bot.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { DownloadError, NotAPicture } from '../errors.ts';
import type { Log } from '../log.ts';
import { type Pieces, release } from '../pieces.ts';
import { type PictureInfo, usualPixels } from './picture.ts';
import type { Veil } from './veil.ts';

const script = fileURLToPath(new URL('shrink-process.ts', import.meta.url));

/** Resident memory of that process, of which Node and sharp take a hundred megabytes, and its time. */
const usualLimits = { memory: 256 * 2 ** 20, timeMs: 30_000 };

/** Its exit code when it took more memory than it may. */
export const tooMuchMemory = 2;

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

type Ended = { head: string; pieces: Pieces; code: number | null; errors: string };

type Order = { limit: number; pixels: number; memory: number; timeMs: number; veil: Veil | undefined };

/** Runs the process; rejects when the signal aborts. */
function run(bytes: Buffer, order: Order, signal: AbortSignal): Promise<Ended> {
  const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
  const child = spawn(
    process.execPath,
    ['--max-old-space-size=64', '--max-semi-space-size=1', script, JSON.stringify({ ...order, size: bytes.length })],
    {
      // It needs no token and no key, and gives memory back rather than keeping it for a next time.
      env: {
        PATH,
        MALLOC_ARENA_MAX: '1',
        MALLOC_MMAP_THRESHOLD_: '131072',
        ...(NODE_COMPILE_CACHE === '' ? {} : { NODE_COMPILE_CACHE }),
      },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: order.timeMs,
      killSignal: 'SIGKILL',
      signal,
    },
  );
  const pieces: Buffer[] = [];
  let head = '';
  let errors = '';
  child.stdout.on('data', (piece: Buffer) => {
    const end = head.endsWith('\n') ? 0 : piece.indexOf('\n') + 1 || piece.length;
    head += piece.toString('utf8', 0, end);
    if (end < piece.length) pieces.push(piece.subarray(end));
  });
  child.stderr.on('data', (piece: Buffer) => {
    errors = (errors + piece.toString()).slice(-1_000);
  });
  // Where it ends early, its exit says why.
  child.stdin.on('error', () => {});
  // From then on only that process has them.
  child.stdin.end(bytes, () => release(bytes));
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      reject(
        signal.aborted ? error : new DownloadError('broken', `no picture can be shrunk now: ${error.message}`, error),
      );
    });
    child.once('close', (code) => resolve({ head, pieces, code, errors }));
  });
}

function readAnswer(head: string, pieces: Pieces): Shrunk | undefined {
  const answer = answerHead.parse(JSON.parse(head));
  if (answer.kind === 'broken') throw new NotAPicture(answer.message);
  return answer.kind === 'none' ? undefined : { pieces, info: answer.info };
}

export function createShrink(options: { log: Log; limits?: Partial<typeof usualLimits> }): Shrink {
  const limits = { ...usualLimits, ...options.limits };
  return async (bytes, known, limit, { pixels = usualPixels, veil, signal }) => {
    const size = bytes.length;
    const { head, pieces, code, errors } = await run(bytes, { ...limits, limit, pixels, veil }, signal);
    signal.throwIfAborted();
    if (code === 0 && head !== '') return readAnswer(head, pieces);
    const { format, width, height } = known;
    options.log.warn({ format, width, height, bytes: size, code, errors }, 'a picture took too much to shrink');
    if (code === tooMuchMemory) return undefined;
    // It was slow, or something else ended it: that may be another day's trouble.
    throw new DownloadError('broken', 'a picture could not be shrunk in time');
  };
}
