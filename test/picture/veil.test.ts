// What moderators see of a picture before they ask for more: made in a process of its own, and without a byte of colour.
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { NotAPicture } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { inspectPicture } from '../../src/picture/picture.ts';
import { createShrink } from '../../src/picture/shrink.ts';
import type { Veil } from '../../src/picture/veil.ts';
import { photo, stamp } from '../lab.ts';

const shrink = createShrink({ log: createLog('silent', [], { write() {} }) });
const { signal } = new AbortController();

async function show(bytes: Buffer, veil: Veil): Promise<Buffer> {
  // A copy: the process that gets them is the only one to have them then.
  const given = Buffer.from(bytes);
  const shown = await shrink(given, await inspectPicture([given]), 10 * 2 ** 20, { veil, signal });
  return Buffer.concat(shown?.pieces ?? []);
}

describe('behind a veil', () => {
  test('a picture is small and has one channel, and nothing of the file around it', async () => {
    const bytes = await sharp(photo)
      .withExif({ IFD0: { ImageDescription: 'a secret' } })
      .withIccProfile('p3')
      .toBuffer();
    const blurred = await show(bytes, 'blurred');
    expect(await sharp(blurred).metadata()).toMatchObject({ format: 'jpeg', width: 160, channels: 1, space: 'b-w' });
    expect(blurred.includes('secret')).toBe(false);
    expect((await sharp(blurred).metadata()).icc).toBeUndefined();
    expect((await sharp(await show(bytes, 'grey')).metadata()).channels).toBe(1);
  });

  test('it is blurred: what differs from pixel to pixel does not any more', async () => {
    const lines = await sharp(Buffer.from(Array.from({ length: 160 * 160 }, (_, at) => (at % 2 ? 255 : 0))), {
      raw: { width: 160, height: 160, channels: 1 },
    })
      .png()
      .toBuffer();
    const { channels } = await sharp(await show(lines, 'blurred')).stats();
    expect(channels[0]?.stdev).toBeLessThan(20);
  });

  test('the last one has its colours, and no more pixels than people look at', async () => {
    const large = await sharp(photo).resize(3_000).jpeg().toBuffer();
    expect(await sharp(await show(large, 'colour')).metadata()).toMatchObject({ width: 1_024, channels: 3 });
    expect(await sharp(await show(stamp.bytes, 'colour')).metadata()).toMatchObject({ width: 96, height: 64 });
  });

  test('what is no picture is said to be none', async () => {
    const cut = Buffer.concat([photo.subarray(0, 2_000), Buffer.from([0xff, 0xd9])]);
    await expect(show(cut, 'blurred')).rejects.toThrow(NotAPicture);
  });
});
