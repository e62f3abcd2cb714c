// Downloads a run's pictures. Their URLs come from outside: allows only https and public addresses (by default), checks
// every redirect again, limits size and time, and detects truncated bodies.
import { lookup } from 'node:dns';
import { BlockList, isIP } from 'node:net';
import { Agent, buildConnector, errors, interceptors, request } from 'undici';
import { asError, DownloadError, SlowDownload } from '../errors.ts';
import type { Pieces } from '../pieces.ts';

/** An answer whose body has not been read. */
export type Download = {
  /** In bytes, if the server declared it; the body must match. */
  size: number | undefined;
  /** Resolves once so many bytes of the body are here, or all of it. @throws {DownloadError} */
  begin(bytes: number): Promise<void>;
  /** The whole body, in the pieces it arrives in. @throws {DownloadError} and whatever `arrived` throws */
  pieces(arrived?: Arrived): Promise<Pieces>;
  /** The whole body in one buffer, without ever holding it twice. @throws {DownloadError} and whatever `arrived` throws */
  whole(arrived?: Arrived): Promise<Buffer>;
};

/** Told of each piece of a body, in bytes. */
export type Arrived = (bytes: number) => void;

export type Downloads = {
  /**
   * Opens an http(s) or data: URL. The caller reads its bytes once or aborts the signal.
   * @throws {DownloadError}
   */
  open(url: string, signal: AbortSignal): Promise<Download>;
  close(): Promise<void>;
};

/** 2048×2048 with alpha at 16 bits, uncompressed, stays below this; nothing of ours is larger. */
const maxBytes = 40 * 2 ** 20;
const maxRedirects = 3;
const wholeDownloadMs = 120_000;

/** A body that arrives more slowly than this on average, once so much time has passed, is broken. */
export type LeastSpeed = { afterMs: number; bytesPerSecond: number };
/** Per server. Far more than deliveries at once, so that those that stall are in nobody's way. */
const connections = 128;

// Loopback, private, link-local, carrier-grade NAT, documentation, multicast and reserved ranges, from IANA's
// special-purpose address registries.
const notPublic = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  notPublic.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  // Unspecified, loopback, and the old notations for IPv4 addresses
  ['::', 96],
  ['::ffff:0:0:0', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  notPublic.addSubnet(network, prefix, 'ipv6');
}

/** Whether an IP address is public. IPv4 inside IPv6 counts as IPv4. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  return !notPublic.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** Checks scheme and address on connecting, so that neither redirects nor DNS answers get around it. */
function guardedConnector(): buildConnector.connector {
  const connect = buildConnector({
    timeout: 10_000,
    lookup(hostname, options, callback) {
      lookup(hostname, { ...options, all: true }, (error, addresses) => {
        if (error) return callback(error, '', 0);
        const blocked = addresses.find(({ address }) => !isPublicAddress(address));
        const first = addresses[0];
        if (blocked || !first) {
          return callback(new DownloadError('refused', `${hostname} is not a public address`), '', 0);
        }
        return options.all ? callback(null, addresses) : callback(null, first.address, first.family);
      });
    },
  });
  return (options, callback) => {
    const host = options.hostname.replace(/^\[|\]$/g, '');
    if (options.protocol !== 'https:') {
      return callback(new DownloadError('refused', 'pictures are fetched over https only'), null);
    }
    if (isIP(host) !== 0 && !isPublicAddress(host)) {
      return callback(new DownloadError('refused', `${host} is not a public address`), null);
    }
    return connect(options, callback);
  };
}

