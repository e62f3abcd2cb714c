// Fetching pictures: how much of them is in memory at once, and that nothing is held or left open afterwards. Real
// downloads from a real server.
import { randomBytes } from 'node:crypto';
import sharp from 'sharp';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { createLog } from '../../src/log.ts';
import { createFetchPictures, wantPictures } from '../../src/picture/fetch.ts';
import { inspectPicture } from '../../src/picture/picture.ts';
import { createShrink } from '../../src/picture/shrink.ts';
import { createDownloads } from '../../src/runflow/downloads.ts';
import { type HttpServer, serve } from '../http-server.ts';
import { pause } from '../support.ts';

const megabyte = 2 ** 20;
const closing: (() => Promise<void>)[] = [];
const never = new AbortController().signal;
const shrink = createShrink({ log: createLog('silent', []) });
/** Noise of about ten megabytes, and of less than one. */
let large: Buffer = Buffer.alloc(0);
let small: Buffer = Buffer.alloc(0);

async function noise(side: number): Promise<Buffer> {
  const raw = { width: side, height: side, channels: 3 } as const;
  return sharp(randomBytes(side * side * 3), { raw })
    .png({ compressionLevel: 1 })
    .toBuffer();
}

beforeAll(async () => {
  [large, small] = await Promise.all([noise(1_850), noise(400)]);
});

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function kitchen(...handler: Parameters<typeof serve>) {
  const server: HttpServer = await serve(...handler);
  const downloads = createDownloads({ allowInsecureUrls: true });
  closing.push(downloads.close, server.close);
  let shrinking = 0;
  let shrunkAtOnce = 0;
  const fetchPictures = createFetchPictures(downloads, {
    inspect: inspectPicture,
    async shrink(...order) {
      shrinking += 1;
      shrunkAtOnce = Math.max(shrunkAtOnce, shrinking);
      try {
        return await shrink(...order);
      } finally {
        shrinking -= 1;
      }
    },
  });
  return { url: server.url, fetchPictures, shrunkAtOnce: () => shrunkAtOnce };
}

test('only so many bytes are in use at once, and all get their turn', async () => {
  const { url, fetchPictures } = await kitchen((_request, response) => {
    response.setHeader('content-length', large.length);
    response.end(large);
  });
  let inUse = 0;
  let most = 0;
  let used = 0;
  await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      fetchPictures(wantPictures([`${url}/${index}`], 24 * megabyte), never, async ([picture]) => {
        expect(Buffer.concat(picture?.pieces ?? []).equals(large)).toBe(true);
        inUse += large.length;
        most = Math.max(most, inUse);
        await pause(20);
        inUse -= large.length;
        used += 1;
      }),
    ),
  );
  expect(used).toBe(12);
  expect(most).toBeGreaterThan(large.length);
  expect(most).toBeLessThanOrEqual(32 * megabyte);
});

test('what does not fit is made smaller, one after the other, also when its size was not told', async () => {
  const { url, fetchPictures, shrunkAtOnce } = await kitchen((request, response) => {
    if (request.url.endsWith('told')) response.setHeader('content-length', large.length);
    response.end(large);
  });
  const urls = ['/1-told', '/2', '/3-told'].map((path) => url + path);
  const sizes = await Promise.all(
    urls.map((one) =>
      fetchPictures([{ url: one, limit: 4 * megabyte }], never, async ([picture]) => {
        expect(picture?.shrunk).toBe(true);
        return picture?.pieces.reduce((sum, piece) => sum + piece.length, 0) ?? 0;
      }),
    ),
  );
  for (const size of sizes) expect(size).toBeLessThanOrEqual(4 * megabyte);
  expect(shrunkAtOnce()).toBe(1);
});

test('one whose size is not told and that fits is left as it is', async () => {
  const { url, fetchPictures } = await kitchen((_request, response) => void response.end(small));
  await fetchPictures([{ url, limit: megabyte }], never, async ([picture]) => {
    expect(picture).toMatchObject({ shrunk: false, info: { format: 'png', width: 400, height: 400 } });
    expect(Buffer.concat(picture?.pieces ?? []).equals(small)).toBe(true);
  });
});

test('one that may be missing is undefined in its place; one that may not makes all fail, and lets go of the others', async () => {
  const open = new Set<string>();
  const { url, fetchPictures } = await kitchen((request, response) => {
    if (request.url === '/gone') return void response.writeHead(404).end();
    open.add(request.url);
    response.on('close', () => open.delete(request.url));
    if (request.url === '/endless') return void response.write(small);
    response.end(small);
  });
  const limit = megabyte;
  const missing: string[] = [];
  const wanted = [
    { url: `${url}/gone`, limit, ifMissing: (error: Error) => missing.push(error.message) },
    { url: `${url}/there`, limit },
  ];
  await fetchPictures(wanted, never, async (pictures) => {
    expect(pictures.map((picture) => picture?.info.width)).toEqual([undefined, 400]);
  });
  expect(missing).toEqual(['download answered 404']);

  const used = fetchPictures(wantPictures([`${url}/endless`, `${url}/gone`], limit), never, async () => 'used');
  await expect(used).rejects.toMatchObject({ kind: 'expired' });
  await expect.poll(() => [...open]).toEqual([]);
});

test('a failure while they are used gives their room back', async () => {
  const { url, fetchPictures } = await kitchen((_request, response) => {
    response.setHeader('content-length', large.length);
    response.end(large);
  });
  for (let time = 0; time < 5; time += 1) {
    const used = fetchPictures(wantPictures([url], 24 * megabyte), never, () => Promise.reject(new Error('no upload')));
    await expect(used).rejects.toThrow('no upload');
  }
});

test('each picture of a message has its part of what a request may have', () => {
  expect(wantPictures(['a'], 10 * megabyte)).toEqual([{ url: 'a', limit: 10 * megabyte }]);
  expect(wantPictures(['a', 'b', 'c', 'd'], 10 * megabyte).map(({ limit }) => limit)).toEqual(
    Array.from({ length: 4 }, () => 6 * megabyte),
  );
  expect(
    wantPictures(
      Array.from({ length: 12 }, () => 'a'),
      10 * megabyte,
    ),
  ).toHaveLength(10);
  expect(wantPictures([], 10 * megabyte)).toEqual([]);
});
