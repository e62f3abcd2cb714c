// The prints of pictures that are in memory anyway, made in a process of its own: for what moderators see, never for an
// ordinary edit.
import { z } from 'zod';
import { asError } from '../errors.ts';
import type { Log } from '../log.ts';
import { type Pieces, sizeOf } from '../pieces.ts';
import { createSlots } from '../slots.ts';
import { type Limits, runAlone, usualLimits } from './alone.ts';
import { isPrint, type Print } from './likeness.ts';

/** A card does not wait for longer. */
const timeMs = 5_000;

/**
 * The print of each picture, in order; undefined for one that has none, or for which there was no time or memory. The bytes
 * stay as they are. Never rejects.
 */
export type MakePrints = (pictures: readonly Pieces[], signal: AbortSignal) => Promise<(Print | undefined)[]>;

const line = z.object({ print: z.string().refine(isPrint).optional() });

export function createMakePrints(options: { log: Log; limits?: Partial<Limits> }): MakePrints {
  const { log } = options;
  const limits = { ...usualLimits, timeMs, ...options.limits };
  // Decoding takes memory: one card at a time.
  const slots = createSlots(1);
  return async (pictures, signal) => {
    const order = { sizes: pictures.map(sizeOf), prints: true } as const;
    try {
      const ended = await slots.run(() => runAlone(pictures.flat(), order, limits, signal));
      if (ended.code !== 0)
        log.warn({ code: ended.code, errors: ended.errors }, 'what pictures look like cannot be told');
      const lines = Buffer.concat([Buffer.from(ended.head), ...ended.pieces])
        .toString()
        .split('\n');
      return pictures.map((_, at) => (lines[at] ? line.parse(JSON.parse(lines[at])).print : undefined));
    } catch (thrown) {
      log.warn({ err: asError(thrown) }, 'what pictures look like cannot be told');
      return pictures.map(() => undefined);
    }
  };
}
