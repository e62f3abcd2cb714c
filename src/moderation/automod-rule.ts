// One rule of a server's AutoMod, compiled: its phrases and patterns, and what it lets through. Discord documents how they
// match: `*` at an end means any letters there, otherwise a phrase begins and ends with a whole word.
import { RE2JS } from 're2js';
import type { AutoModRule } from '../discord/rules.ts';
import { compilePatterns } from './patterns.ts';

export type CompiledRule = {
  rule: AutoModRule;
  /** The phrase or pattern that blocks a text; undefined when none does. */
  find(text: string): string | undefined;
  /** Its patterns that cannot be read. */
  unreadable: readonly string[];
};

type Span = { from: number; to: number };

/** Where a word ends. Discord speaks of whitespace; what stands beside a word must not hide it either. */
const partOfWord = /[\p{L}\p{N}\p{M}_]/u;
const space = /\s/;

/** One spelling for the same letters; several spaces count as one. */
const fold = (text: string) => text.normalize('NFC').toLowerCase().replace(/\s+/g, ' ');

type Phrase = { given: string; text: string; openStart: boolean; openEnd: boolean };

function readPhrase(given: string): Phrase {
  const text = fold(given).trim();
  return {
    given,
    text: text.replace(/^\*/, '').replace(/\*$/, ''),
    openStart: text.startsWith('*'),
    openEnd: text.endsWith('*') && text.length > 1,
  };
}

/** The places at which a phrase stands; with an open end it takes the rest of its word. */
function* placesOf({ text, openStart, openEnd }: Phrase, whole: string): Generator<Span> {
  const isEdge = (inside: string | undefined, beside: string | undefined) =>
    !partOfWord.test(inside ?? '') || !partOfWord.test(beside ?? '');
  let [wordStart, looked] = [0, 0];
  let from = whole.indexOf(text);
  while (from !== -1) {
    for (; looked < from; looked += 1) if (space.test(whole[looked] ?? '')) wordStart = looked + 1;
    const to = from + text.length;
    let next = from + 1;
    if ((openStart || isEdge(text[0], whole[from - 1])) && (openEnd || isEdge(text.at(-1), whole[to]))) {
      let end = to;
      while (openEnd && end < whole.length && !space.test(whole[end] ?? '')) end += 1;
      yield { from: openStart ? wordStart : from, to: end };
      // What follows in the same word is within that place.
      if (openEnd) next = Math.max(next, end);
    }
    from = whole.indexOf(text, next);
  }
}

/** Finds in one pass which phrases occur at all; only those are looked at closely. */
function compilePhrases(given: readonly string[]): (whole: string) => Phrase[] {
  const phrases = new Map<string, Phrase>();
  for (const one of given) {
    const phrase = readPhrase(one);
    const key = JSON.stringify([phrase.text, phrase.openStart, phrase.openEnd]);
    if (phrase.text !== '' && !phrases.has(key)) phrases.set(key, phrase);
  }
  const byText = [...Map.groupBy(phrases.values(), ({ text }) => text)];
  const occur = compilePatterns(byText.map(([text]) => ({ text, openStart: true, openEnd: true })));
  return (whole) => occur(whole).flatMap((number) => byText[number]?.[1] ?? []);
}

function compile(pattern: string): RE2JS | undefined {
  try {
    return RE2JS.compile(pattern);
  } catch {
    return undefined;
  }
}

function* matchesOf(pattern: RE2JS, text: string): Generator<Span> {
  const matcher = pattern.matcher(text);
  while (matcher.find()) yield { from: matcher.start(), to: matcher.end() };
}

const isIn = (inner: Span, outer: Span) => outer.from <= inner.from && inner.to <= outer.to;

/** Compiles a rule of words. */
export function compileRule(rule: AutoModRule): CompiledRule {
  const phrasesIn = compilePhrases(rule.keywords);
  const allowedIn = compilePhrases(rule.allowed);
  const compiled = rule.patterns.map((given) => ({ given, pattern: compile(given) }));
  const patterns = compiled.flatMap(({ given, pattern }) => (pattern ? [{ given, pattern }] : []));

  const allowedPlaces = (whole: string) => allowedIn(whole).flatMap((phrase) => [...placesOf(phrase, whole)]);
  const blocks = (places: Iterable<Span>, allowed: readonly Span[]): boolean => {
    for (const place of places) if (!allowed.some((one) => isIn(place, one))) return true;
    return false;
  };

  return {
    rule,
    find(text) {
      const whole = fold(text);
      const found = phrasesIn(whole);
      const allowed = found.length === 0 ? [] : allowedPlaces(whole);
      const phrase = found.find((one) => blocks(placesOf(one, whole), allowed));
      if (phrase) return phrase.given;
      // Patterns see the text as it was written, and what is allowed in it.
      const written = patterns.filter(({ pattern }) => pattern.test(text));
      if (written.length === 0) return undefined;
      const inText = allowedPlaces(text.toLowerCase());
      return written.find(({ pattern }) => inText.length === 0 || blocks(matchesOf(pattern, text), inText))?.given;
    },
    unreadable: compiled.filter(({ pattern }) => !pattern).map(({ given }) => given),
  };
}
