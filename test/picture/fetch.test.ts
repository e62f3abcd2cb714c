// Fetching pictures: how much of them is in memory at once, and that nothing is held or left open afterwards. Real
// downloads from a real server.
import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import sharp from 'sharp';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { timing } from '../../src/edit/timing.ts';
import { DownloadError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { createFetchPictures, type Fitted, wantPictures } from '../../src/picture/fetch.ts';
import { markBytes } from '../../src/picture/mark.ts';
import { inspectPicture } from '../../src/picture/picture.ts';
import { createConvert, createShrink } from '../../src/picture/shrink.ts';
import { sizeOf } from '../../src/pieces.ts';
import { createDownloads, type LeastSpeed } from '../../src/runflow/downloads.ts';
import { type HttpServer, type Received, serve } from '../http-server.ts';
import { pause } from '../support.ts';

const megabyte = 2 ** 20;
const closing: (() => Promise<void>)[] = [];
const never = new AbortController().signal;
const shrink = createShrink({ log: createLog('silent', []) });
const convert = createConvert({ log: createLog('silent', []) });
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

async function kitchen(handler: Parameters<typeof serve>[0], leastSpeed: LeastSpeed = timing.leastSpeed) {
  const server: HttpServer = await serve(handler);
  const downloads = createDownloads({ allowInsecureUrls: true, leastSpeed });
  closing.push(downloads.close, server.close);
  let shrinking = 0;
  let shrunkAtOnce = 0;
  const fetchPictures = createFetchPictures(downloads, {
    inspect: inspectPicture,
    convert,
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
  expect(wantPictures(['a'], 10 * megabyte)).toEqual([{ url: 'a', limit: 10 * megabyte - markBytes }]);
  expect(wantPictures(['a', 'b', 'c', 'd'], 10 * megabyte).map(({ limit }) => limit)).toEqual(
    Array.from({ length: 4 }, () => 6 * megabyte - markBytes),
  );
  expect(
    wantPictures(
      Array.from({ length: 12 }, () => 'a'),
      10 * megabyte,
    ),
  ).toHaveLength(10);
  expect(wantPictures([], 10 * megabyte)).toEqual([]);
});

/** Sends `bytes` now, and then one every tenth of a second until the end of the connection. */
function trickle(response: ServerResponse, promised: number | undefined, bytes: Buffer): void {
  if (promised !== undefined) response.setHeader('content-length', promised);
  response.write(bytes);
  const timer = setInterval(() => response.write('.'), 100);
  response.on('close', () => clearInterval(timer));
}

const serveLarge = (response: ServerResponse) => {
  response.setHeader('content-length', large.length);
  response.end(large);
};

describe("those that stall or trickle are in nobody's way", () => {
  const full = 24 * megabyte;

  test.each([
    [
      'sends its headers alone',
      (response: ServerResponse) => {
        response.setHeader('content-length', full);
        response.flushHeaders();
      },
    ],
    [
      'stops at its beginning',
      (response: ServerResponse) => {
        response.setHeader('content-length', full);
        response.write(large.subarray(0, 100_000));
      },
    ],
    [
      'stops in the middle',
      (response: ServerResponse) => {
        response.setHeader('content-length', full);
        response.write(large.subarray(0, 2_000_000));
      },
    ],
    ['trickles', (response: ServerResponse) => trickle(response, full, large.subarray(0, 100_000))],
    ['trickles without a size', (response: ServerResponse) => trickle(response, undefined, large.subarray(0, 100_000))],
  ])('one that %s: five others do not wait for it', async (_what, stall) => {
    const { url, fetchPictures } = await kitchen((request, response) =>
      request.url === '/staller' ? stall(response) : serveLarge(response),
    );
    const end = new AbortController();
    let over = false;
    const staller = fetchPictures(wantPictures([`${url}/staller`], full), end.signal, async () => {}).finally(() => {
      over = true;
    });
    staller.catch(() => {});
    await pause(100);
    const started = performance.now();
    const others = Array.from({ length: 5 }, (_, index) =>
      fetchPictures(wantPictures([`${url}/${index}`], full), never, async ([picture]) => sizeOf(picture?.pieces ?? [])),
    );
    expect(await Promise.all(others)).toEqual(Array(5).fill(large.length));
    expect(performance.now() - started).toBeLessThan(4_000);
    expect(over).toBe(false);
    end.abort();
    await expect(staller).rejects.toBeInstanceOf(DownloadError);
  });

  test('twenty of them: five others do not wait either, nor does one that has to be made smaller', async () => {
    const { url, fetchPictures } = await kitchen((request, response) =>
      request.url.startsWith('/staller') ? trickle(response, full, large.subarray(0, 100_000)) : serveLarge(response),
    );
    const end = new AbortController();
    for (let index = 0; index < 20; index += 1) {
      const limit = index % 2 ? full : megabyte;
      fetchPictures([{ url: `${url}/staller-${index}`, limit }], end.signal, async () => {}).catch(() => {});
    }
    await pause(100);
    const started = performance.now();
    const use = async ([picture]: readonly (Fitted | undefined)[]) => picture?.shrunk;
    const others = [1, 2, 3, 4, 5].map((index) => fetchPictures(wantPictures([`${url}/${index}`], full), never, use));
    others.push(fetchPictures([{ url: `${url}/6`, limit: 4 * megabyte }], never, use));
    expect(await Promise.all(others)).toEqual([...Array(5).fill(false), true]);
    expect(performance.now() - started).toBeLessThan(5_000);
    end.abort();
  });

  test('what comes too slowly for its room, and then too much of it, is broken; all room is given back', async () => {
    const { url, fetchPictures } = await kitchen(async (request, response) => {
      if (request.url !== '/staller') return serveLarge(response);
      response.setHeader('content-length', full);
      response.write(large.subarray(0, 300_000));
      await pause(1_500);
      response.end(Buffer.alloc(full - 300_000));
    });
    const staller = fetchPictures(wantPictures([`${url}/staller`], full), never, async () => {});
    staller.catch(() => {});
    await pause(50);
    const others = Array.from({ length: 6 }, (_, index) =>
      fetchPictures(wantPictures([`${url}/${index}`], full), never, () => pause(500)),
    );
    await expect(staller).rejects.toMatchObject({ kind: 'broken', message: expect.stringContaining('too slowly') });
    await Promise.all(others);
    // Three fill the room again.
    let inUse = 0;
    await Promise.all(
      [1, 2, 3].map((index) =>
        fetchPictures(wantPictures([`${url}/${index}`], full), never, async () => {
          inUse += 1;
          await expect.poll(() => inUse).toBe(3);
        }),
      ),
    );
  });

  test('one that was too slow comes last when it comes again, and first of all when it arrives', async () => {
    let slow = true;
    const asked: string[] = [];
    const answer = (request: Received, response: ServerResponse) => {
      asked.push(request.url);
      if (slow && request.url.startsWith('/slow')) trickle(response, small.length, small.subarray(0, 10));
      else response.end(small);
    };
    const { url, fetchPictures } = await kitchen(answer, { afterMs: 300, bytesPerSecond: 32_768 });
    const fetchSlow = (index: number) =>
      fetchPictures(
        wantPictures([`${url}/slow-${index}?signature=${asked.length}`], megabyte),
        never,
        async () => 'used',
      );
    const all = Array.from({ length: 8 }, (_, index) => index);
    const failures = async (calls: Promise<string>[]) =>
      (await Promise.allSettled(calls)).map((one) => (one.status === 'rejected' ? one.reason.message : one.value));
    expect(new Set(await failures(all.map(fetchSlow)))).toEqual(new Set(['it arrives too slowly']));
    expect(asked).toHaveLength(8);
    const again = await failures(all.map(fetchSlow));
    expect(again.filter((message) => message === 'other downloads come first')).toHaveLength(4);
    expect(asked).toHaveLength(12);
    expect(await fetchPictures(wantPictures([`${url}/other`], megabyte), never, async () => 'used')).toBe('used');
    slow = false;
    expect(await fetchSlow(0)).toBe('used');
    expect(await failures(all.map(fetchSlow))).toEqual(Array(8).fill('used'));
  });
});
