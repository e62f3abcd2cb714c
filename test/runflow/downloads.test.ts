// Downloads: which addresses pictures may come from, and what is noticed on the way, against real servers.
import { randomBytes } from 'node:crypto';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { timing } from '../../src/edit/timing.ts';
import { DownloadError, SlowDownload } from '../../src/errors.ts';
import { createDownloads, isPublicAddress } from '../../src/runflow/downloads.ts';
import { closedPort, type HttpServer, serve } from '../http-server.ts';

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function serveFor(...handler: Parameters<typeof serve>): Promise<HttpServer> {
  const server = await serve(...handler);
  closing.push(server.close);
  return server;
}

function downloads(allowInsecureUrls = true) {
  const made = createDownloads({ allowInsecureUrls, leastSpeed: timing.leastSpeed });
  closing.push(made.close);
  return made;
}

const never = new AbortController().signal;

async function download(url: string, insecure = true): Promise<Buffer> {
  return (await downloads(insecure).open(url, never)).whole();
}

/** How a download fails. */
async function failure(
  url: string,
  options: { insecure?: boolean; signal?: AbortSignal } = {},
): Promise<DownloadError> {
  const thrown: unknown = await downloads(options.insecure ?? true)
    .open(url, options.signal ?? never)
    .then((download) => download.pieces())
    .then(
      () => new Error('it was downloaded'),
      (error: unknown) => error,
    );
  if (!(thrown instanceof DownloadError)) throw thrown;
  return thrown;
}

describe('a public address', () => {
  test.each([
    '8.8.8.8',
    '1.1.1.1',
    '172.32.0.1',
    '100.128.0.1',
    '192.0.3.1',
    '223.255.255.255',
    '2606:4700::1111',
    '2a00:1450:4001::1',
    '::ffff:8.8.8.8',
    '::ffff:808:808',
    '64:ff9b::8.8.8.8',
    '64:ff9b::808:808',
    '64:ff9b:0:0:0:0:0808:0800',
  ])('%s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
});

describe('not a public address', () => {
  test.each([
    ['0.0.0.0', 'this host'],
    ['10.1.2.3', 'private'],
    ['100.64.0.1', 'carrier-grade NAT'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['169.254.169.254', "a cloud's metadata"],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.0.1', 'private'],
    ['192.0.0.1', 'protocol assignments'],
    ['192.0.2.1', 'documentation'],
    ['192.88.99.1', '6to4 relays'],
    ['198.18.0.1', 'benchmarks'],
    ['224.0.0.1', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'broadcast'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['::127.0.0.1', 'IPv4-compatible'],
    ['::ffff:127.0.0.1', 'mapped loopback'],
    ['::ffff:7f00:1', 'mapped loopback, in hexadecimal'],
    ['0:0:0:0:0:ffff:0a00:0001', 'mapped private, written out'],
    ['::ffff:0:127.0.0.1', 'translated loopback'],
    ['64:ff9b::7f00:1', 'NAT64 to loopback'],
    ['64:ff9b::10.1.2.3', 'NAT64 to a private address'],
    ['64:ff9b::', 'NAT64 to this host'],
    ['64:ff9b::1', 'NAT64 to this host'],
    ['64:ff9b:0:0:0:0:a9fe:a9fe', "NAT64 to a cloud's metadata"],
    ['64:ff9b::7f00:1%eth0', 'NAT64 with a zone'],
    ['64:ff9b:1::1', 'local NAT64'],
    ['2001::1', 'Teredo'],
    ['2001:db8::1', 'documentation'],
    ['3fff::1', 'documentation'],
    ['2002:7f00:1::', '6to4'],
    ['2002:808:808::', '6to4 to a public address, which no route leads to any more'],
    ['64:ff9b:1::808:808', "a public address behind a network's own NAT64"],
    ['fc00::1', 'unique local'],
    ['fd12:3456::1', 'unique local'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local with a zone'],
    ['fec0::1', 'site-local'],
    ['ff02::1', 'multicast'],
    ['localhost', 'a name'],
    ['2130706433', 'a number'],
    ['0177.0.0.1', 'octal'],
    ['', 'nothing'],
  ])('%s (%s)', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  test('an IPv4 address is what it is also when it stands inside of IPv6', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(isPublicAddress(`::ffff:${address}`)).toBe(isPublicAddress(address));
        expect(isPublicAddress(`64:ff9b::${address}`)).toBe(isPublicAddress(address));
        expect(isPublicAddress(`::ffff:0:${address}`)).toBe(false);
        expect(isPublicAddress(`::${address}`)).toBe(false);
      }),
    );
  });
});

describe('in production', () => {
  test('plain http is refused, and nothing is asked', async () => {
    const server = await serveFor((_request, response) => void response.end('picture'));
    expect(await failure(`${server.url}/1.png`, { insecure: false })).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('https only'),
    });
    expect(server.received).toEqual([]);
  });

  test.each([
    'https://127.0.0.1',
    'https://127.1',
    'https://2130706433',
    'https://0x7f000001',
    'https://0177.0.0.1',
    'https://[::1]',
    'https://[::ffff:127.0.0.1]',
    'https://[::127.0.0.1]',
    'https://localhost',
    'https://169.254.169.254',
    'https://user:password@127.0.0.1',
  ])('%s is refused as not public, before a connection is made', async (origin) => {
    const server = await serveFor((_request, response) => void response.end('picture'));
    const error = await failure(`${origin}:${server.port}/1.png`, { insecure: false });
    expect(error.message).toContain('is not a public address');
    expect(error.kind).toBe('refused');
  });
});

