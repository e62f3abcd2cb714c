// The mark in every posted picture: whether independent readers find it, and whether the picture stays what it was.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { markBytes, markPicture, readMark } from '../../src/picture/mark.ts';
import { fitPicture, inspectPicture } from '../../src/picture/picture.ts';
import type { Pieces } from '../../src/pieces.ts';
import { sha256 } from '../support.ts';

const photo = (name: string) => readFileSync(new URL(`../../sandbox/photos/${name}`, import.meta.url));
const input = (name: string) => readFileSync(new URL(`../inputs/${name}`, import.meta.url));
const coffee = photo('coffee.png');
const rocket = photo('rocket.jpg');

const edit = {
  id: '1300000000000000001',
  model: 'black-forest-labs/flux-2-klein-9b/edit',
  createdAt: 1_790_000_000_000,
};
const sourceType = 'http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia';

/** As a download arrives: in pieces of all sizes. */
function inPieces(bytes: Buffer, first = 1): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, size = first; at < bytes.length; at += size, size = (size * 7) % 10_007) {
    pieces.push(bytes.subarray(at, at + size));
  }
  return pieces;
}

async function marked(bytes: Buffer, pieces: Pieces = inPieces(bytes), by = edit): Promise<Buffer> {
  return Buffer.concat(markPicture(pieces, await inspectPicture([bytes]), by));
}

/** What libvips finds. */
async function xmpOf(bytes: Buffer): Promise<string> {
  return (await sharp(bytes).metadata()).xmp?.toString() ?? '';
}

const pixels = (bytes: Buffer) => sharp(bytes).raw().toBuffer();
const transparent = () => sharp(coffee).ensureAlpha(0.5).resize(301, 200);

const pictures: Record<string, () => Buffer | Promise<Buffer>> = {
  'a PNG': () => coffee,
  'a JPEG': () => rocket,
  'a JPEG of a phone, turned by its header': () => input('portrait-exif6.jpg'),
  'a motion photo': () => input('motion-photo.jpg'),
  'a progressive JPEG': () => sharp(rocket).jpeg({ progressive: true }).toBuffer(),
  'a lossy WebP': () => sharp(coffee).webp().toBuffer(),
  'a lossless WebP': () => sharp(coffee).resize(201).webp({ lossless: true }).toBuffer(),
  'a transparent lossy WebP': () => transparent().webp().toBuffer(),
  'a transparent lossless WebP': () => transparent().webp({ lossless: true }).toBuffer(),
  'a WebP with a profile': () => sharp(coffee).withIccProfile('p3').webp().toBuffer(),
  'a transparent PNG': () => transparent().png().toBuffer(),
};

describe('whichever picture', () => {
  test.each(Object.entries(pictures))('%s', async (_name, make) => {
    const bytes = await make();
    const made = await marked(bytes);
    const xmp = await xmpOf(made);
    for (const part of [sourceType, edit.model, edit.id, '2026-09-21T14:13:20.000Z']) expect(xmp).toContain(part);
    expect(await inspectPicture([made])).toEqual(await inspectPicture([bytes]));
    expect((await pixels(made)).equals(await pixels(bytes))).toBe(true);
    const { xmp: _xmp, size: _size, xmpAsString: _text, ...metadata } = await sharp(made).metadata();
    const { xmp: _before, size: _sizeBefore, xmpAsString: _textBefore, ...before } = await sharp(bytes).metadata();
    expect(metadata).toEqual(before);
    expect(made.length - bytes.length).toBeLessThan(markBytes);
    // Once more changes nothing, wherever its bytes are parted.
    for (const first of [1, 13, 40, 4_000]) expect((await marked(made, inPieces(made, first))).equals(made)).toBe(true);
    expect((await marked(made, [made], { ...edit, id: '42' })).includes(edit.id)).toBe(false);
  });

  test('at every step of making it smaller', async () => {
    const noise = await sharp({
      create: { width: 900, height: 700, channels: 3, background: 'grey', noise: { type: 'gaussian', sigma: 60 } },
    })
      .png()
      .toBuffer();
    const info = await inspectPicture([noise]);
    const seen = new Set<string>();
    for (const limit of [noise.length, 900_000, 300_000, 200_000, 100_000, 30_000]) {
      const fit = await fitPicture(noise, info, limit);
      if (!fit) continue;
      const made = Buffer.concat(markPicture([fit.bytes], fit.info, edit));
      expect(await xmpOf(made)).toContain(sourceType);
      seen.add(`${fit.info.format} ${fit.info.width}`);
    }
    expect(seen.size).toBeGreaterThan(3);
  });
});

