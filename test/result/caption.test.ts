// The words under a result: what they tell, that they fit Discord's limits, and that nothing in them acts up.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { messageLimit } from '../../src/discord/limits.ts';
import type { Delivering } from '../../src/edit/record.ts';
import { caption as captionIn, type Shown } from '../../src/result/caption.ts';
import { en } from '../../src/texts/en/en.ts';
import { shorten } from '../../src/texts/format.ts';
import { delivering } from '../edit/examples.ts';

const one: Shown = { width: 1024, height: 768, shrunkTo: undefined };
const caption = (edit: Delivering, shown: readonly Shown[]) => captionIn(edit, shown, en);
const mention = '<@400000000000000001> ';

/** The small line below the prompt. */
const details = (text: string) => text.slice(text.indexOf('\n') + 1);
/** The quoted prompt. */
const quote = (text: string) => text.slice(0, text.indexOf('\n'));

describe('the small line', () => {
  test('tells who asked, and what made the picture', () => {
    const edit = delivering({ num_inference_steps: 8 }, { seed: 42, seconds: 3.25 });
    expect(caption(edit, [one])).toBe(
      '> make it snow\n-# <@400000000000000001> · AI edit · seed 42 · 1024 × 768 · 8 steps · 3.3 s · about $0.022',
    );
  });

  test('leaves out what is not known', () => {
    const { seed: _seed, ...outcome } = delivering().outcome;
    const edit = { ...delivering(), model: 'somebody/else', outcome };
    expect(details(caption(edit, [one]))).toBe('-# <@400000000000000001> · AI edit · 1024 × 768');
  });

  test('says what it was made of, with a link', () => {
    const parent = { editId: '1', picture: 0, channelId: '300000000000000001', messageId: '7' };
    const link = 'https://discord.com/channels/200000000000000001/300000000000000001/7';
    const edit = { ...delivering({ prompt: 'x'.repeat(2_000) }), parent };
    expect(caption(edit, [one])).toMatch(new RegExp(` · edited from ${link}$`));
    expect(caption(edit, [one]).length).toBeLessThanOrEqual(messageLimit - 24);
    const direct = { ...edit, origin: { ...edit.origin, guildId: undefined } };
    expect(caption(direct, [one])).toContain('https://discord.com/channels/@me/300000000000000001/7');
  });

  test('shows a seed of zero', () => {
    expect(caption(delivering({}, { seed: 0 }), [one])).toContain('seed 0 ·');
  });

  test('shows every digit of a seed', () => {
    expect(caption(delivering({}, { seed: '15860307465884635512' }), [one])).toContain('seed 15860307465884635512 ·');
  });

  test.each([
    // Megapixels are of 1024 × 1024 and rounded up, each input and each output by itself.
    [1, [[1024, 1024]], 'about $0.022'],
    [1, [[256, 256]], 'about $0.022'],
    [1, [[1024, 1025]], 'about $0.033'],
    [
      3,
      [
        [2000, 1000],
        [2000, 1000],
      ],
      'about $0.077',
    ],
    [
      4,
      [
        [512, 512],
        [512, 512],
        [512, 512],
        [512, 512],
      ],
      'about $0.088',
    ],
  ])('counts %d inputs and outputs of %j in the price: %s', (inputs, outputs, cost) => {
    const edit = delivering({ image_urls: Array.from({ length: inputs }, () => 'a'), num_images: outputs.length });
    const shown = outputs.map(([width = 0, height = 0]) => ({ width, height, shrunkTo: undefined }));
    expect(caption(edit, shown)).toContain(cost);
  });

  test('counts a picture as it was made, not as it was compressed to fit', () => {
    const shrunk = { width: 700, height: 700, original: { width: 2048, height: 2048 }, shrunkTo: 'JPEG' };
    const text = caption(delivering(), [shrunk]);
    expect(text).toContain('700 × 700');
    expect(text).toContain('about $0.055');
  });

  test('tells what the run itself says that it cost, also for a model whose price is unknown', () => {
    expect(details(caption(delivering({}, { cost: 0.022 }), [one]))).toMatch(/ · \$0\.022$/);
    const other = { ...delivering({}, { cost: 0.1234 }), model: 'somebody/else' };
    expect(details(caption(other, [one]))).toMatch(/ · \$0\.1234$/);
  });

  test('says when some of the pictures did not come', () => {
    expect(caption(delivering({ num_images: 4 }, { partial: true }), [one, one])).toContain('2 of 4 pictures');
    expect(caption(delivering({ num_images: 2 }), [one, one])).not.toContain('pictures');
  });

  test('says once what the pictures were compressed to', () => {
    const shrunk = (shrunkTo: string) => ({ ...one, shrunkTo });
    const text = caption(delivering({ num_images: 3 }), [shrunk('WEBP'), shrunk('WEBP'), shrunk('JPEG')]);
    expect(text.match(/compressed to WEBP/g)).toHaveLength(1);
    expect(text.match(/compressed to JPEG/g)).toHaveLength(1);
    expect(caption(delivering(), [one])).not.toContain('compressed');
  });
});

