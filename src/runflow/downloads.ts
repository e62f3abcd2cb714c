// Downloads a run's pictures. Their URLs come from outside: allows only https and public addresses (by default), checks
// every redirect again, limits size and time, and detects truncated bodies.
import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, buildConnector, errors, request } from 'undici';
import { asError, DownloadError, LargeDownload, SlowDownload } from '../errors.ts';
import type { Pieces } from '../pieces.ts';
import { createRules, type Lookup, lookupAllowed, type Rule, type Scheme, systemLookup } from './addresses.ts';
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
  /** Why pictures from an address's host would be refused; undefined when they would not, or nobody can tell now. */
  whyRefused(url: string): Promise<string | undefined>;
  close(): Promise<void>;
};

/** 2048×2048 with alpha at 16 bits, uncompressed, stays below this; nothing of ours is larger. */
const maxBytes = 40 * 2 ** 20;
const maxRedirects = 3;
const wholeDownloadMs = 120_000;
/** As long as a start waits to hear where a host is. */
const lookupMs = 5_000;

/** A body that arrives more slowly than this on average, once so much time has passed, is broken. */
export type LeastSpeed = { afterMs: number; bytesPerSecond: number };
/** Per server. Far more than deliveries at once, so that those that stall are in nobody's way. */
const connections = 128;

const hostOf = (hostname: string) => hostname.replace(/^\[|\]$/g, '');

/** Connects to those of a host's addresses that pictures may come from. */
function connectorBy(rule: Rule, lookUp: Lookup): buildConnector.connector {
  const look = lookupAllowed(rule, lookUp);
  const connect = buildConnector({
    timeout: 10_000,
    lookup(hostname, options, callback) {
      look(hostname, options, (error, addresses) => {
        const first = addresses[0];
        if (error || !first) return callback(error, '', 0);
        return options.all ? callback(null, [...addresses]) : callback(null, first.address, first.family);
      });
    },
  });
  return (options, callback) => {
    const host = hostOf(options.hostname);
    // A name is judged by the addresses that are found for it.
    if (isIP(host) === 0 || rule.allows(host)) return connect(options, callback);
    return callback(rule.refuse(host, [host]), null);
  };
}

/** Checks scheme and address on connecting, so that neither redirects nor DNS answers get around it. */
function guardedConnector(rules: Record<Scheme, Rule>, lookUp: Lookup): buildConnector.connector {
  const [https, http] = [connectorBy(rules.https, lookUp), connectorBy(rules.http, lookUp)];
  return (options, callback) => (options.protocol === 'https:' ? https : http)(options, callback);
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
  /** In CIDR notation: where pictures may come from, too. */
  trustedRanges?: readonly string[];
  /** How hosts are looked up; the system's way unless told. */
  lookUp?: Lookup;
  leastSpeed: LeastSpeed;
  onAnswer?: () => void;
}): Downloads {
  const { afterMs } = options.leastSpeed;
  const { lookUp = systemLookup } = options;
  const rules = createRules(options.trustedRanges ?? []);
  const agent = new Agent({
    connections,
    ...(options.allowInsecureUrls ? { connectTimeout: 10_000 } : { connect: guardedConnector(rules, lookUp) }),
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
    async whyRefused(url) {
      if (options.allowInsecureUrls) return undefined;
      const host = hostOf(new URL(url).hostname);
      const looked = new Promise<string | undefined>((resolve) => {
        lookupAllowed(rules.https, lookUp)(host, {}, (error) =>
          resolve(error instanceof DownloadError ? error.message : undefined),
        );
      });
      return Promise.race([looked, sleep(lookupMs, undefined, { ref: false })]);
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

const tooLarge = () => new LargeDownload(maxBytes);

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
