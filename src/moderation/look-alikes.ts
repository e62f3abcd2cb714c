// How else a text may be read: with look-alike letters of other scripts (Unicode's confusables), digits and signs for
// letters (`nud3`), or its letters pulled apart (`n.u.d.e`).
import { confusablesMap } from 'confusables';

/** What digits and signs stand for; 1, ! and | for either of two letters. */
const stands: Readonly<Record<string, string>> = {
  '0': 'o',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '8': 'b',
  '9': 'g',
  '@': 'a',
  $: 's',
  '€': 'e',
  '+': 't',
};
const uprights = new Set(['1', '!', '|']);

const words = /[\p{L}\p{M}\p{N}]+/gu;
const signedWords = /[\p{L}\p{N}@$€+!|]+/gu;
const signs = new Set('@$€+!|');
const single = '[\\p{L}\\p{N}@$€]';
const alone = (between: string) =>
  new RegExp(`(?<![\\p{L}\\p{N}])${single}(?:${between}${single}){2,}(?![\\p{L}\\p{N}])`, 'gu');
/** With one kind of gap only: what stands beside `n.u.d.e` is another word. */
const apart = [alone(' ?[^\\p{L}\\p{N}\\s]{1,2} ?'), alone('[ \\t]{1,3}')];
const separators = /[^\p{L}\p{N}@$€]/gu;

const latin = /\p{sc=Latin}/u;
const foreign = /(?!\p{sc=Latin})\p{L}/u;
const cyrillic = /\p{sc=Cyrillic}/u;
const oneScript = /^[\p{sc=Cyrillic}\p{sc=Inherited}\p{N}]+$|^[\p{sc=Greek}\p{sc=Inherited}\p{N}]+$/u;
/** Cyrillic letters that look like Latin ones, and these. */
const alike = new Map(Array.from('aeocpyxkbmhtisj', (letter, index) => [letter, 'аеосрухквмнтіѕј'[index] ?? letter]));
/** The letters of the two scripts that nobody can tell from Latin ones. */
const same = new Set([...alike.values(), ...'ορνικυχαη']);

const toLatin = (word: string) => Array.from(word, (letter) => confusablesMap.get(letter) ?? letter).join('');

/** Whether it is a word of another script that nobody takes for a Latin one. */
function isForeign(word: string): boolean {
  if (!foreign.test(word) || latin.test(word)) return false;
  if (oneScript.test(word)) return !Array.from(word).every((letter) => same.has(letter.toLowerCase()));
  return foreign.test(toLatin(word));
}

/** Letters of other scripts as Latin ones, also words of nothing else in a text that has no word of such a script. */
function withLatin(text: string): string {
  const isMixed = (text.match(words) ?? []).some(isForeign);
  return text.replace(words, (word) => (isMixed && oneScript.test(word) ? word : toLatin(word)));
}

/** The other way round: Latin letters among Cyrillic ones. */
function withCyrillic(text: string): string {
  return text.replace(words, (word) =>
    cyrillic.test(word) && latin.test(word)
      ? Array.from(word, (letter) => alike.get(letter.toLowerCase()) ?? letter).join('')
      : word,
  );
}

const joined = (text: string) =>
  apart.reduce((whole, runs) => whole.replace(runs, (run) => run.replace(separators, '')), text);

function spelt(text: string, upright: 'i' | 'l'): string {
  return text.replace(signedWords, (word) => {
    let end = word.length;
    // At the end of a word they are punctuation.
    while (signs.has(word[end - 1] ?? '')) end -= 1;
    const letters = word.slice(0, end);
    if (!/[\p{L}@$€]/u.test(letters)) return word;
    const read = Array.from(letters, (sign) => (uprights.has(sign) ? upright : (stands[sign] ?? sign)));
    return read.join('') + word.slice(end);
  });
}

/** The readings that differ from the text itself. */
export function readingsOf(text: string): string[] {
  const plain = withLatin(text);
  const whole = joined(plain);
  const readings = [plain, whole, spelt(whole, 'i'), spelt(whole, 'l'), joined(text), withCyrillic(joined(text))];
  return [...new Set(readings)].filter((reading) => reading !== text);
}
