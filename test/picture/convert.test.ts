// What becomes of pictures that the models do not read: of every format, upright, small enough, and with nothing of the
// file around them.
import { readFile } from 'node:fs/promises';
import { encode } from 'bmp-ts';
import sharp from 'sharp';
import { describe, expect, it, test } from 'vitest';
import { NotAPicture } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { sourceLimits } from '../../src/models/model.ts';
import { convertPicture } from '../../src/picture/convert.ts';
import { createConvert } from '../../src/picture/shrink.ts';
import { sizeOf } from '../../src/pieces.ts';

const megabyte = 2 ** 20;
const input = (name: string) => readFile(new URL(`../inputs/${name}`, import.meta.url));
const heic = await input('camera.heic');

const convert = (bytes: Buffer, limit = 20 * megabyte) => convertPicture(bytes, limit, sourceLimits.pixels);

/** Left half red, right half blue. */
const halves = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#0000ff' } }).composite([
    { input: { create: { width: width / 2, height, channels: 3, background: '#ff0000' } }, left: 0, top: 0 },
  ]);

async function bmp(width: number, height: number): Promise<Buffer> {
  const rgba = await halves(width, height).ensureAlpha().raw().toBuffer();
  const data = Buffer.alloc(rgba.length);
  // That encoder wants the bytes from the last to the first: alpha, blue, green, red.
  for (let at = 0; at < rgba.length; at += 4) data.set([255, rgba[at + 2] ?? 0, rgba[at + 1] ?? 0, rgba[at] ?? 0], at);
  return encode({ data, width, height, bitPP: 24 }).data;
}

/** Red, green and blue of a pixel, roughly. */
async function colourAt(bytes: Buffer, left: number, top: number): Promise<number[]> {
  const area = { left, top, width: 1, height: 1 };
  const pixel = await sharp(bytes).extract(area).removeAlpha().raw().toBuffer();
  return [...pixel].map((value) => Math.round(value / 64) * 64);
}

describe('is read and keeps its colours', () => {
  test.each([
    ['GIF', () => halves(120, 80).gif().toBuffer()],
    ['AVIF', () => halves(120, 80).avif({ quality: 90, effort: 0 }).toBuffer()],
    ['TIFF', () => halves(120, 80).tiff().toBuffer()],
    ['BMP', () => bmp(120, 80)],
    ['PNG of 16 bits', () => halves(120, 80).toColourspace('rgb16').png().toBuffer()],
    ['JPEG for printing', () => halves(120, 80).toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer()],
  ])('a %s', async (_format, make) => {
    const made = await convert(await make());
    expect(made?.info).toEqual({ format: 'jpeg', width: 120, height: 80 });
    expect(made?.frames).toBe(false);
    const [left, right] = [await colourAt(made?.bytes ?? heic, 20, 40), await colourAt(made?.bytes ?? heic, 100, 40)];
    expect((left[0] ?? 0) - (left[2] ?? 0)).toBeGreaterThan(100);
    expect((right[2] ?? 0) - (right[0] ?? 0)).toBeGreaterThan(100);
  });
});

describe('a HEIC', () => {
  it('of a phone is read, and tells neither place nor camera', async () => {
    expect(heic.includes('Secret Camera')).toBe(true);
    const made = await convert(heic);
    expect(made?.info).toEqual({ format: 'jpeg', width: 160, height: 106 });
    expect((await sharp(made?.bytes).metadata()).exif).toBeUndefined();
    expect(made?.bytes.includes('Secret Camera')).toBe(false);
  });

  it('that is cut off is no picture', async () => {
    await expect(convert(heic.subarray(0, 900))).rejects.toThrow(NotAPicture);
  });
});

it('turns what a phone held upright took', async () => {
  const made = await convert(await input('portrait-exif6.jpg'));
  const { width, height } = (await sharp(await input('portrait-exif6.jpg')).metadata()).autoOrient;
  expect(made?.info).toEqual({ format: 'jpeg', width, height });
  expect((await sharp(made?.bytes).metadata()).orientation).toBeUndefined();
});

describe('of several frames', () => {
  const frames = ['#ff0000', '#0000ff'].map((background) => ({
    create: { width: 40, height: 30, channels: 3 as const, background },
  }));

  test.each(['gif', 'webp'] as const)('the first of a %s is taken, which is said', async (format) => {
    const animated = await sharp(await Promise.all(frames.map((frame) => sharp(frame).png().toBuffer())), {
      join: { animated: true },
    })
      .toFormat(format)
      .toBuffer();
    const made = await convert(animated);
    expect(made).toMatchObject({ frames: true, info: { width: 40, height: 30 } });
    const [red = 0, , blue = 0] = await colourAt(made?.bytes ?? heic, 20, 15);
    expect(red - blue).toBeGreaterThan(100);
  });

  it('a PNG says so before its pixels', async () => {
    const png = await sharp(frames[0]).png().toBuffer();
    const chunk = Buffer.from('0000000861635450000000020000000000000000', 'hex');
    chunk.write('acTL', 4, 'latin1');
    expect((await convert(Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)])))?.frames).toBe(true);
    expect((await convert(png))?.frames).toBe(false);
  });
});

describe('comes out', () => {
  test.each([
    [2_048, 2_048, 2_048, 2_048],
    [4_096, 2_048, 2_896, 1_448],
    [8_000, 200, 4_000, 100],
  ])('of %i × %i as %i × %i', async (width, height, wide, high) => {
    const made = await convert(await halves(width, height).png({ compressionLevel: 1 }).toBuffer());
    expect(made?.info).toEqual({ format: 'jpeg', width: wide, height: high });
  });

  it('as WebP where something shows through', async () => {
    const clear = { create: { width: 60, height: 40, channels: 4 as const, background: '#33669980' } };
    const made = await convert(await sharp(clear).tiff({ compression: 'lzw' }).toBuffer());
    expect(made?.info.format).toBe('webp');
    expect((await sharp(made?.bytes).metadata()).hasAlpha).toBe(true);
  });
});

describe('is refused', () => {
  test.each([
    ['a drawing', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
    ['a text', Buffer.from('no picture at all')],
    ['nothing', Buffer.alloc(0)],
    ['a BMP that ends after its header', Buffer.concat([Buffer.from('BM'), Buffer.alloc(40)])],
    ['the start of a GIF', Buffer.from('GIF89a')],
  ])('%s', async (_what, bytes) => {
    await expect(convert(bytes)).rejects.toThrow(NotAPicture);
  });
});

it('is no picture for that process either, whatever the decoder says of it', async () => {
  const log = createLog('silent', []);
  const cut = Buffer.from(heic.subarray(0, 900));
  const work = createConvert({ log })(cut, megabyte, { pixels: 5_000, signal: new AbortController().signal });
  await expect(work).rejects.toThrow(NotAPicture);
});

it('is done by a process that dies alone, and not with more memory than that may have', async () => {
  const log = createLog('debug', [], { write: () => {} });
  const { signal } = new AbortController();
  const made = await createConvert({ log })(Buffer.from(heic), megabyte, { pixels: 5_000, signal });
  expect(made?.frames).toBe(false);
  expect((made?.info.width ?? 0) * (made?.info.height ?? 0)).toBeLessThanOrEqual(5_000);
  expect(sizeOf(made?.pieces ?? [])).toBeGreaterThan(500);
  const little = createConvert({ log, limits: { memory: 60 * megabyte } });
  expect(await little(Buffer.from(heic), megabyte, { pixels: 5_000, signal })).toBeUndefined();
});
