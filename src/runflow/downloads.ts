// Downloads a run's pictures. Their URLs come from outside: allows only https and public addresses (by default), checks
// every redirect again, limits size and time, and detects truncated bodies.
import { isIP } from 'node:net';
import { Agent, buildConnector, errors, request } from 'undici';
import { asError, DownloadError, SlowDownload } from '../errors.ts';
import type { Pieces } from '../pieces.ts';
import { createTrust, isPublicAddress, lookupAllowed, type MayFetch, type Range, refusal } from './addresses.ts';
import { decodeBody, encodingsOf } from './encoding.ts';

export { isPublicAddress } from './addresses.ts';

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

/** Connects to those of a host's addresses that pictures may come from. */
const connectorTo = (mayFetch: MayFetch) =>
  buildConnector({
    timeout: 10_000,
    lookup(hostname, options, callback) {
      lookupAllowed(hostname, options, mayFetch, (error, addresses) => {
        const first = addresses[0];
        if (error || !first) return callback(error, '', 0);
        return options.all ? callback(null, addresses) : callback(null, first.address, first.family);
      });
    },
  });

/**
 * Checks scheme and address on connecting, so that neither redirects nor DNS answers get around it: https from public and
 * trusted addresses, plain http from trusted ones alone.
 */
function guardedConnector(trustedRanges: readonly Range[]): buildConnector.connector {
  const isTrusted = createTrust(trustedRanges);
  const mayFetch = { https: (address: string) => isPublicAddress(address) || isTrusted(address), http: isTrusted };
  const connect = { https: connectorTo(mayFetch.https), http: connectorTo(mayFetch.http) };
  return (options, callback) => {
    const host = options.hostname.replace(/^\[|\]$/g, '');
    const scheme = options.protocol === 'https:' ? 'https' : 'http';
    if (scheme === 'http' && trustedRanges.length === 0) {
      return callback(new DownloadError('refused', 'pictures are fetched over https only'), null);
    }
    if (isIP(host) !== 0 && !mayFetch[scheme](host)) return callback(refusal(host, [host]), null);
    return connect[scheme](options, callback);
  };
}

const redirects = new Set([301, 302, 303, 307, 308]);

/** Where a redirect leads. @throws {DownloadError} when that is nothing that can be fetched */
function readLocation(headers: Headers, from: string): string {
  const to = typeof headers.location === 'string' ? URL.parse(headers.location, from) : null;
  if (!to || !/^https?:$/.test(to.protocol)) throw new DownloadError('refused', 'a redirect to what is not on the web');
  return to.href;
}

/** The size of all there is, where an answer that calls itself a part is just that (RFC 9110 14.4). */
function wholeRange(headers: Headers): number | undefined {
  const [, last, size] = /^bytes 0-(\d+)\/(\d+)$/i.exec(String(headers['content-range'] ?? '')) ?? [];
  return size !== undefined && Number(last) + 1 === Number(size) ? Number(size) : undefined;
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
  trustedRanges?: readonly Range[];
  leastSpeed: LeastSpeed;
  onAnswer?: () => void;
}): Downloads {
  const { afterMs } = options.leastSpeed;
  const agent = new Agent({
    connections,
    ...(options.allowInsecureUrls
      ? { connectTimeout: 10_000 }
      : { connect: guardedConnector(options.trustedRanges ?? []) }),
  });

  /** Asks where the redirects lead. */
  async function ask(url: string, signal: AbortSignal, redirected = 0): Promise<Answer> {
    const answer = await request(url, { dispatcher: agent, signal, headersTimeout: 20_000, bodyTimeout: afterMs });
    if (!redirects.has(answer.statusCode)) return answer;
    await answer.body.dump();
    if (redirected === maxRedirects) throw new DownloadError('refused', `more than ${maxRedirects} redirects`);
    return ask(readLocation(answer.headers, url), signal, redirected + 1);
  }

  async function open(url: string, signal: AbortSignal): Promise<Download> {
    const answer = await ask(url, signal);
    if (answer.statusCode !== 200 && !(answer.statusCode === 206 && wholeRange(answer.headers))) {
      await answer.body.dump();
      const gone = [401, 403, 404, 410].includes(answer.statusCode);
      throw new DownloadError(gone ? 'expired' : 'broken', `download answered ${answer.statusCode}`);
    }
    options.onAnswer?.();
    const sent = sizeOf(answer.headers);
    if (sent !== undefined && sent > maxBytes) {
      answer.body.destroy();
      throw tooLarge();
    }
    const size = promisedSize(answer.headers);
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
type Headers = Answer['headers'];

function sizeOf(headers: Headers): number | undefined {
  const size = Number(headers['content-length'] ?? wholeRange(headers) ?? Number.NaN);
  return Number.isNaN(size) ? undefined : size;
}

/** Nothing promises how much is in a compressed body. */
const promisedSize = (headers: Headers) => (encodingsOf(headers).length > 0 ? undefined : sizeOf(headers));

/** Reads a body once: its beginning, if asked for, and then all of it. Only the time spent on reading counts. */
function readBody({ body, headers }: Answer, { afterMs, bytesPerSecond }: LeastSpeed) {
  const source: AsyncIterator<Buffer> = decodeBody(body, headers)[Symbol.asyncIterator]();
  const beginning: Buffer[] = [];
  let size = 0;
  let ms = 0;

  async function next(): Promise<Buffer | undefined> {
    const since = performance.now();
    const { done, value } = await source.next();
    ms += performance.now() - since;
    if (done) return undefined;
    size += value.length;
    if (size > maxBytes) {
      await source.return?.();
      throw tooLarge();
    }
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
