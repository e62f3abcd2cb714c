// How alike two pictures are, by a few bits of each: a perceptual hash of the picture and of its mirror image. Pure; print.ts
// decodes. Held by test/picture/likeness.test.ts. Of what was measured (this, gradients, 256 bits, the package sharp-phash),
// this keeps closest together what was cropped, and no package has the mirror image without decoding twice.

/** Two hashes of 63 bits in hexadecimal digits: the picture's own and its mirror image's. */
export type Print = string;

/** The small grey picture of which a print is made: as many pixels a side. */
export const printSide = 32;
/** Waves of the cosine transform a side: the coarsest, which survive rescaling, compression and cropping. */
const waves = 8;
const digits = 16;
/** Grey levels: what differs less is flat, and its hash would be one of noise. */
const leastContrast = 5;

/** Bits that may differ between pictures that are alike: cropped by a twentieth, say. */
export const alikeWithin = 14;
/** The same for what counts as the same picture: rescaled, compressed or mirrored. */
export const sameWithin = 4;

const cosines = Array.from({ length: waves }, (_, wave) =>
  Array.from({ length: printSide }, (_, at) => Math.cos(((2 * at + 1) * wave * Math.PI) / (2 * printSide))),
);

const sumOver = (length: number, term: (at: number) => number): number => {
  let sum = 0;
  for (let at = 0; at < length; at += 1) sum += term(at);
  return sum;
};

/** The coarsest waves of the picture, row by row, the mean left out. */
function wavesOf(grey: Uint8Array): { value: number; across: number }[] {
  const rows = Array.from({ length: printSide }, (_, y) =>
    cosines.map((cosine) => sumOver(printSide, (x) => (grey[y * printSide + x] ?? 0) * (cosine[x] ?? 0))),
  );
  const found = cosines.flatMap((cosine) =>
    cosines.map((_, across) => ({
      value: sumOver(printSide, (y) => (rows[y]?.[across] ?? 0) * (cosine[y] ?? 0)),
      across,
    })),
  );
  return found.slice(1);
}

/** One bit a wave: whether it is above the median. */
function hashOf(values: readonly number[]): string {
  const median = values.toSorted((one, other) => one - other)[values.length >> 1] ?? 0;
  const bits = values.map((value) => (value > median ? '1' : '0')).join('');
  return BigInt(`0b${bits}`).toString(16).padStart(digits, '0');
}

/** The print of a small grey picture; undefined when it is too flat to be told from others. */
export function printOf(grey: Uint8Array): Print | undefined {
  const mean = sumOver(grey.length, (at) => grey[at] ?? 0) / grey.length;
  const contrast = Math.sqrt(sumOver(grey.length, (at) => ((grey[at] ?? 0) - mean) ** 2) / grey.length);
  if (contrast < leastContrast) return undefined;
  const found = wavesOf(grey);
  // In a mirror, every other wave across is turned round.
  const mirrored = found.map(({ value, across }) => (across % 2 === 0 ? value : -value));
  return hashOf(found.map(({ value }) => value)) + hashOf(mirrored);
}

const ownHash = (print: Print) => print.slice(0, digits);
const mirroredHash = (print: Print) => print.slice(digits);

function differing(one: string, other: string): number {
  let bits = BigInt(`0x${one}`) ^ BigInt(`0x${other}`);
  let count = 0;
  for (; bits > 0n; bits &= bits - 1n) count += 1;
  return count;
}

/** In how many bits two pictures differ, or one from the other's mirror image. */
export function distanceOf(one: Print, other: Print): number {
  return Math.min(differing(ownHash(one), ownHash(other)), differing(mirroredHash(one), ownHash(other)));
}

/**
 * Parts of the hash. Two that differ in fewer bits than there are parts have one in common, and those that differ in a few
 * more nearly always do: that is how alike ones are found without looking at all.
 */
const parts = 11;

function partsOf(hash: string): string[] {
  const bits = BigInt(`0x${hash}`);
  const size = 63 / parts;
  return Array.from({ length: parts }, (_, part) => {
    const from = Math.round(part * size);
    const to = Math.round((part + 1) * size);
    const value = (bits >> BigInt(from)) & ((1n << BigInt(to - from)) - 1n);
    return `${part}.${value.toString(32)}`;
  });
}

/** The lists in which a picture stands. */
export const listsOf = (print: Print): string[] => partsOf(ownHash(print));
/** The lists in which those stand that may be alike, mirrored or not. */
export const listsAlike = (print: Print): string[] => [
  ...new Set([...partsOf(ownHash(print)), ...partsOf(mirroredHash(print))]),
];

/** Whether this is a print, of any version's. */
export const isPrint = (value: string): boolean => /^[0-9a-f]{32}$/.test(value);
