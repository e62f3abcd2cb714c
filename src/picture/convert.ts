// Makes a picture that the models can read of one that they cannot, or would have to make smaller: upright, in few enough
// pixels, without anything of the file around it, such as place and camera. Only shrink-process.ts calls this.
import sharp, { type Sharp } from 'sharp';
import { asError, NotAPicture } from '../errors.ts';
import { sourceLimits } from '../models/model.ts';
import { type Fit, isTooMuchToDecode, maxPixels } from './picture.ts';

/** Held whole while they are decoded, as RGBA. */
const mostHeld = 16_000_000;

/** `frames`: there were more of them, of which this is the first. */
export type Converted = Fit & { frames: boolean };

class TooManyPixels extends Error {
  override name = 'TooManyPixels';
}

const startsWith = (bytes: Buffer, text: string, at = 0) => bytes.toString('latin1', at, at + text.length) === text;

/** ISO/IEC 14496-12 4.3: the brands of a file of boxes; those of AV1 (AVIF 6) sharp reads itself. */
function isHeic(bytes: Buffer): boolean {
  if (!startsWith(bytes, 'ftyp', 4)) return false;
  const brands = bytes.toString('latin1', 8, Math.min(bytes.readUInt32BE(0), 256));
  return !/avi[fs]/.test(brands) && /hei[cxms]|hev[cxms]|mif1|msf1/.test(brands);
}

/** What sharp may read: a document of SVG, for one, takes seconds and a gigabyte. */
function isReadable(bytes: Buffer): boolean {
  const starts = ['\x89PNG', '\xff\xd8\xff', 'GIF8', 'RIFF', 'II*\0', 'MM\0*'];
  return starts.some((start) => startsWith(bytes, start)) || startsWith(bytes, 'ftyp', 4);
}

/** GIF and WebP tell of their frames; the chunk that says so of a PNG stands before its pixels (PNG specification 11.3.2.7). */
function hasFrames(bytes: Buffer, { format, pages = 1 }: { format: string; pages?: number | undefined }): boolean {
  if (format === 'png') {
    const control = bytes.indexOf('acTL');
    return control !== -1 && control < bytes.indexOf('IDAT');
  }
  return pages > 1;
}

type Opened = { image: Sharp; width: number; height: number; frames: boolean };

function ofPixels(data: Uint8Array, width: number, height: number): Opened {
  return { image: sharp(data, { raw: { width, height, channels: 4 } }), width, height, frames: false };
}

function checkHeld(width: number, height: number): void {
  if (width * height > mostHeld) throw new TooManyPixels();
}

/** The decoder is eight megabytes: loaded only for this. */
async function openHeic(bytes: Buffer): Promise<Opened> {
  const { default: libheif } = await import('libheif-js/wasm-bundle.js');
  const images = new libheif.HeifDecoder().decode(bytes);
  const image = images.find((one) => one.is_primary()) ?? images[0];
  if (!image) throw new Error('there is no picture in it');
  const [width, height] = [image.get_width(), image.get_height()];
  checkHeld(width, height);
  const pixels = { data: new Uint8ClampedArray(width * height * 4), width, height };
  const filled = await new Promise<boolean>((resolve) => image.display(pixels, (done) => resolve(done !== null)));
  if (!filled) throw new Error('its pixels cannot be decoded');
  return ofPixels(new Uint8Array(pixels.data.buffer), width, height);
}

/** BITMAPINFOHEADER: width, then height, which is negative where the first row is on top. */
async function openBmp(bytes: Buffer): Promise<Opened> {
  checkHeld(Math.abs(bytes.readInt32LE(18)), Math.abs(bytes.readInt32LE(22)));
  const { decode } = await import('bmp-ts');
  const { data, width, height } = decode(bytes, { toRGBA: true });
  const opened = ofPixels(data, width, height);
  // Where others keep how much shows through, most files of this format have nothing.
  return { ...opened, image: opened.image.removeAlpha() };
}

async function openOther(bytes: Buffer): Promise<Opened> {
  const metadata = await sharp(bytes, { limitInputPixels: maxPixels }).metadata();
  const { format, autoOrient } = metadata;
  if (isTooMuchToDecode(bytes, metadata)) throw new TooManyPixels();
  if (!['png', 'jpeg', 'webp'].includes(format)) checkHeld(autoOrient.width, autoOrient.height);
  const image = sharp(bytes, { limitInputPixels: maxPixels }).autoOrient();
  return { image, ...autoOrient, frames: hasFrames(bytes, metadata) };
}

async function open(bytes: Buffer): Promise<Opened> {
  if (isHeic(bytes)) return openHeic(bytes);
  if (startsWith(bytes, 'BM')) return openBmp(bytes);
  if (isReadable(bytes)) return openOther(bytes);
  throw new Error('its format is not expected');
}

/**
 * The first frame, as JPEG, or as WebP where something shows through. Undefined when decoding it would take too much
 * memory, or when it does not fit into `limit` bytes.
 * @throws {NotAPicture} when its pixels cannot be read
 */
export async function convertPicture(bytes: Buffer, limit: number, pixels: number): Promise<Converted | undefined> {
  try {
    const { image, width, height, frames } = await open(bytes);
    const scale = Math.min(1, Math.sqrt(pixels / (width * height)), sourceLimits.side / Math.max(width, height));
    const small = image.resize({ width: Math.max(1, Math.floor(width * scale)) }).toColourspace('srgb');
    const { data, info } = await small.raw().toBuffer({ resolveWithObject: true });
    const raw = { width: info.width, height: info.height, channels: info.channels };
    const { isOpaque } = await sharp(data, { raw }).stats();
    const format = isOpaque ? 'jpeg' : 'webp';
    for (const quality of [92, 80, 65]) {
      const made = sharp(data, { raw });
      const encoded = isOpaque ? made.removeAlpha().jpeg({ quality }) : made.webp({ quality, effort: 2 });
      const { data: file, info } = await encoded.toBuffer({ resolveWithObject: true });
      if (file.length <= limit)
        return { bytes: file, info: { format, width: info.width, height: info.height }, frames };
    }
    return undefined;
  } catch (thrown) {
    if (thrown instanceof TooManyPixels) return undefined;
    throw new NotAPicture(asError(thrown).message, { cause: thrown });
  }
}
