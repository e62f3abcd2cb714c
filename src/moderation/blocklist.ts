// The words a server refuses in prompts: plain words and phrases; `*` at the start or end of a word matches anything.
// A prompt is split into words once and matched against a tree of entries, so no entry can make it slow.
import { UserError } from '../errors.ts';

/** Room for a long list, yet small enough to read and compile for every prompt. */
export const mostEntries = 500;
export const longestEntry = 100;

/** A word of an entry, with what may come before and after it. */
type Word = { text: string; open: 'no' | 'start' | 'end' | 'both' };

type Node = {
  exact: Map<string, Node>;
  wild: { word: Word; node: Node }[];
  /** The entry that ends here. */
  entry: string | undefined;
};

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

function fits({ text, open }: Word, word: string): boolean {
  switch (open) {
    case 'no':
      return word === text;
    case 'start':
      return word.endsWith(text);
    case 'end':
      return word.startsWith(text);
    case 'both':
      return word.includes(text);
  }
}

const createNode = (): Node => ({ exact: new Map(), wild: [], entry: undefined });

function step(node: Node, word: Word): Node {
  const known =
    word.open === 'no'
      ? node.exact.get(word.text)
      : node.wild.find((edge) => edge.word.text === word.text && edge.word.open === word.open)?.node;
  if (known) return known;
  const made = createNode();
  if (word.open === 'no') node.exact.set(word.text, made);
  else node.wild.push({ word, node: made });
  return made;
}

/** Compiles a list into a function that returns the entry a prompt contains. */
export function compileBlocklist(entries: readonly string[]): (prompt: string) => string | undefined {
  const root = createNode();
  for (const entry of entries) {
    const path = readEntry(entry);
    if (path.length > 0) path.reduce(step, root).entry ??= entry;
  }

  return (prompt) => {
    let active: Node[] = [];
    for (const [word] of normalise(prompt).matchAll(words)) {
      const next: Node[] = [];
      for (const node of [root, ...active]) {
        const exact = node.exact.get(word);
        if (exact) next.push(exact);
        for (const edge of node.wild) if (fits(edge.word, word)) next.push(edge.node);
      }
      const found = next.find(({ entry }) => entry !== undefined);
      if (found) return found.entry;
      active = next;
    }
    return undefined;
  };
}

/**
 * Normalises an entry for storing.
 * @throws {UserError} when it could match nothing, or too much
 */
export function checkEntry(text: string): string {
  const entry = text.trim().replace(/\s+/g, ' ');
  if (entry === '') throw new UserError((t) => t.moderation.blocklist.empty);
  if (entry.length > longestEntry) throw new UserError((t) => t.moderation.blocklist.tooLong(longestEntry));
  const read = readEntry(entry);
  if (read.length === 0) throw new UserError((t) => t.moderation.blocklist.noWord(entry));
  if (misplacedStar.test(normalise(entry))) throw new UserError((t) => t.moderation.blocklist.star(entry));
  // `a*` would refuse every word that starts with an a.
  if (read.some((word) => word.open !== 'no' && [...word.text].length < 2))
    throw new UserError((t) => t.moderation.blocklist.tooOpen(entry));
  return entry;
}

/** Two entries are the same when they match the same prompts. */
const keyOf = (entry: string) => JSON.stringify(readEntry(entry));

/**
 * Adds entries to the list, without duplicates.
 * @throws {UserError} when it gets too long
 */
export function addEntries(list: readonly string[], entries: readonly string[]): string[] {
  const all = new Map<string, string>();
  for (const entry of [...list, ...entries]) if (!all.has(keyOf(entry))) all.set(keyOf(entry), entry);
  const added = [...all.values()];
  if (added.length > mostEntries) throw new UserError((t) => t.moderation.blocklist.full(mostEntries));
  return added;
}

/** Removes entries from the list, however they are spelt. */
export function removeEntries(list: readonly string[], entries: readonly string[]): string[] {
  const gone = new Set(entries.map(keyOf));
  return list.filter((entry) => !gone.has(keyOf(entry)));
}
