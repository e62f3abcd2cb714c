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
  if (first.length >= length || pieces.length <= 1) return first.subarray(0, length);
  const enough: Buffer[] = [];
  for (let index = 0, size = 0; index < pieces.length && size < length; index += 1) {
    const piece = pieces[index] ?? first;
    enough.push(piece);
    size += piece.length;
  }
  return Buffer.concat(enough).subarray(0, length);
}

/** The last bytes, at most `length` of them. */
export function lastBytes(pieces: Pieces, length: number): Buffer {
  const enough: Buffer[] = [];
  for (let index = pieces.length - 1, size = 0; index >= 0 && size < length; index -= 1) {
    const piece = pieces[index] ?? Buffer.alloc(0);
    enough.unshift(piece);
    size += piece.length;
  }
  const joined = Buffer.concat(enough);
  return joined.subarray(Math.max(0, joined.length - length));
}
