// One run's pictures: from the inputs' bytes and the run's input to the encoded outputs. Everything that is not in
// the arguments is fixed, so that the same seed, prompt and inputs give the same bytes.
import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { label } from './caption.ts';
import { applyAll, understand } from './filters.ts';
import { imageSizes, type RunInput } from './input.ts';
import { createRandom, hsl, mapTones, type Picture, pipeline, pixels } from './pixels.ts';
import type { OutputFile } from './run.ts';
import { insets, sideBySide } from './shapes.ts';

// Hosted FLUX.2 models make pictures of at most about 4 megapixels; larger inputs are made smaller, never refused.
const largestSide = 2048;

async function open(bytes: Buffer | undefined, size: RunInput['image_size']): Promise<Picture> {
  const [width, height] = size === undefined ? [largestSide, largestSide] : imageSizes[size];
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

/** Two colours that belong to the prompt, for prompts of which nothing was understood. */
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
      return { bytes: await image.png({ compressionLevel: 4 }).toBuffer(), type: 'image/png' };
  }
}

/** Edits for real. `prompt` is without trigger words; output i is made with seed + i. */
export async function editPictures(
  inputs: readonly Buffer[],
  prompt: string,
  input: RunInput,
  seed: number,
): Promise<OutputFile[]> {
  const others = inputs.slice(1);
  const filters = understand(prompt);
  let base = await open(inputs[0], input.image_size);
  const beside = /\b(?:side by side|next to|beside|collage)\b/i.test(prompt);
  if (others.length > 0 && beside) base = await sideBySide(base, others);
  base = filters.length > 0 ? await applyAll(base, filters) : duotone(base, prompt);
  if (others.length > 0 && !beside) base = await insets(base, others);

  const note = filters.map((filter) => filter.name).join(', ');
  const files: OutputFile[] = [];
  for (let index = 0; index < (input.num_images ?? 1); index += 1) {
    const labelled = await label(base, seed + index, note, filters.length > 0 ? '' : prompt);
    files.push(await encode(labelled, input.output_format));
  }
  return files;
}

let hugePicture: Promise<Buffer> | undefined;

/** A PNG of about 30 MB: noise does not compress. Made once. */
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
