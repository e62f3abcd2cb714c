// Bytes in the pieces they arrived in. A picture goes from download to upload without being copied into one buffer:
// each copy is memory that the garbage collector has to find and free (docs/performance.md).

export type Pieces = readonly Buffer[];

export function sizeOf(pieces: Pieces): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/** Frees a large buffer now, unless it is already: the garbage collector would wait for several more of its size. */
export function release(whole: Buffer): void {
  const { buffer } = whole;
  if (!(buffer instanceof ArrayBuffer) || buffer.detached) return;
  // Small buffers share their memory with others.
  if (buffer.byteLength === whole.length) buffer.transfer(0);
}

/** The first bytes, at most `length`. Copies only if they span several pieces. */
export function firstBytes(pieces: Pieces, length: number): Buffer {
  const [first = Buffer.alloc(0)] = pieces;
  if (first.length >= length) return first.subarray(0, length);
  return Buffer.concat(atLeast(pieces, length)).subarray(0, length);
}

/** The fewest leading pieces that hold `length` bytes. */
function atLeast(pieces: Pieces, length: number): Buffer[] {
  const taken: Buffer[] = [];
  let size = 0;
  for (const piece of pieces) {
    if (size >= length) break;
    taken.push(piece);
    size += piece.length;
  }
  return taken;
}
