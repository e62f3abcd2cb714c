// Edits a run's pictures, from input bytes to encoded outputs. Deterministic: the same seed, prompt and inputs give the
// same bytes.
import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { drawCaption } from './caption.ts';
import { imageSizes, type RunInput } from './create-request.ts';
import { applyFilters, type Filter, parseFilters } from './filters.ts';
import { insets, sideBySide } from './geometry-filters.ts';
import { createRandom, hsl, mapTones, type Picture, pipeline, pixels } from './pixels.ts';
import type { OutputFile } from './run.ts';

// Hosted FLUX.2 models produce at most about 4 megapixels; they scale larger inputs down instead of rejecting them.
const maxSide = 2048;

async function decode(bytes: Buffer | undefined, size: RunInput['image_size']): Promise<Picture> {
  const [width, height] = size === undefined ? [maxSide, maxSide] : imageSizes[size];
  if (!bytes) {
    const blank = {
      width: size ? width : 1024,
      height: size ? height : 1024,
      channels: 3,
      background: '#8a8f98',
    } as const;
    return pixels(sharp({ create: blank }));
  }
  const image = sharp(bytes).autoOrient().flatten({ background: '#ffffff' });
  if (size === undefined) return pixels(image.resize(width, height, { fit: 'inside', withoutEnlargement: true }));
  return pixels(image.resize(width, height, { fit: 'cover' }));
}

/** Colours the picture with two hues derived from the prompt, for prompts without a known filter. */
function duotone(picture: Picture, prompt: string): Picture {
  const random = createRandom(createHash('sha256').update(prompt).digest().readUInt32BE(0));
  const hue = random() * 360;
  return mapTones(picture, [hsl(hue, 0.75, 0.14), hsl(hue + 90 + random() * 180, 0.85, 0.86)]);
}

async function encode(picture: Picture, format: RunInput['output_format']): Promise<OutputFile> {
  const image = pipeline(picture);
  switch (format) {
    case 'jpeg':
      return {
        bytes: await image.flatten({ background: '#ffffff' }).jpeg({ quality: 90 }).toBuffer(),
        type: 'image/jpeg',
      };
    case 'webp':
      return { bytes: await image.webp({ quality: 88, effort: 2 }).toBuffer(), type: 'image/webp' };
    default:
      return { bytes: await image.png({ compressionLevel: 2 }).toBuffer(), type: 'image/png' };
  }
}

// Tests repeat the same photograph and prompt; only the caption differs.
const maxCachedEdits = 8;
const editCache = new Map<string, Promise<Picture>>();

function cached(key: string, make: () => Promise<Picture>): Promise<Picture> {
  const edit = editCache.get(key) ?? make();
  editCache.delete(key);
  editCache.set(key, edit);
  const oldest = editCache.keys().next();
  if (editCache.size > maxCachedEdits && !oldest.done) editCache.delete(oldest.value);
  edit.catch(() => editCache.delete(key));
  return edit;
}

async function makeBase(
  inputs: readonly Buffer[],
  prompt: string,
  filters: readonly Filter[],
  size: RunInput['image_size'],
) {
  const others = inputs.slice(1);
  let base = await decode(inputs[0], size);
  const beside = /\b(?:side by side|next to|beside|collage)\b/i.test(prompt);
  if (others.length > 0 && beside) base = await sideBySide(base, others);
  base = filters.length > 0 ? await applyFilters(base, filters) : duotone(base, prompt);
  return others.length > 0 && !beside ? insets(base, others) : base;
}

/** Makes the outputs. `prompt` has no trigger words; output i uses seed + i. */
export async function editPictures(
  inputs: readonly Buffer[],
  prompt: string,
  input: RunInput,
  seed: number,
): Promise<OutputFile[]> {
  const filters = parseFilters(prompt);
  const hash = createHash('sha256').update(`${input.image_size}\n${prompt}`);
  for (const bytes of inputs) hash.update(`\n${bytes.length}\n`).update(bytes);
  const base = await cached(hash.digest('hex'), () => makeBase(inputs, prompt, filters, input.image_size));

  const note = filters.map((filter) => filter.name).join(', ');
  const files: OutputFile[] = [];
  for (let index = 0; index < (input.num_images ?? 1); index += 1) {
    const captioned = await drawCaption(base, seed + index, index, note, filters.length > 0 ? '' : prompt);
    files.push(await encode(captioned, input.output_format));
  }
  return files;
}

let hugePicture: Promise<Buffer> | undefined;

/** A PNG of about 30 MB (noise does not compress), created once. */
export function createHugePicture(): Promise<Buffer> {
  hugePicture ??= (async () => {
    const [width, height] = [3200, 3200];
    const data = Buffer.alloc(width * height * 3);
    const random = createRandom(30);
    for (let at = 0; at + 4 <= data.length; at += 4) data.writeUInt32LE(random() * 2 ** 32, at);
    return sharp(data, { raw: { width, height, channels: 3 } })
      .png({ compressionLevel: 1 })
      .toBuffer();
  })();
  return hugePicture;
}
