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
import { createServerLists } from '../../src/moderation/prompt-lists.ts';

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

test.each([
  ['a Cyrillic letter', 'nude', 'a nudе cat'],
  ['letters of three scripts', 'nude', 'ոսԁе'],
  ['Greek letters in a Latin text', 'nova', 'say ηονα to it'],
  ['Cherokee letters', 'sex', 'ᏚᎬX'],
  ['small capitals', 'nude', 'ɴᴜᴅᴇ'],
  ['letters with strokes', 'gold', 'gøłđ'],
  ['a whole word of Cyrillic letters in a Latin text', 'scope', 'a ѕсоре please'],
  ['Latin letters in a Cyrillic word', 'секс', 'ceкc на пляже'],
  ['full stops', 'nude', 'a n.u.d.e.'],
  ['spaces', 'nude', 'n u d e'],
  ['dashes and dots, and a look-alike', 'nude', 'n - u – d · е'],
  ['a digit', 'nude', 'nud3!'],
  ['digits and signs', 'nasty ass', '(N4$7Y @55)'],
  ['an i', 'bikini', 'b1k!n1'],
  ['an l', 'slut', 's1ut s|ut'],
  ['both at once', 'nude', 'n.u.d.3'],
  ['digits that the entry has itself', 'mp3 player', 'M.P.3 player'],
  ['a phrase', 'blood bath', 'bl00d b.a.t.h'],
  ['an open end', 'nude*', 'nud3s'],
])('look-alikes do not hide an entry: %s', (_what, entry, prompt) => {
  expect(finds(entry, prompt)).toBe(true);
});

test.each([
  ['a number', 'sos', 'exactly 505 trees'],
  ['a word of a Russian sentence', 'pot', 'открой рот, котик'],
  ['a Greek sentence', 'nope', 'το νορε είναι λέξη'],
  ['the end of one word and the start of another', 'nude', 'nu de'],
  ['a part of a word', 'ass', 'cl455 and gr@ss'],
  ['a word that contains it across a hyphen', '*ass*', 'a gas-station'],
  ['two single letters', 'ab', 'plan a b'],
])('what only resembles an entry is let through: %s', (_what, entry, prompt) => {
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

/** Entries of random kinds of words that all fit the same prompt, up to their last word. */
function similar(pieces: readonly string[], words: number, last: (index: number) => string): string[] {
  let seed = 7;
  const next = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return pieces[seed % pieces.length] ?? '';
  };
  return Array.from({ length: mostEntries }, (_, index) => Array.from({ length: words }, next).join('') + last(index));
}

const hostile: readonly [what: string, entries: readonly string[], prompt: string][] = [
  ['one word again and again', similar(['a '], 30, String), 'a '.repeat(1_000)],
  ['open words', similar(['*aa* '], 15, String), 'aaaa '.repeat(400)],
  [
    'open words of all kinds',
    similar(['aa* ', '*aa ', '*aa* ', 'aa '], 18, (index) => `zz${index}`),
    'aa '.repeat(666),
  ],
  [
    'many short pieces',
    similar(['*ab* ', '*bc* ', '*ca* ', '*aa* '], 18, (index) => `${index}`),
    'aabcabcab '.repeat(200),
  ],
  [
    'one long word',
    similar(['aaaaaaaaa'], 10, (index) => `*b${index}`).map((entry) => entry.slice(0, 90)),
    'a'.repeat(2_000),
  ],
  [
    'pieces of one long word',
    Array.from({ length: mostEntries }, (_, index) => `*${'a'.repeat(2 + (index % 95))}* b${index}`),
    'a'.repeat(2_000),
  ],
  [
    'a script without spaces',
    similar(['アパート'], 7, (index) => `ア${String.fromCharCode(0x4e00 + index)}`),
    'アパート'.repeat(500),
  ],
];

test.each(hostile)('a full list takes no time: %s', (_what, entries, prompt) => {
  const began = performance.now();
  const find = compileBlocklist(entries);
  expect(performance.now() - began, 'once for each version of a list').toBeLessThan(250);
  // The best of several, because other tests share the machine.
  const times = Array.from({ length: 7 }, () => {
    const before = performance.now();
    find(prompt);
    return performance.now() - before;
  });
  expect(Math.min(...times)).toBeLessThan(10);
});

test('a list of any entries finds what its entries find one by one', () => {
  // Single letters are put together, which is another matter.
  const word = fc.stringMatching(/^[abc]{2,4}$/);
  const open = fc.tuple(fc.constantFrom('', '*'), word, fc.constantFrom('', '*')).map((parts) => parts.join(''));
  const entry = fc.array(open, { minLength: 1, maxLength: 4 }).map((words) => words.join(' '));
  /** As slowly and plainly as can be. */
  const fits = (one: string, prompt: string) => {
    const pattern = one.split(' ').map((part) => part.replace(/^\*/, '[abc]*').replace(/\*$/, '[abc]*'));
    return new RegExp(`(?<![abc])${pattern.join('[^abc]+')}(?![abc])`).test(prompt);
  };
  const prompt = fc.array(word, { maxLength: 12 }).map((words) => words.join(', '));
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 40 }), prompt, (entries, text) => {
      const found = compileBlocklist(entries)(text);
      expect(found !== undefined).toBe(entries.some((one) => fits(one, text)));
      if (found !== undefined) expect(fits(found, text)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('a very long phrase counts as meant by its first 32 words', () => {
  const long = Array.from({ length: 40 }, (_, index) => `w${index}`);
  const find = compileBlocklist([long.join(' ')]);
  expect(find(long.slice(0, 32).join(' '))).toBeDefined();
  expect(find(long.slice(0, 31).join(' '))).toBeUndefined();
});

test('a server’s list is compiled once for each of its versions, and the longest unused are forgotten', () => {
  const compiled: (readonly string[])[] = [];
  const listOf = createServerLists((list) => {
    compiled.push(list);
    return compileBlocklist(list);
  });
  for (let index = 0; index < 5; index += 1) expect(listOf('1', ['one', 'two'])('two')).toBe('two');
  expect(listOf('1', ['one'])('two')).toBeUndefined();
  expect(listOf('2', ['two'])('two')).toBe('two');
  expect(listOf('1', ['one'])('one')).toBe('one');
  expect(compiled).toEqual([['one', 'two'], ['one'], ['two']]);
  for (let index = 0; index < 100; index += 1) listOf(`other ${index}`, ['x']);
  listOf('1', ['one']);
  expect(compiled.at(-1)).toEqual(['one']);
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

  test.each([
    '',
    '   ',
    '*',
    '* *',
    '!!',
    '\u200b',
    'fo*o',
    'foo * bar',
    'foo **',
    'a*',
    '*a*',
    'x'.repeat(101),
    '\ufdfa'.repeat(30),
  ])('refuses %j in words', (text) => {
    expect(() => checkEntry(text)).toThrow(UserError);
  });

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
