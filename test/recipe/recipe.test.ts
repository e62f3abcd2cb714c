// Recipes: what is written is read, and a code that was changed in any place, cut or made by somebody else is refused.
import { crc32, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { promptLimit, sizeNames } from '../../src/models/model.ts';
import { longestRecipe, type Recipe, readRecipe, writeRecipe } from '../../src/recipe/recipe.ts';
import { klein } from '../edit/examples.ts';

const recipes: fc.Arbitrary<Recipe> = fc
  .record(
    {
      model: fc.constantFrom(klein, 'somebody/else'),
      prompt: fc.string({ minLength: 1, maxLength: promptLimit, unit: 'binary' }),
      seed: fc.maxSafeInteger(),
      steps: fc.integer({ min: 1, max: 50 }),
      size: fc.constantFrom(...sizeNames),
      format: fc.constantFrom('png', 'jpeg', 'webp'),
    },
    { requiredKeys: ['model', 'prompt'] },
  )
  .filter(({ prompt }) => prompt.length <= promptLimit && prompt.isWellFormed());

const broken = 'no recipe of mine';

/** A code with a right checksum around anything. */
function sealed(version: number, text: string): string {
  const body = Buffer.concat([Buffer.from([version]), deflateRawSync(text)]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([body, sum]).toString('base64url');
}

describe('a recipe', () => {
  it('is read as it was written, with spaces and backticks around it', () => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        const code = writeRecipe(recipe);
        expect(code).toMatch(/^[\w-]+$/);
        expect(readRecipe(code)).toEqual(recipe);
        expect(readRecipe(` \`${code.slice(0, 5)}\n${code.slice(5)}\` `)).toEqual(recipe);
      }),
    );
  });

  it('is refused when any one letter of it is another, missing or too many', () => {
    const letter = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');
    fc.assert(
      fc.property(recipes, fc.nat(), letter, (recipe, at, other) => {
        const code = writeRecipe(recipe);
        const place = at % code.length;
        const rest = code.slice(place + 1);
        if (other !== code[place]) expect(() => readRecipe(`${code.slice(0, place)}${other}${rest}`)).toThrow(broken);
        expect(() => readRecipe(code.slice(0, place))).toThrow(broken);
        expect(() => readRecipe(`${code}${other}`)).toThrow(broken);
      }),
    );
  });

  it('is refused when it is anything else', () => {
    fc.assert(fc.property(fc.string(), (text) => void expect(() => readRecipe(text)).toThrow(broken)));
    expect(() => readRecipe('https://example.com/recipe')).toThrow(broken);
  });

  it.each([
    ['a newer version', sealed(2, '[]'), 'another version'],
    ['no list', sealed(1, '{"prompt":"x"}'), broken],
    ['a setting that nobody offers', sealed(1, JSON.stringify([klein, 'x', null, null, 'gigantic', null])), broken],
    [
      'a prompt that is too long',
      sealed(1, JSON.stringify([klein, 'x'.repeat(2_001), null, null, null, null])),
      broken,
    ],
    ['a seed that is none', sealed(1, JSON.stringify([klein, 'x', 1.5, null, null, null])), broken],
    ['a bomb', sealed(1, `["${'x'.repeat(10_000_000)}"]`), broken],
  ])('is refused when it holds %s under a right checksum', (_what, code, said) => {
    expect(() => readRecipe(code)).toThrow(said);
  });

  it('of the longest prompt fits into an option, and of a usual one into a line', () => {
    const random = fc.sample(fc.string({ minLength: promptLimit, maxLength: promptLimit, unit: 'grapheme-ascii' }), 1);
    const longest = {
      model: klein,
      prompt: random[0] ?? '',
      seed: 1,
      steps: 8,
      size: 'square',
      format: 'webp',
    } as const;
    expect(writeRecipe(longest).length).toBeLessThanOrEqual(longestRecipe);
    expect(writeRecipe({ ...longest, prompt: 'turn the sky into a sunset' }).length).toBeLessThan(200);
  });
});
