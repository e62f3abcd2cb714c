// A process of its own for decoding pictures (shrink-process.ts), with a limit on memory and time.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { DownloadError } from '../errors.ts';
import type { Pieces } from '../pieces.ts';
import type { Veil } from './veil.ts';

const script = fileURLToPath(new URL('shrink-process.ts', import.meta.url));

/** Resident memory of that process, of which Node and sharp take a hundred megabytes, and its time. */
export type Limits = { memory: number; timeMs: number };
export const usualLimits: Limits = { memory: 256 * 2 ** 20, timeMs: 30_000 };

/** Its exit code when it took more memory than it may. */
export const tooMuchMemory = 2;

/** `head`: its first line. */
export type Ended = { head: string; pieces: Pieces; code: number | null; errors: string };

/** What it is to do with the pictures of these sizes in bytes: make one fit, veil or convert it, or only look at each. */
export type Order =
  | { sizes: readonly [number]; limit: number; pixels: number; veil?: Veil | undefined; convert?: true }
  | { sizes: readonly number[]; prints: true };

/**
 * Runs the process.
 * @param given called when it has the bytes
 * @throws {DownloadError} `broken` when it cannot be started, and what the signal aborts with
 */
export function runAlone(
  pieces: Pieces,
  order: Order,
  limits: Limits,
  signal: AbortSignal,
  given: () => void = () => {},
): Promise<Ended> {
  const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
  const child = spawn(
    process.execPath,
    ['--max-old-space-size=64', '--max-semi-space-size=1', script, JSON.stringify({ ...order, ...limits })],
    {
      // It needs no token and no key, and gives memory back rather than keeping it for a next time.
      env: {
        PATH,
        MALLOC_ARENA_MAX: '1',
        MALLOC_MMAP_THRESHOLD_: '131072',
        ...(NODE_COMPILE_CACHE === '' ? {} : { NODE_COMPILE_CACHE }),
      },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: limits.timeMs,
      killSignal: 'SIGKILL',
      signal,
    },
  );
  const answer: Buffer[] = [];
  let head = '';
  let errors = '';
  child.stdout.on('data', (piece: Buffer) => {
    const end = head.endsWith('\n') ? 0 : piece.indexOf('\n') + 1 || piece.length;
    head += piece.toString('utf8', 0, end);
    if (end < piece.length) answer.push(piece.subarray(end));
  });
  child.stderr.on('data', (piece: Buffer) => {
    errors = (errors + piece.toString()).slice(-1_000);
  });
  // Where it ends early, its exit says why.
  child.stdin.on('error', () => {});
  for (const piece of pieces) child.stdin.write(piece);
  child.stdin.end(given);
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      reject(
        signal.aborted ? error : new DownloadError('broken', `no picture can be shrunk now: ${error.message}`, error),
      );
    });
    child.once('close', (code) => resolve({ head, pieces: answer, code, errors }));
  });
}
