// A process that makes one picture small enough, or veils it, and ends: bytes in on standard input, a line of JSON and the bytes out
// on standard output. Decoding may take any amount of memory, so it happens here, where it takes nothing else down.
import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { asError, NotAPicture } from '../errors.ts';
import { release } from '../pieces.ts';
import { fitPicture, inspectPicture } from './picture.ts';
import { tooMuchMemory } from './shrink.ts';
import { veilPicture, veils } from './veil.ts';

const order = z.object({
  size: z.number(),
  limit: z.number(),
  pixels: z.number(),
  memory: z.number(),
  timeMs: z.number(),
  veil: z.enum(veils).optional(),
});

/** How often to look at the memory in use: it grows by some ten megabytes in that time. */
const lookEveryMs = 20;

async function readInput(size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(size);
  let filled = 0;
  for await (const piece of process.stdin) filled += piece.copy(bytes, filled);
  // The bot ended in the middle.
  if (filled !== size) process.exit(1);
  return bytes;
}

function answer(head: object, bytes: Buffer = Buffer.alloc(0)): void {
  process.stdout.write(`${JSON.stringify(head)}\n`);
  process.stdout.write(bytes);
}

const { size, limit, pixels, memory, timeMs, veil } = order.parse(JSON.parse(process.argv[2] ?? ''));
try {
  // Where the kernel has to end a process for want of memory, this is the one (proc_pid_oom_score_adj(5)).
  writeFileSync('/proc/self/oom_score_adj', '1000');
} catch {
  // Only Linux has it.
}
setInterval(() => {
  if (process.memoryUsage.rss() > memory) process.exit(tooMuchMemory);
}, lookEveryMs).unref();
// In case the bot is not there any more to end it.
setTimeout(() => process.exit(3), timeMs).unref();

try {
  const bytes = await readInput(size);
  const info = await inspectPicture([bytes]);
  const fit = await (veil ? veilPicture(bytes, veil) : fitPicture(bytes, info, limit, pixels, () => release(bytes)));
  if (fit) answer({ kind: 'fits', info: fit.info }, fit.bytes);
  else answer({ kind: 'none' });
} catch (thrown) {
  if (!(thrown instanceof NotAPicture)) throw thrown;
  answer({ kind: 'broken', message: asError(thrown).message });
}