function decodeDataUri(url: string): Buffer {
  const match = /^data:[^,]*?(;base64)?,/i.exec(url);
  if (!match) throw new DownloadError('broken', 'not a readable data: URI');
  const body = url
    .slice(match[0].length)
    .replace(/%([0-9a-f]{2})/gi, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  const bytes = Buffer.from(body, match[1] ? 'base64' : 'latin1');
  if (bytes.length === 0) throw new DownloadError('broken', 'an empty data: URI');
  if (bytes.length > maxBytes) throw tooLarge();
  return bytes;
}

export function createDownloads(options: {
  allowInsecureUrls: boolean;
  leastSpeed: LeastSpeed;
  onAnswer?: () => void;
}): Downloads {
  const { afterMs } = options.leastSpeed;
  const agent = new Agent({
    connections,
    ...(options.allowInsecureUrls ? { connectTimeout: 10_000 } : { connect: guardedConnector() }),
  });
  const dispatcher = agent.compose(interceptors.redirect({ maxRedirections: maxRedirects }));

  async function open(url: string, signal: AbortSignal): Promise<Download> {
    const answer = await request(url, { dispatcher, signal, headersTimeout: 20_000, bodyTimeout: afterMs });
    if (answer.statusCode !== 200) {
      await answer.body.dump();
      const gone = [401, 403, 404, 410].includes(answer.statusCode);
      throw new DownloadError(gone ? 'expired' : 'broken', `download answered ${answer.statusCode}`);
    }
    options.onAnswer?.();
    const size = promisedSize(answer.headers);
    if (size !== undefined && size > maxBytes) {
      answer.body.destroy();
      throw tooLarge();
    }
    const body = readBody(answer, options.leastSpeed);
    const pieces = async (arrived: Arrived) => {
      const all: Buffer[] = [];
      await body.read((piece) => {
        arrived(piece.length);
        all.push(piece);
      });
      return all;
    };
    const whole = async (arrived: Arrived) => {
      if (size === undefined) return Buffer.concat(await pieces(arrived));
      const bytes = Buffer.allocUnsafeSlow(size);
      await body.read((piece, at) => {
        arrived(piece.length);
        piece.copy(bytes, at);
      });
      return bytes;
    };
    return {
      size,
      begin: (bytes) => named(() => body.begin(bytes)),
      pieces: (arrived = () => {}) => named(() => pieces(arrived)),
      whole: (arrived = () => {}) => named(() => whole(arrived)),
    };
  }

  return {
    async open(url, signal) {
      if (/^data:/i.test(url)) {
        const bytes = decodeDataUri(url);
        const told = (arrived: Arrived | undefined) => {
          arrived?.(bytes.length);
          return bytes;
        };
        return {
          size: bytes.length,
          begin: async () => {},
          pieces: async (arrived) => [told(arrived)],
          whole: async (arrived) => told(arrived),
        };
      }
      const within = AbortSignal.any([signal, AbortSignal.timeout(wholeDownloadMs)]);
      return named(() => open(url, within));
    },
    async close() {
      await agent.destroy();
    },
  };
}

type Answer = Awaited<ReturnType<typeof request>>;

function promisedSize(headers: Answer['headers']): number | undefined {
  const size = Number(headers['content-length'] ?? Number.NaN);
  return Number.isNaN(size) ? undefined : size;
}

/** Reads a body once: its beginning, if asked for, and then all of it. Only the time spent on reading counts. */
function readBody({ body, headers }: Answer, { afterMs, bytesPerSecond }: LeastSpeed) {
  const source: AsyncIterator<Buffer> = body[Symbol.asyncIterator]();
  const beginning: Buffer[] = [];
  let size = 0;
  let ms = 0;

  async function next(): Promise<Buffer | undefined> {
    const since = performance.now();
    const { done, value } = await source.next();
    ms += performance.now() - since;
    if (done) return undefined;
    size += value.length;
    if (size > maxBytes) throw tooLarge();
    if (ms > afterMs && size < (bytesPerSecond * ms) / 1000) throw new SlowDownload('it arrives too slowly');
    return value;
  }

  return {
    async begin(bytes: number): Promise<void> {
      for (let piece = await next(); piece; piece = size < bytes ? await next() : undefined) beginning.push(piece);
    },
    /** Passes on every piece with its offset. */
    async read(take: (piece: Buffer, at: number) => void): Promise<void> {
      const promised = promisedSize(headers);
      let at = 0;
      for (let piece = beginning.shift() ?? (await next()); piece; piece = beginning.shift() ?? (await next())) {
        take(piece, at);
        at += piece.length;
      }
      if (size === 0 || (promised !== undefined && promised !== size)) {
        throw new DownloadError('broken', `${size} of ${promised} bytes arrived`);
      }
    },
  };
}

const tooLarge = () => new DownloadError('refused', `larger than ${maxBytes} bytes`);

/** Turns every failure into a DownloadError. */
async function named<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (thrown) {
    const error = asError(thrown);
    if (error instanceof DownloadError) throw error;
    if (error.cause instanceof DownloadError) throw error.cause;
    if (error instanceof errors.BodyTimeoutError) throw new SlowDownload('it stopped arriving', error);
    throw new DownloadError('broken', `download failed: ${error.message}`, error);
  }
}
