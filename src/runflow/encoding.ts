// Bodies that come compressed though nobody asked for it: object stores send back what was uploaded, proxies do as they like.
import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';

type Headers = Record<string, string | string[] | undefined>;

const decoders: Record<string, () => NodeJS.ReadWriteStream & Readable> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

/** The first says nothing; the second is about an upload, and stays in S3's header when the body is plain again. */
const plain = new Set(['identity', 'aws-chunked']);

/** What a body is compressed with, from the inside out. */
export function encodingsOf(headers: Headers): string[] {
  return String(headers['content-encoding'] ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && !plain.has(name));
}

/**
 * The body without its compression, which is undone piece by piece as it is read: how much of it there may be is up to the
 * reader. @throws when it is compressed in an unknown way, or more than once, which only a bomb would be
 */
export function decodeBody(body: Readable, headers: Headers): Readable {
  const encodings = encodingsOf(headers);
  const [encoding] = encodings;
  if (encoding === undefined) return body;
  const create = encodings.length === 1 && Object.hasOwn(decoders, encoding) ? decoders[encoding] : undefined;
  if (!create) {
    body.destroy();
    throw new Error(`encoded as ${encodings.join(', ')}`);
  }
  // Whoever reads the decoder hears of every error.
  return pipeline(body, create(), () => {});
}
