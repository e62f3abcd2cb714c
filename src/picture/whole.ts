// Whether a picture's bytes are all there: its format says where it ends, and what stands behind that end, such as the film
// in a phone's motion photo, belongs to somebody else.
import { createReader, firstBytes, type Pieces, sizeOf } from '../pieces.ts';
import type { Format } from './parts.ts';

/** ITU-T T.81 B.1.1: markers begin with FF; segments tell their length, and 00 after FF is a byte of the picture. */
function isWholeJpeg(pieces: Pieces): boolean {
  const reader = createReader(pieces);
  let at = reader.next(0xff, 2);
  while (at !== undefined) {
    const marker = reader.number(at + 1, 1);
    if (marker === undefined) return false;
    if (marker === 0xd9) return true;
    const standsAlone = marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd7);
    // FF before a marker fills up.
    if (marker === 0xff || standsAlone) {
      at = reader.next(0xff, at + (standsAlone ? 2 : 1));
      continue;
    }
    const length = reader.number(at + 2, 2);
    if (length === undefined) return false;
    // A length counts itself.
    at = reader.next(0xff, at + 2 + Math.max(2, length));
  }
  return false;
}

const iend = Buffer.from('IEND').readUInt32BE();

/** PNG specification 5.3: chunks of a length, a name, so many bytes and a checksum; IEND is the last. */
function isWholePng(pieces: Pieces): boolean {
  const reader = createReader(pieces);
  for (let at = 8; ; ) {
    const length = reader.number(at, 4);
    const name = reader.number(at + 4, 4);
    if (length === undefined || name === undefined) return false;
    if (name === iend) return true;
    at += 12 + length;
  }
}

/** Whether the bytes reach as far as their format says. */
export function isWhole(format: Format, pieces: Pieces): boolean {
  switch (format) {
    case 'png':
      return isWholePng(pieces);
    case 'jpeg':
      return isWholeJpeg(pieces);
    case 'webp':
      // WebP container specification: the size in the header counts from behind itself.
      return sizeOf(pieces) >= firstBytes(pieces, 8).readUInt32LE(4) + 8;
  }
}
