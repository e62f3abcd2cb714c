// Which pictures count as alike: measured over photographs, their parts, and what people do to a picture to get it past
// those who saw it before.
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { createLog } from '../../src/log.ts';
import { alikeWithin, distanceOf, listsAlike, listsOf, type Print, sameWithin } from '../../src/picture/likeness.ts';
import { printPicture } from '../../src/picture/print.ts';
import { createMakePrints } from '../../src/picture/prints.ts';

const photos = ['chelsea.png', 'coffee.png', 'rocket.jpg'].map(
  (name) => new URL(`../../sandbox/photos/${name}`, import.meta.url).pathname,
);
/** Across and down: each part is another picture, and so is the whole. */
const grids = [
  [1, 1],
  [2, 1],
  [2, 2],
  [3, 2],
  [3, 3],
  [4, 3],
  [5, 4],
] as const;

type Picture = { bytes: Buffer; width: number; height: number; large: boolean };

async function partsOf(photo: string): Promise<Picture[]> {
  const { data, info } = await sharp(photo).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const parts = grids.flatMap(([across, down]) =>
    Array.from({ length: across * down }, async (_, at) => {
      const width = Math.floor(info.width / across);
      const height = Math.floor(info.height / down);
      const left = (at % across) * width;
      const top = Math.floor(at / across) * height;
      const cut = sharp(data, { raw: info }).extract({ left, top, width, height });
      return { bytes: await cut.png({ compressionLevel: 1 }).toBuffer(), width, height, large: across <= 2 };
    }),
  );
  return Promise.all(parts);
}

/** Smooth shapes as no photograph has them. */
async function shapes(seed: number): Promise<Picture> {
  let state = seed * 2_654_435_761;
  const random = () => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 3_266_489_917) >>> 0;
    return state & 255;
  };
  const raw = { width: 6, height: 6, channels: 3 } as const;
  const dots = Buffer.from(Array.from({ length: 6 * 6 * 3 }, random));
  const bytes = await sharp(dots, { raw }).resize(96, 96, { kernel: 'cubic' }).png({ compressionLevel: 1 }).toBuffer();
  return { bytes, width: 96, height: 96, large: true };
}

let pictures: { picture: Picture; print: Print }[] = [];

beforeAll(async () => {
  const all = [
    ...(await Promise.all(photos.map(partsOf))).flat(),
    ...(await Promise.all(Array.from({ length: 24 }, (_, at) => shapes(at + 1)))),
  ];
  const prints = await Promise.all(all.map(async (picture) => ({ picture, print: await printPicture(picture.bytes) })));
  pictures = prints.flatMap(({ picture, print }) => (print === undefined ? [] : [{ picture, print }]));
});

/** Cuts off so much of the four sides, as shares of the whole. */
const crop = (left: number, top: number, right: number, bottom: number) => (picture: Picture) => {
  const { bytes, width, height } = picture;
  const [x, y] = [Math.round(width * left), Math.round(height * top)];
  const [w, h] = [width - x - Math.round(width * right), height - y - Math.round(height * bottom)];
  return sharp(bytes).extract({ left: x, top: y, width: w, height: h }).png({ compressionLevel: 1 }).toBuffer();
};

const changes: [string, (picture: Picture) => Promise<Buffer>, number][] = [
  [
    'half as wide',
    ({ bytes, width }) =>
      sharp(bytes)
        .resize(Math.round(width / 2))
        .png()
        .toBuffer(),
    sameWithin,
  ],
  [
    'twice as wide',
    ({ bytes, width }) =>
      sharp(bytes)
        .resize(width * 2)
        .jpeg({ quality: 95 })
        .toBuffer(),
    sameWithin,
  ],
  [
    'another shape',
    ({ bytes }) => sharp(bytes).resize(300, 300, { fit: 'fill' }).jpeg({ quality: 95 }).toBuffer(),
    sameWithin,
  ],
  ['a JPEG of quality 60', ({ bytes }) => sharp(bytes).jpeg({ quality: 60 }).toBuffer(), sameWithin],
  ['mirrored', ({ bytes }) => sharp(bytes).flop().png({ compressionLevel: 1 }).toBuffer(), sameWithin],
  ['mirrored, small, a JPEG', ({ bytes }) => sharp(bytes).flop().resize(200).jpeg({ quality: 60 }).toBuffer(), 8],
  ['a twentieth cropped around', crop(0.025, 0.025, 0.025, 0.025), alikeWithin],
  ['a twentieth cropped at the left', crop(0.05, 0, 0, 0), alikeWithin],
  ['a twentieth cropped at the top', crop(0, 0.05, 0, 0), alikeWithin],
];

describe('found again', () => {
  test.each(changes)('%s', async (_what, change, within) => {
    const large = pictures.filter(({ picture }) => picture.large);
    const found = await Promise.all(
      large.map(async ({ picture, print }) => {
        const changed = (await printPicture(await change(picture))) ?? '';
        const lists = new Set(listsOf(print));
        const distance = distanceOf(changed, print);
        return { distance, found: distance <= within && listsAlike(changed).some((list) => lists.has(list)) };
      }),
    );
    expect(found.filter((one) => one.found).length).toBeGreaterThanOrEqual(large.length * 0.95);
  });
});

test('fewer than one pair of a thousand is alike without being so, and none is the same', () => {
  const distances = pictures.flatMap(({ print }, at) =>
    pictures.slice(0, at).map((other) => distanceOf(print, other.print)),
  );
  expect(distances.length).toBeGreaterThan(10_000);
  expect(distances.filter((distance) => distance <= alikeWithin).length).toBeLessThan(distances.length / 1_000);
  expect(distances.filter((distance) => distance <= sameWithin)).toEqual([]);
});

test('what is flat has no print: it would be one of noise', async () => {
  const flat = sharp({ create: { width: 64, height: 64, channels: 3, background: '#3366ff' } });
  expect(await printPicture(await flat.png().toBuffer())).toBeUndefined();
});

describe('in a process of its own', () => {
  const lines: string[] = [];
  const log = createLog('warn', [], { write: (line) => void lines.push(line) });
  const { signal } = new AbortController();

  test('each picture is looked at by itself, and stays as it is: what cannot be read has no print', async () => {
    const bytes = await sharp(photos[2]).toBuffer();
    const given = [[bytes.subarray(0, 1_000), bytes.subarray(1_000)], [Buffer.from('no picture')], [bytes]];
    const own = await printPicture(bytes);
    expect(await createMakePrints({ log })(given, signal)).toEqual([own, undefined, own]);
    expect(bytes.length).toBeGreaterThan(10_000);
    expect(lines).toEqual([]);
  });

  test('where it ends early, there are none, and nobody waits', async () => {
    const makePrints = createMakePrints({ log, limits: { memory: 1 } });
    const bytes = await sharp(photos[0]).png().toBuffer();
    const found = await makePrints(
      Array.from({ length: 30 }, () => [bytes]),
      signal,
    );
    expect(found.at(-1)).toBeUndefined();
    expect(lines.join()).toContain('cannot be told');
    expect(await createMakePrints({ log })([[Buffer.from('late')]], AbortSignal.abort())).toEqual([undefined]);
  });
});
