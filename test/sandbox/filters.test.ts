// The stand-in's edits, measured on pixels: each word does what it says, in the order of the prompt, and quickly.
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { editPictures } from '../../sandbox/runflow/edit.ts';
import { parseFilters } from '../../sandbox/runflow/filters.ts';

const photos = new URL('../../sandbox/photos/', import.meta.url);
const rocket = readFileSync(new URL('rocket.jpg', photos));
const cat = readFileSync(new URL('chelsea.png', photos));

/** Of 107 rows. */
const bandRows = 17;

type Pixels = { data: Buffer; width: number; height: number };

async function decode(bytes: Buffer | undefined): Promise<Pixels> {
  const { data, info } = await sharp(bytes)
    .flatten({ background: 'white' })
    .resize(160, 107, { fit: 'fill' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

async function edit(prompt: string, inputs: Buffer[] = [rocket], seed = 1): Promise<Pixels> {
  const [file] = await editPictures(inputs, prompt, { prompt }, seed);
  return decode(file?.bytes);
}

/** The mean difference per channel value, leaving out the caption's band at the top. */
function difference(one: Pixels, two: Pixels): number {
  const start = one.width * bandRows * 3;
  let sum = 0;
  for (let at = start; at < one.data.length; at += 1) sum += Math.abs((one.data[at] ?? 0) - (two.data[at] ?? 0));
  return sum / (one.data.length - start);
}

/** Mean red, green and blue, and how far the channels lie apart, below the band. */
function colour(picture: Pixels): { red: number; green: number; blue: number; spread: number } {
  const sums = [0, 0, 0, 0];
  const start = picture.width * bandRows * 3;
  const count = (picture.data.length - start) / 3;
  for (let at = start; at < picture.data.length; at += 3) {
    const values = [picture.data[at] ?? 0, picture.data[at + 1] ?? 0, picture.data[at + 2] ?? 0];
    values.forEach((value, channel) => {
      sums[channel] = (sums[channel] ?? 0) + value;
    });
    sums[3] = (sums[3] ?? 0) + Math.max(...values) - Math.min(...values);
  }
  const [red = 0, green = 0, blue = 0, spread = 0] = sums.map((sum) => sum / count);
  return { red, green, blue, spread };
}

test('different prompts give clearly different pictures', async () => {
  const prompts = [
    'make it black and white',
    'invert the colours',
    'paint it #ff8800',
    'pixelate',
    'a dragon',
    'a tea party',
  ];
  const pictures = await Promise.all([decode(rocket), ...prompts.map((prompt) => edit(prompt))]);
  for (const [place, one] of pictures.entries()) {
    for (const two of pictures.slice(place + 1)) expect(difference(one, two)).toBeGreaterThan(5);
  }
});

test('words do what they say', async () => {
  const [plain, grey, orange, bright, dark, vivid, negative] = await Promise.all([
    decode(rocket).then(colour),
    edit('black & white').then(colour),
    edit('#f80').then(colour),
    edit('brighter, please').then(colour),
    edit('much darker').then(colour),
    edit('more vibrant').then(colour),
    edit('as a negative').then(colour),
  ]);
  expect(plain.blue).toBeGreaterThan(plain.red);
  expect(grey.spread).toBeLessThan(plain.spread / 2);
  expect(orange.red).toBeGreaterThan(orange.blue + 20);
  expect(bright.green).toBeGreaterThan(plain.green * 1.2);
  expect(dark.green).toBeLessThan(plain.green * 0.9);
  expect(vivid.spread).toBeGreaterThan(plain.spread);
  expect(negative.red).toBeGreaterThan(180);
});

test('mirrored twice is the same as not at all', async () => {
  const once = await edit('mirror it');
  const twice = await edit('mirror it, blur, then flip it');
  const never = await edit('blur');
  expect(difference(twice, never)).toBeLessThan(1);
  expect(difference(once, never)).toBeGreaterThan(5);
});

test.each([
  ['Make it black and white, then sepia', ['black and white', 'sepia']],
  ['sepia with a blue border', ['sepia', 'frame']],
  ['red and with less contrast', ['tint', 'less contrast']],
  ['flip it vertically; rotate 45 degrees', ['flip', 'rotate']],
  ['a pencil sketch', ['sketch']],
  ['turn it upside down', ['upside down']],
  ['Put a hat on the dog', []],
])('understands "%s"', (prompt, names) => {
  expect(parseFilters(prompt).map(({ name }) => name)).toEqual(names);
});

test('a second input is seen in the result', async () => {
  const [alone, inset, beside] = await Promise.all([
    edit('sepia'),
    edit('sepia with image 2', [rocket, cat]),
    edit('sepia, side by side', [rocket, cat]),
  ]);
  expect(difference(alone, inset)).toBeGreaterThan(4);
  expect(difference(inset, beside)).toBeGreaterThan(8);
});

test('only the second and further outputs of a run are tinted by their seed, and gently', async () => {
  const input = { prompt: 'black and white', num_images: 2 };
  const [first, second] = await Promise.all(
    (await editPictures([rocket], input.prompt, input, 1)).map((file) => decode(file.bytes)),
  );
  const other = await edit('black and white', [rocket], 2);
  if (!first || !second) throw new Error('no outputs');
  expect(colour(first).spread).toBeLessThan(0.5);
  expect(difference(first, other)).toBeLessThan(0.5);
  expect(difference(first, second)).toBeGreaterThan(0.2);
  expect(difference(first, second)).toBeLessThan(25);
  expect(first.data.equals(other.data)).toBe(false);
});

test('every prompt, every small size and every format come out', async () => {
  const odd = ['<svg>&"\'</svg> 🎉 größe', 'x'.repeat(2000), '[', 'rotate 33 circle', 'sketch cartoon edges emboss'];
  for (const [width, height] of [
    [1, 1],
    [3, 200],
    [64, 64],
  ]) {
    const tiny = await sharp({ create: { width: width ?? 1, height: height ?? 1, channels: 4, background: '#08f8' } })
      .png()
      .toBuffer();
    for (const [index, prompt] of odd.entries()) {
      const output_format = (['png', 'jpeg', 'webp'] as const)[index % 3];
      const [file] = await editPictures([tiny, cat], prompt, { prompt, output_format }, index);
      const found = await sharp(file?.bytes).metadata();
      expect([found.width, found.height, found.format]).toEqual([width, height, output_format]);
    }
  }
});
