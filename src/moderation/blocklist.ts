// The words a server refuses in prompts: plain words and phrases; `*` at the start or end of a word matches anything.
// A prompt is split into words once and all entries are followed at the same time, one bit each, so no entry can make it
// slow.
import { UserError } from '../errors.ts';
import { readingsOf } from './look-alikes.ts';
import { compilePatterns } from './patterns.ts';

/** Room for a long list, yet small enough to read and compile for every prompt. */
export const mostEntries = 500;
export const longestEntry = 100;
/** A phrase is matched by its first words: a prompt that repeats so many of an entry's words is meant by it. */
const wordsMatched = 32;
/** What an entry may become when look-alikes are spelt out: some characters stand for 18 others. */
const longestSpelling = 4 * longestEntry;

/** A word of an entry, with what may come before and after it. */
type Word = { text: string; open: 'no' | 'start' | 'end' | 'both' };

// Optional accents and vowel points. Marks that make another letter stay: the vowel signs of Indic scripts and the two
// voicing marks of Japanese (U+3099, U+309A).
const accents =
  /[[\p{Mn}&&[\p{sc=Inherited}\p{sc=Latin}\p{sc=Greek}\p{sc=Cyrillic}\p{sc=Hebrew}\p{sc=Arabic}]]--[\u3099\u309A]]/gv;
const invisible = /\p{Default_Ignorable_Code_Point}/gu;

// Scripts without spaces between words, and pictographs: each character counts as a word, so an entry matches inside a
// sentence.
const unspaced =
  /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}\p{Extended_Pictographic}]/v;
const unspacedWord = `(?:${unspaced.source}\\p{M}*)`;
const spacedWord = `(?:(?!${unspaced.source})[\\p{L}\\p{N}\\p{M}])+`;
const words = new RegExp(`${unspacedWord}|${spacedWord}`, 'gv');
const wildWords = new RegExp(`${unspacedWord}|(\\*?)(${spacedWord})(\\*?)`, 'gv');
const misplacedStar = /[\p{L}\p{N}\p{M}]\*+[\p{L}\p{N}\p{M}]|(?<![\p{L}\p{N}\p{M}])\*+(?![\p{L}\p{N}\p{M}])/v;

/** One spelling for look-alikes: without compatibility forms, accents, invisible characters and case. */
function normalise(text: string): string {
  // Upper case first, to turn ß into SS. Lower case then ends words in a final sigma.
  const folded = text.normalize('NFKD').replace(invisible, '').toUpperCase().toLowerCase().replaceAll('ς', 'σ');
  return folded.normalize('NFKD').replace(accents, '');
}

function readEntry(entry: string): Word[] {
  return [...normalise(entry).matchAll(wildWords)].map(([whole, before, text, after]) => ({
    text: text ?? whole,
    open: before ? (after ? 'both' : 'start') : after ? 'end' : 'no',
  }));
}

/** Two words or entries are the same when they match the same prompts. */
const wordKey = ({ text, open }: Word) => `${open} ${text}`;
const keyOf = (entry: string) => JSON.stringify(readEntry(entry));

const bitsPerBlock = 32;

type Compiled = {
  /** Block `first[depth] + n` holds a bit for each entry that has a word at this depth, in their order. */
  first: readonly number[];
  blocks: number;
  find: ReturnType<typeof compilePatterns>;
  /** Where each pattern stands: the numbers of its bits. */
  places: readonly (readonly number[])[];
  /** The bits of each entry's last word, and whose they are. */
  lasts: ReadonlyMap<number, string>;
};

/** Longest entries first, so that those with a word at some depth are the first ones at every depth before it. */
function arrange(entries: readonly string[]): Compiled {
  // The first spelling of each, because that is the one to tell.
  const distinct = new Map(
    entries
      .slice(0, mostEntries)
      .map((entry) => [keyOf(entry), entry] as const)
      .reverse(),
  );
  const paths = [...distinct.values()]
    .map((entry) => ({ entry, path: readEntry(entry).slice(0, wordsMatched) }))
    .filter(({ path }) => path.length > 0)
    .sort((one, other) => other.path.length - one.path.length);
  const first: number[] = [];
  let blocks = 0;
  for (let depth = 0; depth < (paths[0]?.path.length ?? 0); depth += 1) {
    first.push(blocks);
    blocks += Math.ceil(paths.filter(({ path }) => path.length > depth).length / bitsPerBlock);
  }
  const patterns = new Map<string, { word: Word; places: number[] }>();
  const lasts = new Map<number, string>();
  for (const [index, { entry, path }] of paths.entries()) {
    for (const [depth, word] of path.entries()) {
      const place = (first[depth] ?? 0) * bitsPerBlock + index;
      const known = patterns.get(wordKey(word));
      if (known) known.places.push(place);
      else patterns.set(wordKey(word), { word, places: [place] });
      if (depth === path.length - 1) lasts.set(place, entry);
    }
  }
  const all = [...patterns.values()];
  const find = compilePatterns(
    all.map(({ word: { text, open } }) => ({
      text,
      openStart: open === 'start' || open === 'both',
      openEnd: open === 'end' || open === 'both',
    })),
  );
  return { first, blocks, find, places: all.map(({ places }) => places), lasts };
}

