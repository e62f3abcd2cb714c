// Inspects pictures: their format, whether they are complete, and how to make them small enough to upload. All pixel
// work happens in sharp's threads.
import sharp from 'sharp';
import { asError, NotAPicture } from '../errors.ts';
import { firstBytes, lastBytes, type Pieces, sizeOf } from '../pieces.ts';

export type PictureInfo = { format: 'png' | 'jpeg' | 'webp'; width: number; height: number };

/** sharp refuses larger pictures before decoding: four times the input limit. */
const maxPixels = 160_000_000;

/** The size of one socket read; it holds the header of nearly every picture. */
const headBytes = 65_536;

/**
 * Whether the bytes end where their format says. Sources: PNG specification 5.6 (IEND comes last),
 * ITU-T T.81 B.1.1.3 (EOI marker), WebP container specification (RIFF size).
 */
function isWhole(format: PictureInfo['format'], pieces: Pieces): boolean {
  switch (format) {
    case 'png':
      return lastBytes(pieces, 64).includes('IEND');
    case 'jpeg':
      // Some encoders pad the end.
      return lastBytes(pieces, 1024).includes(Buffer.from([0xff, 0xd9]));
    case 'webp':
      return sizeOf(pieces) >= firstBytes(pieces, 8).readUInt32LE(4) + 8;
  }
}

const read = (bytes: Buffer) => sharp(bytes, { limitInputPixels: maxPixels }).metadata();

/** A header can exceed these first bytes (a large profile), and WebP can only be read whole. */
const readHeader = (pieces: Pieces) => read(firstBytes(pieces, headBytes)).catch(() => read(Buffer.concat(pieces)));

/** Format and size of the picture. @throws {NotAPicture} */
export async function inspectPicture(pieces: Pieces): Promise<PictureInfo> {
  try {
    const { format, width, height } = await readHeader(pieces);
    if (format !== 'png' && format !== 'jpeg' && format !== 'webp') throw new Error(`${format} is not expected`);
    if (!isWhole(format, pieces)) throw new Error(`the ${format} is cut off`);
    return { format, width, height };
  } catch (thrown) {
    throw new NotAPicture(asError(thrown).message, { cause: thrown });
  }
}

const attempts: readonly { format: 'webp' | 'jpeg'; quality: number; scale: number }[] = [
  { format: 'webp', quality: 90, scale: 1 },
  { format: 'jpeg', quality: 85, scale: 1 },
  { format: 'jpeg', quality: 70, scale: 1 },
  { format: 'jpeg', quality: 80, scale: 0.7 },
  { format: 'jpeg', quality: 75, scale: 0.5 },
  { format: 'jpeg', quality: 70, scale: 0.25 },
];

/**
 * The picture in at most `limit` bytes: unchanged if it fits, otherwise as WebP, then JPEG, then smaller JPEGs.
 * Undefined when nothing fits.
 * @throws {NotAPicture} when its pixels cannot be read
 */
export async function fitPicture(
  bytes: Buffer,
  info: PictureInfo,
  limit: number,
): Promise<{ bytes: Buffer; info: PictureInfo } | undefined> {
  if (bytes.length <= limit) return { bytes, info };
  for (const { format, quality, scale } of attempts) {
    // A JPEG gains nothing from WebP's artefacts on top.
    if (format === 'webp' && info.format === 'jpeg') continue;
    const width = Math.max(1, Math.round(info.width * scale));
    const image = sharp(bytes, { limitInputPixels: maxPixels }).resize({ width });
    const encoded = format === 'webp' ? image.webp({ quality, effort: 2 }) : image.flatten().jpeg({ quality });
    const { data, info: made } = await encoded.toBuffer({ resolveWithObject: true }).catch((thrown: unknown) => {
      throw new NotAPicture(asError(thrown).message, { cause: thrown });
    });
    if (data.length <= limit) return { bytes: data, info: { format, width: made.width, height: made.height } };
  }
  return undefined;
}
