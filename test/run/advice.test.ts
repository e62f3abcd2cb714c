// Which prompts hold a slip, and that ordinary ones are left alone.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { adviseOn, correct } from '../../src/run/advice.ts';
import { bad, corrections, good } from './prompts.ts';

const kinds = (pictures: number, prompt: string) => adviseOn(prompt, pictures).map(({ kind }) => kind);

test('there are forty of each', () => {
  expect(good.length).toBeGreaterThanOrEqual(40);
  expect(Object.values(bad).flat().length).toBeGreaterThanOrEqual(40);
});

test.each(good)('with %i pictures, nobody is asked about "%s"', (pictures, prompt) => {
  expect(kinds(pictures, prompt)).toEqual([]);
});

describe.each(Object.entries(bad))('%s', (kind, prompts) => {
  test.each(prompts)('with %i pictures: %s', (pictures, prompt) => {
    expect(kinds(pictures, prompt)).toEqual([kind]);
  });
});

test.each(corrections)('with %i pictures, "%s" is corrected to "%s"', (pictures, prompt, corrected) => {
  expect(correct(prompt, pictures)).toBe(corrected);
  if (corrected !== undefined) expect(correct(corrected, pictures)).toBeUndefined();
});

test('any text is read in no time, and a corrected one is not corrected again for ever', () => {
  const words = fc.constantFrom(
    'no',
    'without',
    'a',
    'the',
    '#',
    '#ff',
    'image 3',
    '"',
    ',',
    'picture',
    '\u202e',
    'x',
    '.',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ maxLength: 2_000 }),
        fc.array(words, { maxLength: 400 }).map((all) => all.join(' ')),
      ),
      (prompt) => {
        const began = performance.now();
        correct(prompt, 2);
        return performance.now() - began < 500;
      },
    ),
  );
});
