// A language made up from English: every sentence in brackets and 40 % longer, as a translation may be. What stands outside
// of brackets on a screen was not said in the reader's language.
import { en } from '../../src/texts/en/en.ts';
import type { Texts } from '../../src/texts/texts.ts';

const open = '⟦';
const close = '⟧';

/** 40 % longer, the brackets included. */
function translate(text: string): string {
  return `${open}${text}${'¤'.repeat(Math.max(0, Math.ceil(text.length * 0.4) - 2))}${close}`;
}

/** A locale for dates is not a sentence. */
const verbatim = new Set(['dates']);

function pseudo(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return verbatim.has(name) ? value : translate(value);
  if (typeof value === 'function') return (...args: unknown[]) => pseudo(value(...args));
  if (Array.isArray(value)) return value.map((one) => pseudo(one));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, pseudo(inner, key)]));
}

const sameShape = (value: unknown): value is Texts =>
  typeof value === 'object' && value !== null && Object.keys(value).join() === Object.keys(en).join();

function createPseudoTexts(): Texts {
  const made = pseudo(en);
  if (!sameShape(made)) throw new Error('the made-up language has lost a part');
  return made;
}

export const pseudoTexts = createPseudoTexts();

/** What of a text stands outside of brackets; a bracket that was cut off counts to the end of its line. */
export function outsideOf(text: string): string {
  let depth = 0;
  let outside = '';
  for (const character of text) {
    if (character === '\n') depth = 0;
    if (character === open) depth += 1;
    if (depth === 0) outside += character;
    if (character === close) depth = Math.max(0, depth - 1);
  }
  return outside;
}
