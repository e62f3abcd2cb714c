// How much of a picture somebody sees who has to judge it: first a small, grey, blurred one, then its shapes, then its
// colours. Only shrink-process.ts calls this, since it decodes; and never more than people look at.
import sharp from 'sharp';
import { asError, NotAPicture } from '../errors.ts';
import { type Fit, isTooMuchToDecode, maxPixels } from './picture.ts';

export const veils = ['blurred', 'grey', 'colour'] as const;
export type Veil = (typeof veils)[number];

/** Longest sides in pixels, and how far a blurred one is blurred. */
const sides: Record<Veil, number> = { blurred: 160, grey: 1_024, colour: 1_024 };
const sigma = 5;

/**
 * The picture behind a veil, as a JPEG without anything of the file around it: a preview in it would be in colour.
 * Undefined when decoding it would take too much memory.
 * @throws {NotAPicture} when its pixels cannot be read
 */
export async function veilPicture(bytes: Buffer, veil: Veil): Promise<Fit | undefined> {
  const open = () => sharp(bytes, { limitInputPixels: maxPixels });
  try {
    if (isTooMuchToDecode(bytes, await open().metadata())) return undefined;
    const side = sides[veil];
    const small = open()
      .autoOrient()
      .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
      .flatten({ background: 'white' });
    const veiled = veil === 'colour' ? small : small.greyscale().toColourspace('b-w');
    const shown = veil === 'blurred' ? veiled.blur(sigma) : veiled;
    const { data, info } = await shown.jpeg({ quality: 80 }).toBuffer({ resolveWithObject: true });
    return { bytes: data, info: { format: 'jpeg', width: info.width, height: info.height } };
  } catch (thrown) {
    throw new NotAPicture(asError(thrown).message, { cause: thrown });
  }
}