test.each(['ftp://a.example/1.png', 'file:///etc/passwd', 'javascript:1', '/1.png', '', 'https://'])(
  '%j is not downloaded',
  async (url) => {
    expect((await failure(url)).kind).toBe('broken');
  },
);

describe('a download', () => {
  test('is the bytes as they are', async () => {
    const picture = randomBytes(300_000);
    const server = await serveFor((_request, response) => void response.end(picture));
    expect((await download(`${server.url}/1.png?sig=a%2Fb`)).equals(picture)).toBe(true);
    expect(server.received[0]).toMatchObject({ method: 'GET', url: '/1.png?sig=a%2Fb' });
    expect(server.received[0]?.headers).not.toHaveProperty('authorization');
  });

  test.each([401, 403, 404, 410])('answered with %d has expired', async (status) => {
    const server = await serveFor((_request, response) => void response.writeHead(status).end('<Error/>'));
    expect((await failure(`${server.url}/1.png`)).kind).toBe('expired');
  });

  test.each([201, 204, 206, 300, 304, 400, 429, 500, 503])('answered with %d is broken', async (status) => {
    const server = await serveFor((_request, response) => void response.writeHead(status).end());
    expect((await failure(`${server.url}/1.png`)).kind).toBe('broken');
  });

  test('without a byte is broken', async () => {
    const server = await serveFor((_request, response) => void response.end());
    expect((await failure(`${server.url}/1.png`)).kind).toBe('broken');
  });

  test.each([
    ['a promised length', { 'content-length': 1_000 }],
    ['chunks', {}],
  ])('that breaks off in the middle of %s is broken', async (_what, headers) => {
    const server = await serveFor((_request, response) => {
      response.writeHead(200, headers);
      response.write('the beginning', () => response.destroy());
    });
    expect((await failure(`${server.url}/1.png`)).kind).toBe('broken');
  });

  test('from where nothing listens is broken', async () => {
    expect((await failure(`http://127.0.0.1:${await closedPort()}/1.png`)).kind).toBe('broken');
  });

  test('that promises too much is refused at its first bytes', async () => {
    let finished = false;
    const server = await serveFor((_request, response) => {
      response.writeHead(200, { 'content-length': 41 * 2 ** 20 });
      response.write('the beginning');
      response.on('close', () => {
        finished = response.writableFinished;
      });
    });
    expect(await failure(`${server.url}/1.png`)).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('larger'),
    });
    expect(finished).toBe(false);
  });

  test('that never ends is refused when it is too large', async () => {
    const chunk = Buffer.alloc(2 ** 20);
    let sent = 0;
    const server = await serveFor((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
        sent += chunk.length;
      };
      response.on('drain', more);
      more();
    });
    expect((await failure(`${server.url}/1.png`)).kind).toBe('refused');
    expect(sent).toBeLessThan(96 * 2 ** 20);
  });

  test('ends when it is aborted', async () => {
    const server = await serveFor((_request, response) => void response.write('the beginning'));
    const started = performance.now();
    const error = await failure(`${server.url}/1.png`, { signal: AbortSignal.timeout(50) });
    expect(error.kind).toBe('broken');
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe('trusted ranges', () => {
  /** Downloads where every name is at these addresses. */
  function trusting(trustedRanges: string[], ...addresses: string[]) {
    const made = createDownloads({
      allowInsecureUrls: false,
      trustedRanges,
      leastSpeed: timing.leastSpeed,
      lookUp: (_hostname, _options, found) =>
        found(
          null,
          addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
        ),
    });
    closing.push(made.close);
    return made;
  }

  const picture = () => serveFor((_request, response) => void response.end('picture'));
  const refused = { name: 'DownloadError', kind: 'refused' };

  test.each([
    ['127.0.0.0/8', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.1'],
    ['10.0.0.0/8,127.0.0.1/32', '127.0.0.1'],
    ['127.0.0.0/8', '::ffff:127.0.0.1'],
    // One bad address says nothing about the others, and is not connected to.
    ['127.0.0.0/8', '10.1.2.3,fe80::1,127.0.0.1,169.254.169.254'],
  ])('%s: a store inside the network, at %s, is fetched from', async (ranges, addresses) => {
    const server = await picture();
    const made = trusting(ranges.split(','), ...addresses.split(','));
    const opened = await made.open(`http://store.example:${server.port}/1.png`, never);
    expect((await opened.whole()).toString()).toBe('picture');
    expect(await made.whyRefused(`https://store.example:${server.port}`)).toBeUndefined();
  });

  test('an address itself may be trusted, and what it redirects to is judged again', async () => {
    const server = await serveFor((_request, response) => {
      response.writeHead(302, { location: 'http://127.0.0.2/1.png' }).end();
    });
    const opening = trusting(['127.0.0.1']).open(server.url, never);
    await expect(opening).rejects.toMatchObject({ ...refused, message: expect.stringContaining('127.0.0.2') });
  });

  test.each([
    ['a proxy that makes addresses up', [], 'https', ['198.18.0.5']],
    ['only bad addresses', ['10.0.0.0/8'], 'https', ['198.18.0.5', 'fd00::1']],
    ['plain http from a public address', ['10.0.0.0/8'], 'http', ['8.8.8.8']],
    ['plain http', [], 'http', ['127.0.0.1']],
  ])('%s is refused for good, and it is said which addresses they are', async (_what, ranges, scheme, addresses) => {
    const opening = trusting(ranges, ...addresses).open(`${scheme}://store.example/1.png`, never);
    await expect(opening).rejects.toMatchObject({
      ...refused,
      message: expect.stringMatching(`store.example .${addresses.join(', ')}.* TRUSTED_RANGES`),
    });
  });

  test('that a host would be refused is known before anything is fetched from it', async () => {
    expect(await trusting([], '198.18.0.5').whyRefused('https://api.runflow.io')).toBe(
      'api.runflow.io (198.18.0.5) is not a public address, nor in TRUSTED_RANGES',
    );
    expect(await trusting(['198.18.0.0/15'], '198.18.0.5').whyRefused('https://api.runflow.io')).toBeUndefined();
    expect(await trusting([], '198.18.0.5', '8.8.8.8').whyRefused('https://api.runflow.io')).toBeUndefined();
    expect(await downloads().whyRefused('http://127.0.0.1')).toBeUndefined();
    expect(await downloads(false).whyRefused('https://[::1]:8443')).toContain('::1 is not a public address');
  });
});

describe('compressed though nobody asked', () => {
  const picture = Buffer.concat([randomBytes(100_000), Buffer.alloc(100_000)]);
  const encoded: readonly (readonly [string, Buffer])[] = [
    ['gzip', gzipSync(picture)],
    ['X-Gzip', gzipSync(picture)],
    ['deflate', deflateSync(picture)],
    ['br', brotliCompressSync(picture)],
    ['zstd', zstdCompressSync(picture)],
    ['identity', picture],
    ['aws-chunked', picture],
    ['aws-chunked, gzip', gzipSync(picture)],
  ];

  test.each(encoded)('%s is what it was before', async (encoding, body) => {
    const server = await serveFor((_request, response) => {
      response.writeHead(200, { 'content-encoding': encoding, 'content-length': body.length }).end(body);
    });
    const opened = await downloads().open(server.url, never);
    await opened.begin(1_000);
    expect(Buffer.concat(await opened.pieces()).equals(picture)).toBe(true);
    expect((await download(server.url)).equals(picture)).toBe(true);
  });

  test.each([
    ['cut off', 'gzip', gzipSync(picture).subarray(0, -5_000)],
    ['something else', 'gzip', picture],
    ['compressed twice', 'gzip, gzip', gzipSync(gzipSync(picture))],
    ['of an unknown kind', 'lzma', picture],
  ])('%s is broken', async (_what, encoding, body) => {
    const server = await serveFor((_request, response) => {
      response.writeHead(200, { 'content-encoding': encoding, 'content-length': body.length }).end(body);
    });
    expect((await failure(server.url)).kind).toBe('broken');
  });

  test('a bomb is refused before it fills the memory', async () => {
    const bomb = gzipSync(Buffer.alloc(400 * 2 ** 20));
    const server = await serveFor((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': bomb.length }).end(bomb);
    });
    let arrived = 0;
    const opened = await downloads().open(server.url, never);
    const pieces = opened.pieces((bytes) => {
      arrived += bytes;
    });
    await expect(pieces).rejects.toMatchObject({ kind: 'refused', message: expect.stringContaining('larger') });
    expect(arrived).toBeLessThanOrEqual(40 * 2 ** 20);
  });
});

describe('an answer that calls itself a part', () => {
  const picture = randomBytes(10_000);
  const answer = (range: string | undefined, body = picture) =>
    serveFor((_request, response) => {
      response.writeHead(206, range === undefined ? {} : { 'content-range': range }).end(body);
    });

  test('is taken when it is the whole', async () => {
    expect((await download((await answer('bytes 0-9999/10000')).url)).equals(picture)).toBe(true);
  });

  test.each([
    [undefined],
    ['bytes 0-9999/10001'],
    ['bytes 1-9999/10000'],
    ['bytes 0-9999/*'],
    ['bytes */10000'],
    ['pages 0-9999/10000'],
  ])('is broken with the range %s', async (range) => {
    expect((await failure((await answer(range)).url)).kind).toBe('broken');
  });

  test('is broken when less arrives than it says', async () => {
    const server = await answer('bytes 0-9999/10000', picture.subarray(0, 9_000));
    expect((await failure(server.url)).kind).toBe('broken');
  });
});

describe('a body that hardly arrives', () => {
  const hurried = () => {
    const made = createDownloads({ allowInsecureUrls: true, leastSpeed: { afterMs: 300, bytesPerSecond: 10_000 } });
    closing.push(made.close);
    return made;
  };

  /** Sends that many bytes every 50 ms. */
  const dripping = (bytes: number, times = Number.POSITIVE_INFINITY) =>
    serveFor((_request, response) => {
      let sent = 0;
      const timer = setInterval(() => {
        sent += 1;
        if (sent > times) response.end();
        else response.write(Buffer.alloc(bytes));
      }, 50);
      response.on('close', () => clearInterval(timer));
    });

  test.each([
    ['trickles', 10],
    ['comes at half of the least speed', 250],
  ])('because it %s is broken soon', async (_what, bytes) => {
    const server = await dripping(bytes);
    const started = performance.now();
    const opened = await hurried().open(server.url, never);
    await expect(opened.pieces()).rejects.toMatchObject({ name: 'DownloadError', kind: 'broken' });
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  test('because nothing comes any more is broken soon', async () => {
    const server = await serveFor((_request, response) => void response.write(Buffer.alloc(100_000)));
    const started = performance.now();
    const opened = await hurried().open(server.url, never);
    await expect(opened.whole()).rejects.toBeInstanceOf(SlowDownload);
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  test('at twice the least speed arrives', async () => {
    const server = await dripping(1_000, 12);
    expect(await (await hurried().open(server.url, never)).whole()).toHaveLength(12_000);
  });

  test('holds no connection that others need', async () => {
    const server = await serveFor((request, response) => {
      if (request.url === '/quick') response.end('picture');
      else response.write('the beginning');
    });
    const made = downloads();
    const end = new AbortController();
    await Promise.all(Array.from({ length: 64 }, (_, index) => made.open(`${server.url}/${index}`, end.signal)));
    expect((await (await made.open(`${server.url}/quick`, never)).whole()).toString()).toBe('picture');
    end.abort();
  });
});

describe('a redirect', () => {
  /** Sends as many hops as the path says, then the picture. */
  const hops = () =>
    serveFor((request, response) => {
      const left = Number(request.url.slice(1));
      if (left === 0) response.end('picture');
      else response.writeHead(302, { location: `/${left - 1}` }).end();
    });

  test('is followed three times and not more', async () => {
    const server = await hops();
    expect((await download(`${server.url}/3`)).toString()).toBe('picture');
    expect(await failure(`${server.url}/4`)).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('more than 3 redirects'),
    });
  });

  test.each([301, 303, 307, 308])('of the kind %d is followed to another host', async (status) => {
    const other = await serveFor((_request, response) => void response.end('picture'));
    const server = await serveFor((_request, response) => {
      response.writeHead(status, { location: `${other.url}/2.png?sig=a%2Fb` }).end();
    });
    expect((await download(`${server.url}/1.png`)).toString()).toBe('picture');
    expect(other.received[0]?.url).toBe('/2.png?sig=a%2Fb');
  });

  test('to something that is not on the web is not followed', async () => {
    const server = await serveFor((_request, response) => {
      response.writeHead(302, { location: 'file:///etc/passwd' }).end();
    });
    expect((await failure(server.url)).kind).toBe('refused');
  });

  test('to itself ends', async () => {
    const server = await serveFor((_request, response) => void response.writeHead(302, { location: '/' }).end());
    expect((await failure(server.url)).kind).toBe('refused');
    expect(server.received.length).toBeLessThanOrEqual(4);
  });
});

describe('a data: URI', () => {
  const bytes = randomBytes(10_000);
  const base64 = bytes.toString('base64');
  const percent = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

  test.each([
    ['base64', `data:image/png;base64,${base64}`],
    ['base64 without padding', `data:image/png;base64,${base64.replace(/=+$/, '')}`],
    ['base64 with parameters', `data:image/png;name=a.png;base64,${base64}`],
    ['base64 without a type', `data:;base64,${base64}`],
    ['base64 that was escaped', `data:image/png;base64,${encodeURIComponent(base64)}`],
    ['capital letters', `DATA:image/png;BASE64,${base64}`],
    ['percent signs', `data:image/png,${percent}`],
  ])('of %s is decoded, and nothing is asked', async (_what, uri) => {
    expect((await download(uri, false)).equals(bytes)).toBe(true);
  });

  test.each([
    'data:',
    'data:image/png',
    'data:image/png;base64',
    'data:image/png;base64,',
    'data:,',
    'data:;base64,!!',
  ])('of %j is broken', async (uri) => {
    expect((await failure(uri)).kind).toBe('broken');
  });

  test('with a stray percent sign does not make it throw something else', async () => {
    expect((await download('data:,100%')).toString()).toBe('100%');
  });

  test('that is too large is refused', async () => {
    const uri = `data:image/png;base64,${'A'.repeat(90 * 2 ** 20)}`;
    expect((await failure(uri)).kind).toBe('refused');
  });
});
