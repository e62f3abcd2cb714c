// Finds which of many patterns occur in a word, in one pass over its characters (Aho–Corasick): a hostile list costs no
// more per character than a friendly one.

/** Marks the start and the end of a word, so that `text*` is the pattern `^text` and an exact word `^text$`. */
const start = '\u0002';
const end = '\u0003';

export type Pattern = { text: string; openStart: boolean; openEnd: boolean };

/** The numbers of the patterns in a word, each once, in no order. Valid until the next call. */
export type FindPatterns = (word: string) => readonly number[];

/** Room for every UTF-16 unit beside a node's number in one key. */
const units = 0x10000;

/** @param patterns each different from the others */
export function compilePatterns(patterns: readonly Pattern[]): FindPatterns {
  const steps = new Map<number, number>();
  const parents = [0];
  const codes = [0];
  const depths = [0];
  const ends = new Map<number, number>();

  for (const [number, { text, openStart, openEnd }] of patterns.entries()) {
    const whole = `${openStart ? '' : start}${text}${openEnd ? '' : end}`;
    let node = 0;
    for (let index = 0; index < whole.length; index += 1) {
      const key = node * units + whole.charCodeAt(index);
      let next = steps.get(key);
      if (next === undefined) {
        next = parents.length;
        steps.set(key, next);
        parents.push(node);
        codes.push(whole.charCodeAt(index));
        depths.push(index + 1);
      }
      node = next;
    }
    ends.set(node, number);
  }

  /** Where to go on when a node has no step for a character; and the next shorter pattern that ends there too. */
  const fallbacks = new Int32Array(parents.length);
  const shorter = new Int32Array(parents.length);
  const own = new Int32Array(parents.length).fill(-1);
  for (const [node, number] of ends) own[node] = number;

  function step(from: number, code: number): number {
    let node = from;
    for (;;) {
      const next = steps.get(node * units + code);
      if (next !== undefined) return next;
      if (node === 0) return 0;
      node = fallbacks[node] ?? 0;
    }
  }

  // Parents first, because a node's fallback follows from its parent's.
  const byDepth = Uint32Array.from(parents.keys()).sort((one, other) => (depths[one] ?? 0) - (depths[other] ?? 0));
  for (const node of byDepth) {
    const parent = parents[node] ?? 0;
    const fallback = parent === 0 ? 0 : step(fallbacks[parent] ?? 0, codes[node] ?? 0);
    fallbacks[node] = fallback;
    shorter[node] = own[fallback] === -1 ? (shorter[fallback] ?? 0) : fallback;
  }

  const seenIn = new Uint32Array(parents.length);
  let round = 0;
  return (word) => {
    const found: number[] = [];
    const whole = `${start}${word}${end}`;
    round += 1;
    let node = 0;
    for (let index = 0; index < whole.length; index += 1) {
      node = step(node, whole.charCodeAt(index));
      // A pattern seen before in this word brings nothing new, and neither do those that end within it.
      for (let at = own[node] === -1 ? (shorter[node] ?? 0) : node; at !== 0; at = shorter[at] ?? 0) {
        if (seenIn[at] === round) break;
        seenIn[at] = round;
        found.push(own[at] ?? 0);
      }
    }
    return found;
  };
}
