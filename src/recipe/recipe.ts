// A recipe: how a picture was made, as a code that somebody can paste to make another picture the same way. A version byte,
// the settings, and a checksum, so that a code that was cut, changed or made by somebody else is told from one of ours.
// It proves nothing else: whatever it asks for is checked like what somebody types.
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import { UserError } from '../errors.ts';
import { readJson } from '../json.ts';
import { promptLimit, sizeNames } from '../models/model.ts';

/** What is left out is left to the model. */
export type Recipe = {
  model: string;
  prompt: string;
  seed?: number | undefined;
  steps?: number | undefined;
  size?: (typeof sizeNames)[number] | undefined;
  format?: 'png' | 'jpeg' | 'webp' | undefined;
};

const version = 1;
const checksumLength = 4;
/** Longer than any prompt with its settings: nothing larger is unpacked. */
const longestText = 16 * 2 ** 10;

/** Discord takes no longer code in an option of a command. */
export const longestRecipe = 6_000;

const shape = z.tuple([
  z.string().min(1).max(200),
  z.string().min(1).max(promptLimit),
  z.int().nullable(),
  z.int().nullable(),
  z.enum(sizeNames).nullable(),
  z.enum(['png', 'jpeg', 'webp']).nullable(),
]);

function checksum(bytes: Buffer): Buffer {
  const sum = Buffer.alloc(checksumLength);
  sum.writeUInt32BE(crc32(bytes));
  return sum;
}

/** The code of a recipe. */
export function writeRecipe({ model, prompt, seed, steps, size, format }: Recipe): string {
  const text = JSON.stringify([model, prompt, seed ?? null, steps ?? null, size ?? null, format ?? null]);
  const body = Buffer.concat([Buffer.from([version]), deflateRawSync(text, { level: 9 })]);
  return Buffer.concat([body, checksum(body)]).toString('base64url');
}

function unpack(packed: Buffer): unknown {
  try {
    return readJson(inflateRawSync(packed, { maxOutputLength: longestText }).toString('utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Reads the code of a recipe, whatever stands around it.
 * @throws {UserError} that says why it is none
 */
export function readRecipe(code: string): Recipe {
  const plain = code.replace(/[\s`]/g, '');
  const bytes = Buffer.from(plain, 'base64url');
  const body = bytes.subarray(0, -checksumLength);
  // What decodes to the same bytes from other letters was changed as well.
  const isWhole = bytes.toString('base64url') === plain && body.length > 1;
  if (!isWhole || !checksum(body).equals(bytes.subarray(-checksumLength))) {
    throw new UserError((t) => t.run.recipe.broken);
  }
  if (body[0] !== version) throw new UserError((t) => t.run.recipe.otherVersion);
  const read = shape.safeParse(unpack(body.subarray(1))).data;
  if (!read) throw new UserError((t) => t.run.recipe.broken);
  const [model, prompt, seed, steps, size, format] = read;
  return {
    model,
    prompt,
    ...(seed === null ? {} : { seed }),
    ...(steps === null ? {} : { steps }),
    ...(size === null ? {} : { size }),
    ...(format === null ? {} : { format }),
  };
}