test('no byte of the picture is copied', async () => {
  const pieces = inPieces(coffee, 5_000);
  const own = new Set(pieces.map(({ buffer }) => buffer));
  const made = markPicture(pieces, await inspectPicture(pieces), edit);
  const copied = made.filter(({ buffer }) => !own.has(buffer));
  expect(copied.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(markBytes);
});

describe('what others wrote into it', () => {
  const manifest = Buffer.from('jumb: a manifest of C2PA');

  test('a manifest of C2PA stays, in each format', async () => {
    // C2PA specification, "Embedding manifests": caBX in PNG, APP11 in JPEG, C2PA in WebP.
    const chunk = Buffer.concat([Buffer.from('caBX'), manifest]);
    const checked = Buffer.alloc(8);
    checked.writeUInt32BE(manifest.length, 0);
    checked.writeUInt32BE(crc32(chunk), 4);
    const png = [coffee.subarray(0, 33), checked.subarray(0, 4), chunk, checked.subarray(4), coffee.subarray(33)];
    const jpeg = [
      rocket.subarray(0, 2),
      Buffer.from([0xff, 0xeb, 0, manifest.length + 2]),
      manifest,
      rocket.subarray(2),
    ];
    const webp = await sharp(coffee).withIccProfile('p3').webp().toBuffer();
    const odd = Buffer.concat([Buffer.from('C2PA\x18\0\0\0', 'latin1'), manifest]);
    const size = Buffer.alloc(4);
    size.writeUInt32LE(webp.length - 8 + odd.length);
    for (const parts of [png, jpeg, [webp.subarray(0, 4), size, webp.subarray(8), odd]]) {
      const bytes = Buffer.concat(parts);
      const made = await marked(bytes);
      expect(made.includes(manifest)).toBe(true);
      expect(await xmpOf(made)).toContain(sourceType);
      expect((await pixels(made)).equals(await pixels(bytes))).toBe(true);
    }
  });

  test('XMP of somebody else gives way', async () => {
    const xmp =
      '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>';
    for (const format of ['png', 'jpeg', 'webp'] as const) {
      const before = await sharp(rocket).withXmp(xmp).toFormat(format).toBuffer();
      expect(await xmpOf(before)).toContain('xmpmeta');
      const made = await marked(before);
      expect(await xmpOf(made)).toContain(sourceType);
      expect(made.includes(xmp)).toBe(false);
    }
  });

  test('is read as far as it tells what a picture is', async () => {
    const { format } = await inspectPicture([rocket]);
    expect(readMark(format, [rocket])).toEqual({});
    const made = await marked(rocket, [rocket], { ...edit, model: 'a"b<c>&d' });
    expect(readMark(format, inPieces(made))).toEqual({
      DigitalSourceType: sourceType,
      AISystemUsed: 'a"b<c>&d',
      CreatorTool: 'darkroom',
      CreateDate: '2026-09-21T14:13:20.000Z',
      identifier: `darkroom:edit:${edit.id}`,
    });
  });
});

test('an odd WebP is left as it came', async () => {
  const part = (name: string, content: Buffer) => {
    const head = Buffer.alloc(8, name);
    head.writeUInt32LE(content.length, 4);
    return Buffer.concat([head, content]);
  };
  const riff = (...parts: Buffer[]) => {
    const head = Buffer.from('RIFF\0\0\0\0WEBP', 'latin1');
    head.writeUInt32LE(4 + Buffer.concat(parts).length, 4);
    return Buffer.concat([head, ...parts]);
  };
  const picture = (await sharp(coffee).webp().toBuffer()).subarray(12);
  const odd = [
    riff(part('VP8X', Buffer.alloc(0)), picture),
    riff(part('VP8X', Buffer.alloc(2)), picture),
    riff(...Array.from({ length: 1_500 }, () => part('JUNK', Buffer.alloc(2))), picture),
  ];
  for (const bytes of odd) {
    const made = markPicture(inPieces(bytes), { format: 'webp', width: 600, height: 400 }, edit);
    expect(Buffer.concat(made).equals(bytes)).toBe(true);
  }
});

test('a fingerprint of a result is that of what the model made', async () => {
  for (const bytes of [coffee, rocket, await sharp(coffee).webp().toBuffer(), await transparent().webp().toBuffer()]) {
    expect(sha256(await marked(bytes))).toBe(sha256(bytes));
  }
});

test('npm run marks reads it back, and says where there is none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-marks-'));
  const made = join(folder, 'made.png');
  const camera = join(folder, 'camera.jpg');
  writeFileSync(made, await marked(coffee));
  writeFileSync(camera, rocket);
  const run = (...files: string[]) => execFileSync(process.execPath, ['src/marks.ts', ...files], { encoding: 'utf8' });
  expect(run(made)).toContain(`DigitalSourceType: ${sourceType}`);
  expect(() => run(camera)).toThrow();
  expect(() => run(join(folder, 'none.png'))).toThrow();
});
