// Pictures' bytes: what they are taken for, that cut-off ones are noticed, and how they are made to fit a limit.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { NotAPicture } from '../../src/errors.ts';
import { fitPicture, inspectPicture as inspectPieces, type PictureInfo } from '../../src/picture/picture.ts';

const photo = (name: string) => readFileSync(new URL(`../../sandbox/photos/${name}`, import.meta.url));
const input = (name: string) => readFileSync(new URL(`../inputs/${name}`, import.meta.url));
const coffee = photo('coffee.png');
const rocket = photo('rocket.jpg');

const pictures: Record<PictureInfo['format'], Buffer> = { png: coffee, jpeg: rocket, webp: Buffer.alloc(0) };

beforeAll(async () => {
  pictures.webp = await sharp(coffee).webp().toBuffer();
});

/** As pieces of all sizes, which is how a download arrives. */
function inspectPicture(bytes: Buffer): Promise<PictureInfo> {
  const pieces: Buffer[] = [];
  for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7) % 10_007) {
    pieces.push(bytes.subarray(at, at + size));
  }
  return inspectPieces(pieces);
}

const formats = ['png', 'jpeg', 'webp'] as const;

/** A JPEG with another one in its header. Source: ITU-T T.81 B.2.4.6 (application data). */
function withThumbnail(jpeg: Buffer): Buffer {
  const thumbnail = input('motion-photo.jpg').subarray(0, 2_000);
  const end = Buffer.from([0xff, 0xd9]);
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(2 + thumbnail.length + end.length, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, thumbnail, end, jpeg.subarray(2)]);
}

describe('inspecting', () => {
  test('tells format and size of the photographs', async () => {
    expect(await inspectPicture(coffee)).toEqual({ format: 'png', width: 600, height: 400 });
    expect(await inspectPicture(rocket)).toEqual({ format: 'jpeg', width: 640, height: 427 });
    expect(await inspectPicture(pictures.webp)).toEqual({ format: 'webp', width: 600, height: 400 });
  });

  test.each(formats)('notices a %s that is cut off anywhere', async (format) => {
    const whole = pictures[format];
    const lengths = [0, 1, 4, 12, 30, 100, 1_000, whole.length - 2_000, whole.length - 20];
    for (let part = 1; part < 10; part += 1) lengths.push(Math.floor((whole.length * part) / 10));
    for (const length of lengths) {
      await expect(inspectPicture(whole.subarray(0, length)), `${length} bytes`).rejects.toThrow(NotAPicture);
    }
  });

  test('notices that the very last bytes are missing', async () => {
    for (const format of ['jpeg', 'webp'] as const) {
      await expect(inspectPicture(pictures[format].subarray(0, -1)), format).rejects.toThrow(NotAPicture);
    }
  });

  test.each(formats)('takes a %s with some bytes too many', async (format) => {
    const padded = Buffer.concat([pictures[format], Buffer.alloc(40)]);
    expect(await inspectPicture(padded)).toMatchObject({ format });
  });

  test.each(formats)(
    'takes a %s with anything behind its end, and notices when that end is missing',
    async (format) => {
      const whole = pictures[format];
      const film = Buffer.concat([Buffer.from('\0\0\0\u0018ftypmp42'), randomBytes(200_000)]);
      expect(await inspectPicture(Buffer.concat([whole, film]))).toMatchObject({ format });
      // A thumbnail in the header has an end of its own.
      const cut = format === 'jpeg' ? withThumbnail(whole).subarray(0, 20_000) : whole.subarray(0, 20_000);
      await expect(inspectPicture(cut)).rejects.toThrow('is cut off');
    },
  );

  test("takes a phone's motion photo, which is a JPEG with a film behind it", async () => {
    expect(await inspectPicture(input('motion-photo.jpg'))).toEqual({ format: 'jpeg', width: 300, height: 200 });
  });

  test('takes a JPEG with filled-up markers, restarts and several scans', async () => {
    const [start, rest] = [rocket.subarray(0, 2), rocket.subarray(2)];
    expect(await inspectPicture(Buffer.concat([start, Buffer.alloc(5, 0xff), rest]))).toMatchObject({ format: 'jpeg' });
    const several = await sharp(coffee).jpeg({ progressive: true, mozjpeg: true }).toBuffer();
    expect(await inspectPicture(several)).toMatchObject({ format: 'jpeg' });
    await expect(inspectPicture(several.subarray(0, -2))).rejects.toThrow('is cut off');
  });

  test('does not take a progressive or a tiny picture for a broken one', async () => {
    expect(await inspectPicture(await sharp(coffee).jpeg({ progressive: true }).toBuffer())).toMatchObject({
      format: 'jpeg',
    });
    for (const format of formats) {
      const tiny = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
        .toFormat(format)
        .toBuffer();
      expect(await inspectPicture(tiny)).toEqual({ format, width: 1, height: 1 });
    }
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('<Error><Code>AccessDenied</Code></Error>')],
    ['a web page', Buffer.from('<!doctype html><html></html>')],
    ['a drawing', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
    ['zeros', Buffer.alloc(10_000)],
    ['a name and nothing behind it', Buffer.from('\u0089PNG\r\n\u001a\n', 'latin1')],
  ])('refuses %s', async (_what, bytes) => {
    await expect(inspectPicture(bytes)).rejects.toThrow(NotAPicture);
  });

  test.each(['gif', 'tiff', 'avif'] as const)(
    'refuses a %s, which is a picture but not one of ours',
    async (format) => {
      const bytes = await sharp(coffee).resize(20).toFormat(format).toBuffer();
      await expect(inspectPicture(bytes)).rejects.toThrow('is not expected');
    },
  );

  test('refuses a drawing of megabytes without reading it, which would block for seconds', async () => {
    const shapes = '<g><rect width="1" height="1"/></g>'.repeat(150_000);
    const drawing = Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">${shapes}</svg>`);
    const before = performance.now();
    await expect(inspectPieces([drawing])).rejects.toThrow('is not expected');
    expect(performance.now() - before).toBeLessThan(250);
  });

  test('refuses one that would take gigabytes to decode', async () => {
    const bomb = Buffer.from(coffee);
    // PNG specification 11.2.2: width and height follow the name of the first chunk, and its checksum follows them.
    bomb.writeUInt32BE(40_000, 16);
    bomb.writeUInt32BE(40_000, 20);
    bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29);
    await expect(inspectPicture(bomb)).rejects.toThrow('exceeds pixel limit');
  });
});

