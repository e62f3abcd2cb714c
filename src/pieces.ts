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

/** Finds bytes in pieces by their position; quick for positions near the last one. */
export function createReader(pieces: Pieces) {
  let index = 0;
  let start = 0;

  /** The piece that holds a position, and the position within it. */
  function find(position: number): { piece: Buffer; at: number } | undefined {
    while (position < start) {
      index -= 1;
      start -= pieces[index]?.length ?? start;
    }
    for (let piece = pieces[index]; piece; piece = pieces[index]) {
      if (position < start + piece.length) return { piece, at: position - start };
      start += piece.length;
      index += 1;
    }
    return undefined;
  }

  return {
    /** An unsigned number, its highest byte first; undefined where the bytes end before it does. */
    number(position: number, bytes: number): number | undefined {
      let number = 0;
      for (let offset = 0; offset < bytes; offset += 1) {
        const found = find(position + offset);
        const byte = found?.piece[found.at];
        if (byte === undefined) return undefined;
        number = number * 256 + byte;
      }
      return number;
    },
    /** Where a byte stands next, from a position on. */
    next(byte: number, from: number): number | undefined {
      for (let found = find(from); found; found = find(start + found.piece.length)) {
        const at = found.piece.indexOf(byte, found.at);
        if (at !== -1) return start + at;
      }
      return undefined;
    },
  };
}

/** The bytes from one position to another, without copying any. */
export function cut(pieces: Pieces, from: number, to = Number.POSITIVE_INFINITY): Buffer[] {
  const found: Buffer[] = [];
  let start = 0;
  for (const piece of pieces) {
    const part = piece.subarray(Math.max(0, from - start), Math.max(0, to - start));
    if (part.length > 0) found.push(part);
    start += piece.length;
  }
  return found;
}
