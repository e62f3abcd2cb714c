// The prompt list: what an entry matches in any script and spelling, what it does not, and that nothing makes it slow.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import {
  addEntries,
  checkEntry,
  compileBlocklist,
  longestEntry,
  mostEntries,
  removeEntries,
} from '../../src/moderation/blocklist.ts';

const finds = (entry: string, prompt: string) => compileBlocklist([entry])(prompt) === entry;

test.each([
  ['nude', 'a NUDE, please'],
  ['nude', 'nude'],
  ['nude', 'a (nüdé) cat'],
  ['nüde', 'a nude cat'],
  ['nude', 'n\u200bu\u00add\u2060e'],
  ['nude', 'ｎｕｄｅ 𝐧𝐮𝐝𝐞'],
  ['nude', 'under_nude_score'],
  ['blood bath', 'a blood,\n\n --  BATH!'],
  ['blood-bath', 'a blood bath'],
  ['a b c', 'a b a b c'],
  ['straße', 'STRASSE'],
  ['strasse', 'Straße'],
  ['ΣΟΦΟΣ', 'ο σοφός.'],
  ['обнаженный', 'ОБНАЖЁННЫЙ'],
  ['ไทย', 'ภาษาไทยสวย'],
  ['裸体', '一张裸体照片'],
  ['ヌード', 'きれいなﾇｰﾄﾞ写真'],
  ['नग्न', 'एक नग्न चित्र'],
  ['עירום', 'תמונת עֵירֹם עירום'],
  ['누드', '누드 사진'],
  ['🔞', 'a 🔞️ picture'],
  ['nude*', 'nudes and nudity'],
  ['*nude', 'seminude'],
  ['*nude*', 'seminudes'],
  ['big* cat', 'bigger cat'],
  ["don't", 'DON’T do it'],
])('%s is in %s', (entry, prompt) => {
  expect(finds(entry, prompt)).toBe(true);
});

test.each([
  ['nude', 'denuded'],
  ['nude', 'nudes'],
  ['nude', 'nud e'],
  ['nude*', 'seminude'],
  ['*nude', 'nudes'],
  ['blood bath', 'blood in a bath'],
  ['blood bath', 'bath blood'],
  ['ass', 'class, assassin, grass'],
  ['か', 'が'],
  ['काल', 'कल'],
  ['cat', ''],
])('%s is not in %s', (entry, prompt) => {
  expect(finds(entry, prompt)).toBe(false);
});

test('the entry that matched is told as it was written, the first one in the prompt', () => {
  const find = compileBlocklist(['Röse', 'red*', 'Blue sky']);
  expect(find('a blue sky over a rose')).toBe('Blue sky');
  expect(find('a rose under a blue sky')).toBe('Röse');
  expect(find('a yellow house')).toBeUndefined();
  expect(compileBlocklist([])('anything')).toBeUndefined();
  expect(compileBlocklist(['', '***', '!?'])('anything ! ?')).toBeUndefined();
});

test('any words with any punctuation between them are found in any case', () => {
  const word = fc.stringMatching(/^[a-zà-öø-ÿа-я0-9]{1,8}$/);
  const between = fc.stringMatching(/^[ .,;:!?"'()/_-]{1,5}$/);
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), between, word, (phrase, gap, other) => {
      const prompt = [other, ...phrase, other].join(gap);
      return finds(phrase.join(' '), prompt) && finds(phrase.join(' '), prompt.toUpperCase());
    }),
  );
});

test('no prompt and no entry makes it throw', () => {
  const text = fc.string({ unit: 'binary', maxLength: 60 });
  fc.assert(
    fc.property(fc.array(text, { maxLength: 5 }), text, (entries, prompt) => {
      compileBlocklist(entries)(prompt);
    }),
  );
});

test.each([
  ['one word again and again', Array.from({ length: mostEntries }, (_, index) => `${'a '.repeat(45)}${index}`), 'a '],
  ['open words', Array.from({ length: mostEntries }, (_, index) => `${'*aa* '.repeat(15)}${index}`), 'aaaa '],
  ['one long word', [`*${'a'.repeat(97)}b*`], 'a'],
])('a full list takes no time: %s', (_what, entries, piece) => {
  const find = compileBlocklist(entries);
  const prompt = piece.repeat(2000 / piece.length);
  const before = performance.now();
  find(prompt);
  // About 10 ms on a slow machine; a list that backtracks would take minutes.
  expect(performance.now() - before).toBeLessThan(1000);
});

describe('checkEntry', () => {
  test.each([
    ['  two   words ', 'two words'],
    ['nude*', 'nude*'],
    ['*ab* cd', '*ab* cd'],
    ['🍆', '🍆'],
    ['裸', '裸'],
    ['x'.repeat(longestEntry), 'x'.repeat(longestEntry)],
  ])('takes %s', (text, kept) => {
    expect(checkEntry(text)).toBe(kept);
  });

  test.each(['', '   ', '*', '* *', '!!', '\u200b', 'fo*o', 'foo * bar', 'foo **', 'a*', '*a*', 'x'.repeat(101)])(
    'refuses %j in words',
    (text) => {
      expect(() => checkEntry(text)).toThrow(UserError);
    },
  );

  test('shows hostile entries as they were typed', () => {
    expect(() => checkEntry('**@everyone** * `x`')).toThrow('\\*\\*\\@everyone');
  });
});

describe('the list', () => {
  test('takes each entry once, however it is spelt', () => {
    expect(addEntries(['Rose', 'blue sky'], ['RÖSE', 'blue  sky', 'blue-sky', 'red*', 'red'])).toEqual([
      'Rose',
      'blue sky',
      'red*',
      'red',
    ]);
  });

  test('loses entries however they are spelt', () => {
    expect(removeEntries(['Rose', 'blue sky', 'red*'], ['röse', 'BLUE   SKY', 'red'])).toEqual(['red*']);
  });

  test('takes at most 500', () => {
    const full = Array.from({ length: mostEntries }, (_, index) => `word${index}`);
    expect(addEntries(full, ['word3'])).toHaveLength(mostEntries);
    expect(() => addEntries(full, ['one more'])).toThrow(UserError);
  });
});
