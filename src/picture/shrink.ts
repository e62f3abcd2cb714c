// Makes a picture fit in a process of its own, with a limit on memory and time: what a hostile picture can take down is
// that process, never the bot.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { NotAPicture } from '../errors.ts';
import type { Log } from '../log.ts';
import { type Fit, type PictureInfo, usualPixels } from './picture.ts';

const script = fileURLToPath(new URL('shrink-process.ts', import.meta.url));

/** Resident memory of that process, of which Node and sharp take a hundred megabytes, and its time. */
const usualLimits = { memory: 256 * 2 ** 20, timeMs: 30_000 };

const info = z.object({ format: z.enum(['png', 'jpeg', 'webp']), width: z.number(), height: z.number() });
const answerHead = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('fits'), info }),
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('broken'), message: z.string() }),
]);

/**
 * The picture in at most `limit` bytes: unchanged if it fits. Undefined when nothing fits, or when trying takes too much
 * memory or time. @throws {NotAPicture}
 */
export type Shrink = (
  bytes: Buffer,
  info: PictureInfo,
  limit: number,
  options: { pixels?: number | undefined; signal: AbortSignal },
) => Promise<Fit | undefined>;

type Ended = { output: Buffer; code: number | null; errors: string };

type Order = { limit: number; pixels: number; memory: number; timeMs: number };

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
  const output: Buffer[] = [];
  let errors = '';
  child.stdout.on('data', (piece: Buffer) => output.push(piece));
  child.stderr.on('data', (piece: Buffer) => {
    errors = (errors + piece.toString()).slice(-1_000);
  });
  // Where it ends early, its exit says why.
  child.stdin.on('error', () => {});
  child.stdin.end(bytes);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ output: Buffer.concat(output), code, errors }));
  });
}

export function createShrink(options: { log: Log; limits?: Partial<typeof usualLimits> }): Shrink {
  const limits = { ...usualLimits, ...options.limits };
  return async (bytes, known, limit, { pixels = usualPixels, signal }) => {
    if (bytes.length <= limit) return { bytes, info: known };
    const { output, code, errors } = await run(bytes, { ...limits, limit, pixels }, signal);
    signal.throwIfAborted();
    const end = output.indexOf('\n');
    if (code !== 0 || end === -1) {
      const { format, width, height } = known;
      options.log.warn(
        { format, width, height, bytes: bytes.length, code, errors },
        'a picture took too much to shrink',
      );
      return undefined;
    }
    const head = answerHead.parse(JSON.parse(output.toString('utf8', 0, end)));
    if (head.kind === 'broken') throw new NotAPicture(head.message);
    return head.kind === 'none' ? undefined : { bytes: output.subarray(end + 1), info: head.info };
  };
}
