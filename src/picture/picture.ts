// Inspects pictures: their format, whether they are complete, and how to make them small enough to upload. Only
// shrink-process.ts decodes: here, in the bot's own process, nothing but headers is read.
import sharp, { type Metadata } from 'sharp';
import { asError, NotAPicture } from '../errors.ts';
import { firstBytes, type Pieces } from '../pieces.ts';
import { type Format, partsOf } from './parts.ts';
import { isWhole } from './whole.ts';

export type PictureInfo = { format: Format; width: number; height: number };

// Nothing is decoded twice, so a cache would only hold memory.
sharp.cache(false);
sharp.concurrency(1);

/** sharp refuses larger pictures before decoding: four times the input limit. */
export const maxPixels = 160_000_000;

/** The size of one socket read holds the header of nearly every picture; a large profile may come before it. */
const headBytes = [65_536, 2 ** 20];

type Header = { format: string; width: number; height: number };

/**
 * The header of a WebP, which sharp reads only from a whole file. Sources: WebP container specification (VP8X),
 * RFC 6386 9.1 (VP8), WebP lossless bitstream specification 3 (VP8L).
 */
function readWebp(head: Buffer): Header | undefined {
  if (head.length < 30 || head.toString('latin1', 0, 4) !== 'RIFF') return undefined;
  if (head.toString('latin1', 8, 12) !== 'WEBP') return undefined;
  const format = 'webp';
  switch (head.toString('latin1', 12, 16)) {
    case 'VP8 ':
      if (head.readUIntBE(23, 3) !== 0x9d012a) return undefined;
      return { format, width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff };
    case 'VP8L': {
      if (head[20] !== 0x2f) return undefined;
      const sizes = head.readUInt32LE(21);
      return { format, width: (sizes & 0x3fff) + 1, height: ((sizes >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8X':
      return { format, width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 };
    default:
      return undefined;
  }
}

/** The first bytes of what may be read here. Sources: PNG specification 5.2, ITU-T T.81 B.1.1.3, WebP container specification. */
const signatures = [Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.from([0xff, 0xd8, 0xff]), Buffer.from('RIFF')];

async function readHeader(pieces: Pieces): Promise<Header> {
  // sharp would read any other format whole to tell its size: a document of SVG takes seconds and a gigabyte.
  const start = firstBytes(pieces, 8);
  if (!signatures.some((one) => start.subarray(0, one.length).equals(one)))
    throw new Error('its format is not expected');
  const webp = readWebp(firstBytes(pieces, 30));
  if (webp && webp.width * webp.height > maxPixels) throw new Error('the picture exceeds pixel limit');
  if (webp) return webp;
  for (const length of headBytes) {
    const found = await sharp(firstBytes(pieces, length), { limitInputPixels: maxPixels })
      .metadata()
      .catch(() => undefined);
    if (found) return found;
  }
  return sharp(Buffer.concat(pieces), { limitInputPixels: maxPixels }).metadata();
}

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

/** Memory for the pixels of a picture that cannot be decoded row by row. */
const mostDecoded = 120 * 2 ** 20;
/** More pixels than any model of ours makes; a larger result is made smaller first. */
export const usualPixels = 4_500_000;

/** Whether the first picture in a WebP is of the lossy kind; profiles and transparency may come before it. */
function isLossyWebp(bytes: Buffer): boolean {
  return partsOf('webp', [bytes]).find(({ name }) => ['VP8 ', 'VP8L', 'ANMF'].includes(name))?.name === 'VP8 ';
}

/**
 * About how many bytes it takes to decode a picture to a small one. JPEG and WebP are made smaller while they are
 * decoded, PNG comes row by row; but progressive, interlaced and lossless ones are held whole.
 */
function decodedBytes(bytes: Buffer, { format, width, height, isProgressive, channels, depth }: Metadata): number {
  const pixels = width * height;
  if (format === 'webp') return isLossyWebp(bytes) ? 0 : pixels * 5;
  if (!isProgressive) return 0;
  return pixels * (format === 'jpeg' ? 4 : channels * (depth === 'ushort' ? 2 : 1) * 1.2);
}

/** Whether decoding a picture to a small one would take too much memory. */
export const isTooMuchToDecode = (bytes: Buffer, metadata: Metadata) => decodedBytes(bytes, metadata) > mostDecoded;

/** Longest side of a picture. Sources: WebP container specification (14 bits), libjpeg's JPEG_MAX_DIMENSION. */
const longest = { webp: 16_383, jpeg: 65_500 };

const attempts: readonly { format: 'webp' | 'jpeg'; quality: number; scale: number }[] = [
  { format: 'webp', quality: 90, scale: 1 },
  { format: 'jpeg', quality: 85, scale: 1 },
  { format: 'jpeg', quality: 70, scale: 1 },
  { format: 'jpeg', quality: 80, scale: 0.7 },
  { format: 'jpeg', quality: 75, scale: 0.5 },
  { format: 'jpeg', quality: 70, scale: 0.25 },
];

export type Fit = { bytes: Buffer; info: PictureInfo };

/**
 * The picture in at most `limit` bytes: unchanged if it fits, otherwise in at most `pixels` as WebP, then JPEG, then
 * smaller JPEGs. Undefined when nothing fits, or when decoding it would take too much memory.
 * @param decoded called when the bytes are not needed any more
 * @throws {NotAPicture} when its pixels cannot be read
 */
export async function fitPicture(
  bytes: Buffer,
  info: PictureInfo,
  limit: number,
  pixels = usualPixels,
  decoded: () => void = () => {},
): Promise<Fit | undefined> {
  if (bytes.length <= limit) return { bytes, info };
  const open = () => sharp(bytes, { limitInputPixels: maxPixels });
  const decode = async <Result>(work: Promise<Result>) => {
    return work.catch((thrown: unknown) => {
      throw new NotAPicture(asError(thrown).message, { cause: thrown });
    });
  };
  const metadata = await decode(open().metadata());
  if (isTooMuchToDecode(bytes, metadata)) return undefined;
  // A phone held upright writes a lying picture, and beside it how to turn it.
  const upright = metadata.autoOrient;
  const largest = Math.min(1, Math.sqrt(pixels / (upright.width * upright.height)));
  // Decoded once: each attempt at the whole file would take its memory again.
  const { data: raw, info: size } = await decode(
    open()
      .autoOrient()
      .resize({ width: Math.max(1, Math.round(upright.width * largest)) })
      .raw()
      .toBuffer({ resolveWithObject: true }),
  );
  decoded();
  for (const { format, quality, scale } of attempts) {
    // A JPEG gains nothing from WebP's artefacts on top.
    if (format === 'webp' && info.format === 'jpeg') continue;
    if (Math.max(size.width, size.height) * scale > longest[format]) continue;
    const width = Math.max(1, Math.round(size.width * scale));
    const image = sharp(raw, { raw: size }).resize({ width });
    // JPEG knows no transparency: what shows through is white, as on a page.
    const encoded =
      format === 'webp' ? image.webp({ quality, effort: 2 }) : image.flatten({ background: 'white' }).jpeg({ quality });
    const { data, info: made } = await decode(encoded.toBuffer({ resolveWithObject: true }));
    if (data.length <= limit) return { bytes: data, info: { format, width: made.width, height: made.height } };
  }
  return undefined;
}