describe('fitting', () => {
  async function shrink(bytes: Buffer, limit: number) {
    return fitPicture(bytes, await inspectPicture(bytes), limit);
  }

  test('leaves a picture as it is that fits exactly', async () => {
    const fitted = await shrink(coffee, coffee.length);
    expect(fitted?.bytes).toBe(coffee);
    expect(fitted?.info.format).toBe('png');
  });

  test('makes a PNG that is one byte too large a WebP of the same size', async () => {
    const fitted = await shrink(coffee, coffee.length - 1);
    expect(fitted?.info).toEqual({ format: 'webp', width: 600, height: 400 });
  });

  test('makes a JPEG that is one byte too large a JPEG', async () => {
    expect((await shrink(rocket, rocket.length - 1))?.info.format).toBe('jpeg');
  });

  test('goes down to small limits in steps, and each result is whole, as told, and within the limit', async () => {
    const seen = new Set<string>();
    let widest = Number.POSITIVE_INFINITY;
    for (const limit of [400_000, 60_000, 45_000, 30_000, 20_000, 12_000, 8_000, 4_000]) {
      const fitted = await shrink(coffee, limit);
      if (!fitted) continue;
      expect(fitted.bytes.length).toBeLessThanOrEqual(limit);
      expect(await inspectPicture(fitted.bytes)).toEqual(fitted.info);
      expect(fitted.info.width / fitted.info.height).toBeCloseTo(1.5, 1);
      expect(fitted.info.width).toBeLessThanOrEqual(widest);
      widest = fitted.info.width;
      seen.add(`${fitted.info.format} ${fitted.info.width}`);
    }
    expect([...seen]).toEqual(['webp 600', 'jpeg 600', 'jpeg 420', 'jpeg 300', 'jpeg 150']);
  });

  test('gives up when nothing fits', async () => {
    expect(await shrink(coffee, 500)).toBeUndefined();
    expect(await shrink(coffee, 0)).toBeUndefined();
  });

  test('makes a transparent picture an opaque JPEG', async () => {
    const noise = await sharp(coffee).ensureAlpha(0.5).png().toBuffer();
    const fitted = await shrink(noise, 30_000);
    expect(fitted?.info.format).toBe('jpeg');
    expect((await sharp(fitted?.bytes).metadata()).hasAlpha).toBe(false);
  });

  test('shows white through what is transparent, where there is no transparency', async () => {
    const transparent = input('transparent.png');
    const fitted = await shrink(transparent, 6_000);
    expect(fitted?.info.format).toBe('jpeg');
    const { data, info } = await sharp(transparent).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
    const made = await sharp(fitted?.bytes).resize(info.width, info.height, { fit: 'fill' }).raw().toBuffer();
    let clear = 0;
    let light = 0;
    for (let pixel = 0; pixel < info.width * info.height; pixel += 1) {
      if (data[pixel * 4 + 3] !== 0) continue;
      clear += 1;
      light += made[pixel * 3] ?? 0;
    }
    expect(clear).toBeGreaterThan(0);
    expect(light / clear).toBeGreaterThan(240);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('turns a picture as its EXIF orientation %d says', async (orientation) => {
    // Upright: red above blue. Written down as a camera would that was held otherwise.
    const upright = await sharp({ create: { width: 400, height: 600, channels: 3, background: 'blue' } })
      .composite([
        {
          input: await sharp({ create: { width: 400, height: 300, channels: 3, background: 'red' } })
            .png()
            .toBuffer(),
          gravity: 'north',
        },
      ])
      .png()
      .toBuffer();
    const turned = sharp(upright);
    if ([7, 8].includes(orientation)) turned.rotate(90);
    if ([5, 6].includes(orientation)) turned.rotate(270);
    if ([3, 4].includes(orientation)) turned.rotate(180);
    const written = await sharp(await turned.png().toBuffer())
      .withMetadata({ orientation })
      .jpeg({ quality: 100 })
      .toBuffer();
    const fitted = await fitPicture(written, await inspectPicture(written), written.length - 1, 60_000);
    expect(fitted?.info).toMatchObject({ width: 200, height: 300 });
    const [top, bottom] = await Promise.all(
      [20, 280].map((y) => sharp(fitted?.bytes).extract({ left: 100, top: y, width: 1, height: 1 }).raw().toBuffer()),
    );
    expect(top?.[0], 'red above').toBeGreaterThan(200);
    expect(bottom?.[2], 'blue below').toBeGreaterThan(200);
  });

  test("a phone's portrait stands upright", async () => {
    const portrait = input('portrait-exif6.jpg');
    expect((await shrink(portrait, portrait.length - 1))?.info).toMatchObject({ width: 200, height: 300 });
  });

  test.each([
    [17_000, 30, 'jpeg', 17_000],
    [30, 17_000, 'jpeg', 30],
    // Beyond what even a JPEG can have.
    [70_000, 8, 'jpeg', 49_000],
    [16_000, 30, 'webp', 16_000],
  ])('takes a panorama of %d × %d', async (width, height, format, fittedWidth) => {
    const noise = await sharp(photo('coffee.png')).resize(width, height, { fit: 'fill' }).png().toBuffer();
    const fitted = await shrink(noise, noise.length - 1);
    expect(fitted?.info).toMatchObject({ format, width: fittedWidth });
  });

  test('says of a picture with broken pixels that it is none', async () => {
    const broken = Buffer.from(coffee);
    broken.fill(0xaa, 10_000, 300_000);
    await expect(shrink(broken, 50_000)).rejects.toThrow(NotAPicture);
  });

  test('keeps a picture that is one pixel wide', async () => {
    const noise = Buffer.from(Array.from({ length: 3 * 4_000 }, (_, index) => (index * 7_919) % 256));
    const line = await sharp(noise, { raw: { width: 1, height: 4_000, channels: 3 } })
      .png()
      .toBuffer();
    const fitted = await shrink(line, Math.min(line.length - 1, 3_000));
    expect(fitted?.info.width ?? 1).toBe(1);
  });
});
