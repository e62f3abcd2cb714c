// Bytes in the pieces in which they arrived. A picture goes from its download to its upload without ever being copied into
// one buffer: each copy is memory that the collector has to find and clear away (docs/performance.md).

export type Pieces = readonly Buffer[];

export function sizeOf(pieces: Pieces): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/** Gives a large buffer's memory back now: the collector would come by only after several more of its size. */
export function release(whole: Buffer): void {
  // Small ones share their memory with others.
  if (whole.buffer instanceof ArrayBuffer && whole.buffer.byteLength === whole.length) whole.buffer.transfer(0);
}

/** The first bytes, at most `length` of them. Copies only where they lie in several pieces. */
export function firstBytes(pieces: Pieces, length: number): Buffer {
  const [first = Buffer.alloc(0)] = pieces;
  if (first.length >= length) return first.subarray(0, length);
  return Buffer.concat(enough(pieces, length)).subarray(0, length);
}

/** The last bytes, at most `length` of them. */
export function lastBytes(pieces: Pieces, length: number): Buffer {
  const end = Buffer.concat(enough(pieces.toReversed(), length).reverse());
  return end.subarray(Math.max(0, end.length - length));
}

/** As many pieces from the beginning as it takes for that many bytes. */
function enough(pieces: Pieces, length: number): Buffer[] {
  const taken: Buffer[] = [];
  let size = 0;
  for (const piece of pieces) {
    if (size >= length) break;
    taken.push(piece);
    size += piece.length;
  }
  return taken;
}
