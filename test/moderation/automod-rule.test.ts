// One AutoMod rule: what Discord documents of how its phrases match, its patterns, what it lets through, and that no
// prompt makes it slow.
import { describe, expect, test } from 'vitest';
import type { AutoModRule } from '../../src/discord/rules.ts';
import { compileRule } from '../../src/moderation/automod-rule.ts';

const rule = (changes: Partial<AutoModRule>): AutoModRule => ({
  id: '1',
  name: 'Words',
  kind: 'words',
  keywords: [],
  patterns: [],
  allowed: [],
  exemptRoles: [],
  exemptChannels: [],
  blocks: true,
  message: undefined,
  ...changes,
});
const finds = (changes: Partial<AutoModRule>, text: string) => compileRule(rule(changes)).find(text);

// https://docs.discord.com/developers/resources/auto-moderation, "Keyword Matching Strategies"
describe('Discord’s own examples', () => {
  test.each([
    ['cat*', ['catch', 'Catapult', 'CAttLE'], ['wildcat', 'copycats']],
    ['tra*', ['train', 'trade', 'TRAditional'], ['extra', 'abstracted']],
    ['the mat*', ['the matrix', 'in the matrix'], ['breathe matter', 'the big mat']],
    ['*cat', ['wildcat', 'copyCat'], ['catch', 'location']],
    ['*tra', ['extra', 'ultra', 'orchesTRA'], ['train', 'outrage']],
    ['*the mat', ['breathe mat'], ['the matrix']],
    ['*cat*', ['location', 'eduCation', 'cat', 'wildcats'], ['c at']],
    ['*tra*', ['abstracted', 'outrage'], ['tar']],
    ['*the mat*', ['breathe matter'], ['the big mat']],
    ['cat', ['cat', 'Cat', 'a cat sat'], ['cats', 'wildcat', 'catch']],
    ['train', ['train', 'by train'], ['trains', 'untrained']],
    ['the mat', ['the mat', 'on the mat'], ['the matrix', 'breathe mat']],
  ])('%s', (keyword, matches, others) => {
    for (const text of matches) expect(finds({ keywords: [keyword] }, text), text).toBe(keyword);
    for (const text of others) expect(finds({ keywords: [keyword] }, text), text).toBeUndefined();
  });

  test('of patterns', () => {
    const patterns = ['(b|c)at', '^(?:[0-9]{1,3}\\.){3}[0-9]{1,3}$'];
    expect(finds({ patterns }, 'a bat')).toBe('(b|c)at');
    expect(finds({ patterns }, '127.0.0.1')).toBe(patterns[1]);
    expect(finds({ patterns }, 'a hat at 127.0.0')).toBeUndefined();
  });
});

test.each([
  ['punctuation beside it', { keywords: ['cat'] }, '“cat”, please!'],
  ['capital letters of any alphabet', { keywords: ['КОТ'] }, 'рыжий кот'],
  ['more spaces and lines', { keywords: ['the mat'] }, 'the \n mat'],
  ['a phrase of signs', { keywords: [':('] }, 'so sad :('],
  ['another of the same letters', { keywords: ['cat', 'cat*'] }, 'catch'],
  ['one letter in any word', { keywords: ['*x*'] }, 'taxi'],
  ['a pattern of Rust’s', { patterns: ['(?i)\\bb(?P<o>o+)m\\b'] }, 'BOOOM'],
  ['one of several patterns, though another is none', { patterns: ['(?<=a)b', 'b+'] }, 'abb'],
])('is found: %s', (_what, changes, text) => {
  expect(finds(changes, text)).toBeDefined();
});

test.each([
  ['an empty rule', {}, 'anything'],
  ['a star alone', { keywords: ['*', '**', ''] }, 'anything * at all'],
  ['a pattern in other letters', { patterns: ['CAT'] }, 'a cat'],
])('is not found: %s', (_what, changes, text) => {
  expect(finds(changes, text)).toBeUndefined();
});

test.each([
  ['a word', { keywords: ['*cat*'], allowed: ['location'] }, 'a location', 'a location of the cat'],
  ['the rest of a word', { keywords: ['*cat*'], allowed: ['cat*'] }, 'a catch', 'a wildcat'],
  ['a phrase around it', { keywords: ['mat'], allowed: ['on the mat'] }, 'sit on the mat', 'a mat'],
  [
    'what a pattern finds',
    { patterns: ['https?://\\S+'], allowed: ['https://discord.com/*'] },
    'at https://discord.com/a',
    'at https://other.example/',
  ],
  ['in capitals', { patterns: ['(?i)bomb'], allowed: ['Bath Bomb'] }, 'a BATH BOMB', 'bath bomb and bomb'],
])('lets through what it allows, and nothing else: %s', (_what, changes, allowed, blocked) => {
  expect(finds(changes, allowed)).toBeUndefined();
  expect(finds(changes, blocked)).toBeDefined();
});

test('names the patterns that it cannot read', () => {
  expect(compileRule(rule({ patterns: ['a(?!b)', 'ok', '['] })).unreadable).toEqual(['a(?!b)', '[']);
});

/** Patterns on which an engine that goes back takes for ever. */
const hostile = ['(?:a+)+', '(?:a|aa|aaa)+', '(?:a*)*', '(?:[ab]+)*', 'a?a?a?a?a?a?a?a?'].flatMap((part) => {
  const long = part.repeat(Math.floor(250 / part.length));
  return [`${long}c$`, `^${long}(?:x|y)`];
});

test('ten patterns of 260 characters and a hostile prompt take less than 5 ms', () => {
  expect(hostile).toHaveLength(10);
  for (const pattern of hostile) expect(pattern.length).toBeLessThanOrEqual(260);
  const { find, unreadable } = compileRule(rule({ patterns: hostile }));
  expect(unreadable).toEqual([]);
  for (const prompt of ['a'.repeat(2_000), 'ab'.repeat(1_000), `${'a'.repeat(1_999)}c`, 'aab '.repeat(500)]) {
    // The best of several, because other tests share the machine.
    const times = Array.from({ length: 7 }, () => {
      const before = performance.now();
      find(prompt);
      return performance.now() - before;
    });
    expect(Math.min(...times), prompt.slice(0, 10)).toBeLessThan(5);
  }
});

test('full lists of phrases and a hostile prompt take less than 5 ms', () => {
  const words = Array.from(
    { length: 1_000 },
    (_, index) => `*${'a'.repeat(1 + (index % 55))}b${index % 18 ? '' : 'a'}*`,
  );
  const { find } = compileRule(
    rule({ keywords: words, allowed: Array.from({ length: 100 }, (_, index) => `${'a'.repeat(index % 50)}*`) }),
  );
  const times = Array.from({ length: 7 }, () => {
    const before = performance.now();
    find('a'.repeat(2_000));
    return performance.now() - before;
  });
  expect(Math.min(...times)).toBeLessThan(5);
});
