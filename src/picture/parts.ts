// The parts of which the formats make a file, found without decoding it: where each stands and what it is.
import { createReader, type Pieces } from '../pieces.ts';

export type Format = 'png' | 'jpeg' | 'webp';

/** A chunk or segment: what it is, where it begins, where its content begins, and where the next part does. */
export type Part = { name: string; at: number; content: number; end: number };
type Reader = ReturnType<typeof createReader>;

/** Names that programs gave their own parts, up to a zero: read so far. */
const longestName = 40;
/** More than any picture has, or needs before the part that is looked for; of others, no more are told. */
export const mostParts = 1_000;

function text(reader: Reader, at: number, most: number): string {
  let found = '';
  for (let position = at; position < at + most; position += 1) {
    const byte = reader.number(position, 1);
    if (byte === undefined || byte === 0) break;
    found += String.fromCharCode(byte);
  }
  return found;
}

/** Its lowest byte first; 0 where the bytes end. */
function littleEndian(reader: Reader, at: number): number {
  return [3, 2, 1, 0].reduce((sum, offset) => sum * 256 + (reader.number(at + offset, 1) ?? 0), 0);
}

const texts = new Set(['tEXt', 'zTXt', 'iTXt']);

/** PNG specification 5.3: a length, a name, so many bytes and a checksum. */
function* pngParts(reader: Reader): Generator<Part> {
  for (let at = 8; ; ) {
    const length = reader.number(at, 4);
    if (length === undefined) return;
    const name = text(reader, at + 4, 4);
    const end = at + 12 + length;
    yield { name: texts.has(name) ? text(reader, at + 8, longestName) : name, at, content: at + 8, end };
    if (name === 'IEND') return;
    at = end;
  }
}

/** ITU-T T.81 B.1.1.4: the segments before the picture itself. */
function* jpegParts(reader: Reader): Generator<Part> {
  for (let at = 2; reader.number(at, 1) === 0xff; ) {
    const marker = reader.number(at + 1, 1);
    // FF before a marker fills up.
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const length = reader.number(at + 2, 2);
    const startOfScan = 0xda;
    if (marker === undefined || marker === startOfScan || length === undefined || length < 2) return;
    const isApplication = marker >= 0xe0 && marker <= 0xef;
    const end = at + 2 + length;
    yield { name: isApplication ? text(reader, at + 4, longestName) : '', at, content: at + 4, end };
    at = end;
  }
}

/** WebP container specification, "RIFF file format": a name, a length, and so many bytes made even. */
function* webpParts(reader: Reader): Generator<Part> {
  const last = 8 + littleEndian(reader, 4);
  for (let at = 12; at + 8 <= last; ) {
    const length = littleEndian(reader, at + 4);
    const end = at + 8 + length + (length % 2);
    yield { name: text(reader, at, 4), at, content: at + 8, end };
    at = end;
  }
}

/** The parts of a PNG (a text is called by its keyword) or WebP; of a JPEG, those before the picture. */
export function partsOf(format: Format, pieces: Pieces): Part[] {
  const walk = { png: pngParts, jpeg: jpegParts, webp: webpParts }[format];
  return [...walk(createReader(pieces)).take(mostParts)];
}