/** Finds the entry that a prompt contains. */
export type FindEntry = (prompt: string) => string | undefined;

/** Compiles a list into a function that returns the entry a prompt contains. Takes at most as many as a list may have. */
export function compileBlocklist(entries: readonly string[]): FindEntry {
  const { first, blocks, find, places, lasts } = arrange(entries);
  const depths = first.length;
  const nowhere = new Int32Array(blocks);
  const ends = new Int32Array(blocks);
  for (const place of lasts.keys()) set(ends, place);

  /** The bits of all places where a word fits. */
  function placesOf(word: string): Int32Array {
    const fitting = find(word);
    if (fitting.length === 0) return nowhere;
    const bits = new Int32Array(blocks);
    for (const pattern of fitting) for (const place of places[pattern] ?? []) set(bits, place);
    return bits;
  }

  /** The entry that ends in a block of active bits. */
  function entryAt(block: number, bits: number): string | undefined {
    return lasts.get(block * bitsPerBlock + (31 - Math.clz32(bits & -bits)));
  }

  function findIn(prompt: string): string | undefined {
    const known = new Map<string, Int32Array>();
    /** Entries that match up to the word at each depth, ending with the present word of the prompt. */
    const active = new Int32Array(blocks);
    let deepest = -1;
    for (const [word] of normalise(prompt).matchAll(words)) {
      const fitting = known.get(word) ?? placesOf(word);
      known.set(word, fitting);
      // Deepest first, because each depth continues the one before as it stood at the last word.
      const from = Math.min(deepest + 1, depths - 1);
      deepest = -1;
      for (let depth = from; depth >= 0; depth -= 1) {
        const begin = first[depth] ?? 0;
        const before = first[depth - 1] ?? 0;
        const next = first[depth + 1] ?? blocks;
        for (let block = begin; block < next; block += 1) {
          const continued = depth === 0 ? -1 : (active[before + block - begin] ?? 0);
          const bits = continued & (fitting[block] ?? 0);
          active[block] = bits;
          if (bits === 0) continue;
          if (deepest < depth) deepest = depth;
          const ended = bits & (ends[block] ?? 0);
          if (ended !== 0) return entryAt(block, ended);
        }
      }
    }
    return undefined;
  }

  return (prompt) => {
    if (depths === 0) return undefined;
    for (const reading of [prompt, ...readingsOf(prompt)]) {
      const entry = findIn(reading);
      if (entry !== undefined) return entry;
    }
    return undefined;
  };
}

function set(bits: Int32Array, place: number): void {
  const block = Math.floor(place / bitsPerBlock);
  bits[block] = (bits[block] ?? 0) | (1 << (place % bitsPerBlock));
}

/**
 * Normalises an entry for storing.
 * @throws {UserError} when it could match nothing, or too much
 */
export function checkEntry(text: string): string {
  const entry = text.trim().replace(/\s+/g, ' ');
  if (entry === '') throw new UserError((t) => t.moderation.blocklist.empty);
  const isLong = entry.length > longestEntry;
  // What a character stands for counts where it stands for many.
  if (isLong || normalise(entry).length > longestSpelling) {
    const [given, limit] = isLong ? [entry.length, longestEntry] : [normalise(entry).length, longestSpelling];
    throw new UserError((t) => t.moderation.blocklist.tooLong(entry, given, limit));
  }
  const read = readEntry(entry);
  if (read.length === 0) throw new UserError((t) => t.moderation.blocklist.noWord(entry));
  if (misplacedStar.test(normalise(entry))) throw new UserError((t) => t.moderation.blocklist.star(entry));
  // `a*` would refuse every word that starts with an a.
  if (read.some((word) => word.open !== 'no' && [...word.text].length < 2))
    throw new UserError((t) => t.moderation.blocklist.tooOpen(entry));
  return entry;
}

/**
 * Adds entries to the list, without duplicates.
 * @throws {UserError} when it gets too long
 */
export function addEntries(list: readonly string[], entries: readonly string[]): string[] {
  const all = new Map<string, string>();
  for (const entry of [...list, ...entries]) if (!all.has(keyOf(entry))) all.set(keyOf(entry), entry);
  const added = [...all.values()];
  if (added.length > mostEntries) throw new UserError((t) => t.moderation.blocklist.full(added.length, mostEntries));
  return added;
}

/** Removes entries from the list, however they are spelt. */
export function removeEntries(list: readonly string[], entries: readonly string[]): string[] {
  const gone = new Set(entries.map(keyOf));
  return list.filter((entry) => !gone.has(keyOf(entry)));
}
