// Making pictures small in a process of its own: what comes out, and that what goes wrong there stays there. The sizes
// are those that members may hand in: forty megapixels in twenty megabytes, and bombs.
import { randomBytes } from 'node:crypto';
import sharp, { type Sharp } from 'sharp';
import { afterEach, describe, expect, test } from 'vitest';
import { NotAPicture } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { inspectPicture } from '../../src/picture/picture.ts';
import { createShrink } from '../../src/picture/shrink.ts';
import { sizeOf } from '../../src/pieces.ts';

const megabyte = 2 ** 20;
const lines: string[] = [];
const log = createLog('debug', [], { write: (line) => void lines.push(line) });
const shrink = createShrink({ log });
const { signal } = new AbortController();

afterEach(() => {
  lines.length = 0;
});

/** A picture of so many pixels that hardly compresses: noise, enlarged. */
async function noise(width: number, height: number, encode: (image: Sharp) => Sharp): Promise<Buffer> {
  const raw = { width: width / 4, height: height / 4, channels: 3 } as const;
  const small = sharp(randomBytes(raw.width * raw.height * 3), { raw });
  return encode(small.resize(width, height, { kernel: 'nearest' })).toBuffer();
}

const flat = (side: number) =>
  sharp({ create: { width: side, height: side, channels: 4, background: '#33669980' }, limitInputPixels: false });

async function toSmall(bytes: Buffer, limit = megabyte, pixels = 3_000_000) {
  return shrink(bytes, await inspectPicture([bytes]), limit, { pixels, signal });
}

describe('comes out', { timeout: 60_000 }, () => {
  test.each([
    ['a WebP of 39 megapixels', (image: Sharp) => image.webp({ quality: 60, effort: 0 })],
    [
      'one with a profile and transparency',
      (image: Sharp) => image.ensureAlpha(0.5).withIccProfile('p3').webp({ quality: 60, effort: 0 }),
    ],
    ['a JPEG of 39 megapixels', (image: Sharp) => image.jpeg({ quality: 60 })],
    ['a PNG of 39 megapixels', (image: Sharp) => image.png({ compressionLevel: 1 })],
  ])('%s, in three', async (_what, encode) => {
    const bytes = await noise(7_200, 5_400, encode);
    const fit = await toSmall(bytes);
    expect(sizeOf(fit?.pieces ?? [])).toBeLessThanOrEqual(megabyte);
    expect((fit?.info.width ?? 0) * (fit?.info.height ?? 0)).toBeLessThanOrEqual(3_010_000);
    expect(await inspectPicture(fit?.pieces ?? [])).toEqual(fit?.info);
    expect(lines).toEqual([]);
  });
});

describe('is left out by its header', () => {
  test.each([
    ['a lossless WebP of 49 megapixels', () => flat(7_000).webp({ lossless: true, effort: 0 }).toBuffer()],
    ['an interlaced PNG of 49 megapixels', () => flat(7_000).png({ progressive: true }).toBuffer()],
    ['a progressive JPEG of 49 megapixels', () => flat(7_000).flatten().jpeg({ progressive: true }).toBuffer()],
  ])(
    '%s',
    async (_what, make) => {
      expect(await toSmall(await make(), 10)).toBeUndefined();
      expect(lines).toEqual([]);
    },
    60_000,
  );
});

describe('the process ends alone', () => {
  test('when it takes more memory than it may', async () => {
    const greedy = createShrink({ log, limits: { memory: 60 * megabyte } });
    const bytes = await noise(2_400, 2_400, (image) => image.png({ compressionLevel: 1 }));
    expect(await greedy(bytes, await inspectPicture([bytes]), megabyte, { signal })).toBeUndefined();
    expect(lines.join()).toContain('took too much');
  });

  test('when it takes longer than it may', async () => {
    const hasty = createShrink({ log, limits: { timeMs: 20 } });
    const bytes = await noise(2_400, 2_400, (image) => image.png({ compressionLevel: 1 }));
    const late = hasty(bytes, await inspectPicture([bytes]), megabyte, { signal });
    await expect(late).rejects.toMatchObject({ name: 'DownloadError', kind: 'broken' });
    expect(lines.join()).toContain('took too much');
  });

  test('when the bot stops', async () => {
    const bytes = await noise(2_400, 2_400, (image) => image.png({ compressionLevel: 1 }));
    const stop = new AbortController();
    const under = shrink(bytes, await inspectPicture([bytes]), megabyte, { signal: stop.signal });
    stop.abort();
    await expect(under).rejects.toThrow(/abort/);
  });

  test('and a picture with broken pixels is said to be none', async () => {
    const bytes = await noise(1_200, 1_200, (image) => image.png({ compressionLevel: 0 }));
    bytes.fill(0xaa, 10_000, bytes.length - 10_000);
    await expect(toSmall(bytes)).rejects.toThrow(NotAPicture);
  });
});
