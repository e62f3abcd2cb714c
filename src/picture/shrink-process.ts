// A process that makes one picture small enough, converts or veils it, and ends: bytes in on standard input, a line of JSON and the bytes out
// on standard output. Or it says of several what they look like, a line for each. Decoding may take any amount of memory, so it happens here, where it takes nothing else down.
import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { asError, NotAPicture } from '../errors.ts';
import { release } from '../pieces.ts';
import { tooMuchMemory } from './alone.ts';
import { type Converted, convertPicture } from './convert.ts';
import { type Fit, fitPicture, inspectPicture } from './picture.ts';
import { printPicture } from './print.ts';
import { veilPicture, veils } from './veil.ts';

const limits = { memory: z.number(), timeMs: z.number() };
const fitOrder = z.object({
  ...limits,
  sizes: z.tuple([z.number()]),
  limit: z.number(),
  pixels: z.number(),
  veil: z.enum(veils).optional(),
  convert: z.boolean().optional(),
});
const order = z.union([fitOrder, z.object({ ...limits, sizes: z.array(z.number()), prints: z.literal(true) })]);

/** How often to look at the memory in use: it grows by some ten megabytes in that time. */
const lookEveryMs = 20;

async function readInput(): Promise<Buffer> {
  const size = wanted.sizes.reduce((sum, one) => sum + one, 0);
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

// A decoder says there what it cannot read; standard output is for the answer.
console.log = console.error;
const wanted = order.parse(JSON.parse(process.argv[2] ?? ''));
try {
  // Where the kernel has to end a process for want of memory, this is the one (proc_pid_oom_score_adj(5)).
  writeFileSync('/proc/self/oom_score_adj', '1000');
} catch {
  // Only Linux has it.
}
setInterval(() => {
  if (process.memoryUsage.rss() > wanted.memory) process.exit(tooMuchMemory);
}, lookEveryMs).unref();
// In case the bot is not there any more to end it.
setTimeout(() => process.exit(3), wanted.timeMs).unref();

type FitOrder = z.infer<typeof fitOrder>;

async function make(bytes: Buffer, { limit, pixels, veil, convert }: FitOrder): Promise<Fit | Converted | undefined> {
  if (convert) return convertPicture(bytes, limit, pixels);
  const info = await inspectPicture([bytes]);
  return veil ? veilPicture(bytes, veil) : fitPicture(bytes, info, limit, pixels, () => release(bytes));
}

async function makeFit(wanted: FitOrder): Promise<void> {
  try {
    const fit = await make(await readInput(), wanted);
    if (fit) answer({ kind: 'fits', info: fit.info, ...('frames' in fit ? { frames: fit.frames } : {}) }, fit.bytes);
    else answer({ kind: 'none' });
  } catch (thrown) {
    if (!(thrown instanceof NotAPicture)) throw thrown;
    answer({ kind: 'broken', message: asError(thrown).message });
  }
}

/** Each by itself: one that cannot be read, or that ends the process, must not take those before it along. */
async function print(sizes: readonly number[]): Promise<void> {
  const bytes = await readInput();
  let from = 0;
  for (const size of sizes) {
    const found = await printPicture(bytes.subarray(from, from + size)).catch(() => undefined);
    answer({ print: found });
    from += size;
  }
}

await ('prints' in wanted ? print(wanted.sizes) : makeFit(wanted));