describe('the prompt', () => {
  test.each([
    [
      '**bold** _it_ ~~no~~ `code` ||spoiler||',
      '\\*\\*bold\\*\\* \\_it\\_ \\~\\~no\\~\\~ \\`code\\` \\|\\|spoiler\\|\\|',
    ],
    ['@everyone <@123> <@&5> <#6>', '\\@everyone \\<\\@123\\> \\<\\@&5\\> \\<#6\\>'],
    ['[free](https://evil.example)', '\\[free\\](https://evil.example)'],
    ['# loud', '\\# loud'],
    ['-# small', '\\-# small'],
    ['> quote', '\\> quote'],
    ['C:\\new', 'C:\\\\new'],
    ['one\n\n# two\r\n- three\u2028four', 'one # two - three four'],
  ])('%j shows as it was typed', (prompt, shown) => {
    expect(quote(caption(delivering({ prompt }), [one]))).toBe(`> ${shown}`);
  });

  test('is cut with an ellipsis when it does not fit', () => {
    const text = caption(delivering({ prompt: '*'.repeat(2000) }), [one]);
    expect(quote(text).endsWith('…')).toBe(true);
    expect(mention.length + text.length).toBeLessThanOrEqual(messageLimit);
    expect(text.length).toBeGreaterThan(1900);
  });

  test('is whole when it fits', () => {
    const prompt = 'snow '.repeat(370).trim();
    expect(quote(caption(delivering({ prompt }), [one]))).toBe(`> ${prompt}`);
  });

  test('is never cut inside a character', () => {
    for (const shift of ['', 'x']) {
      const text = caption(delivering({ prompt: shift + '🎨'.repeat(1000) }), [one]);
      expect(text.isWellFormed()).toBe(true);
      expect(text).toContain('🎨…');
    }
  });
});

test('whatever was typed, the text is two lines within the limit, with room for a mention', () => {
  const shown = fc.record({
    width: fc.integer({ min: 1, max: 20_000 }),
    height: fc.integer({ min: 1, max: 20_000 }),
    shrunkTo: fc.constantFrom(undefined, 'WEBP', 'JPEG'),
  });
  const prompts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 2_000, size: 'max' }),
    fc.string({ unit: fc.constantFrom('@', '*', '\\', '🎨', '\n', '<'), maxLength: 2_000, size: 'max' }),
  );
  fc.assert(
    fc.property(prompts, fc.array(shown, { maxLength: 10 }), fc.integer(), (prompt, pictures, seed) => {
      const text = caption(delivering({ prompt, num_images: 10 }, { seed, seconds: 86_400.123 }), pictures);
      expect(mention.length + text.length).toBeLessThanOrEqual(messageLimit);
      expect(text.split('\n')).toHaveLength(2);
      expect(text.startsWith('> ')).toBe(true);
      // No mention stands unescaped in what was typed.
      expect(quote(text).slice(2)).not.toMatch(/(?<!\\)(?:\\\\)*[@<]/);
    }),
    { numRuns: 300 },
  );
});

test('shortening keeps what fits, and never more than the limit', () => {
  expect(shorten('abc', 3)).toBe('abc');
  expect(shorten('abcd', 3)).toBe('ab…');
  expect(shorten('🎨🎨', 3)).toBe('🎨…');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 20 }), (text, limit) => {
      const short = shorten(text, limit);
      expect(short.length).toBeLessThanOrEqual(limit);
      expect(short === text || short.endsWith('…')).toBe(true);
    }),
  );
});
