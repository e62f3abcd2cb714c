// From a wish to the model's input: every option where it belongs, every refusal in its words, and nothing in between.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { messageLimit } from '../../src/discord/limits.ts';
import { urlExpiry } from '../../src/discord/signed-urls.ts';
import { UserError } from '../../src/errors.ts';
import { type Model, type Picture, sizeNames, type Wish } from '../../src/models/model.ts';
import { findModel } from '../../src/models/models.ts';
import { checkRequest, repeatRequest } from '../../src/run/request.ts';
import type { RunInput } from '../../src/runflow/input.ts';
import type { Place } from '../../src/settings/rights.ts';
import { en } from '../../src/texts/en/en.ts';
import { klein } from '../edit/examples.ts';

const model = findModel(klein);
const refusals = en.run;
const mebi = 2 ** 20;

function picture(changes: Partial<Picture> = {}): Picture {
  return {
    url: 'https://cdn.discordapp.com/attachments/1/2/cat.png',
    name: 'cat.png',
    contentType: 'image/png',
    bytes: 1_000_000,
    width: 1200,
    height: 800,
    spoiler: false,
    ...changes,
  };
}

function wish(changes: Partial<Wish> = {}): Wish {
  return { pictures: [picture()], prompt: 'make it snow', ...changes };
}

const allAllowed = { view: true, send: true, sendInThreads: true, attach: true, history: true };

function place(changes: Partial<Place> = {}): Place {
  return { ageRestricted: false, moderator: false, thread: false, permissions: allAllowed, ...changes };
}

/** The words that a wish is refused with; undefined when it is not. */
function refusal(wanted: Wish, where: Place = place(), limits: Model = model): string | undefined {
  try {
    checkRequest(wanted, where, limits);
    return undefined;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.message;
  }
}

describe('an option', () => {
  test('that was not given is not sent', () => {
    expect(checkRequest(wish(), place(), model)).toStrictEqual({
      prompt: 'make it snow',
      image_urls: ['https://cdn.discordapp.com/attachments/1/2/cat.png'],
    });
  });

  test('that was given goes where the model expects it', () => {
    const all = wish({ seed: 7, steps: 8, size: 'square_hd', count: 4, format: 'webp', safety: true });
    expect(checkRequest(all, place(), model)).toStrictEqual({
      prompt: 'make it snow',
      image_urls: ['https://cdn.discordapp.com/attachments/1/2/cat.png'],
      seed: 7,
      num_inference_steps: 8,
      image_size: 'square_hd',
      num_images: 4,
      output_format: 'webp',
      enable_safety_checker: true,
    });
  });

  test('of zero is one that was given', () => {
    expect(checkRequest(wish({ seed: 0 }), place(), model)).toMatchObject({ seed: 0 });
    expect(checkRequest(wish({ seed: -5 }), place(), model)).toMatchObject({ seed: -5 });
  });
});

test('pictures keep their order', () => {
  const pictures = ['a', 'b', 'c', 'd'].map((name) => picture({ url: `https://cdn.discordapp.com/${name}` }));
  expect(
    checkRequest(wish({ pictures }), place(), model)
      .image_urls.map((url) => url.at(-1))
      .join(''),
  ).toBe('abcd');
});

describe('a prompt', () => {
  test('loses the space around it and nothing else', () => {
    const prompt = '\n  <b>@everyone</b> "snow"  \\ `code`\u0000 ';
    expect(checkRequest(wish({ prompt }), place(), model).prompt).toBe('<b>@everyone</b> "snow"  \\ `code`\u0000');
  });

  test.each(['', '   ', '\n\t\u00a0\u3000'])('of nothing but space is refused: %j', (prompt) => {
    expect(refusal(wish({ prompt }))).toBe(refusals.noPrompt);
  });

  test.each([
    '\u200b',
    '\u3164',
    '\u2800',
    '\u202e',
    '\u00ad\u034f\u061c\u115f\u1160\u17b4\u180b\u180e\u2060\u2066\u206f\ufe0f\ufeff\uffa0\ufff9\ufffb\ufffc',
    '\u{e0020}\u{e01ef}\u{1d159}\u{1d173}\u{1bca0}\u{13430}\u{13441}\u{16fe4}',
    ' \u200d\u0000\u001b\u0085\u0301\u20e3 ',
    '\ud83d',
    '\ue000\u{10fffd}\uffff',
  ])('without a visible character is empty: %j', (prompt) => {
    expect(refusal(wish({ prompt }))).toBe(refusals.noPrompt);
  });

  test.each([
    'x',
    '?',
    '雪',
    'ا',
    '\u200f\u0634\u200f',
    '☃',
    '👩\u200d🚀',
    '🇫🇷',
    '\u200b1\u200b',
    'e\u0301',
    '\u17d2\u1780',
  ])('with a visible character is taken: %j', (prompt) => expect(refusal(wish({ prompt }))).toBeUndefined());

  test('may have 2000 characters and not one more', () => {
    expect(refusal(wish({ prompt: 'x'.repeat(2000) }))).toBeUndefined();
    expect(refusal(wish({ prompt: ` ${'x'.repeat(2000)} ` }))).toBeUndefined();
    expect(refusal(wish({ prompt: 'x'.repeat(2001) }))).toBe(
      'That prompt is too long: it has 2001 characters, and at most 2000 fit.',
    );
    expect(refusal(wish({ prompt: 'x'.repeat(10_000_000) }))).toBe(refusals.promptLength(10_000_000, 2000));
  });
});

describe('a picture', () => {
  test.each([
    'image/png',
    'image/jpeg',
    'image/webp',
    'image/jpg',
    'image/pjpeg',
    'image/x-png',
    'IMAGE/PNG',
    'image/png; charset=binary',
  ])('of type %s is taken, whatever its name', (contentType) => {
    expect(refusal(wish({ pictures: [picture({ contentType, name: 'odd.bin' })] }))).toBeUndefined();
  });

  const silent = [null, '', 'application/octet-stream', 'binary/octet-stream', 'image/*', 'image', ';image/png'];

  test.each(silent)(
    'of type %s is judged by its name, or by its width where that says nothing either',
    (contentType) => {
      for (const name of ['cat.png', 'cat.JPG', 'cat.jpeg', 'cat.jfif', 'SPOILER_cat.webp', 'cat']) {
        expect(refusal(wish({ pictures: [picture({ contentType, name })] }))).toBeUndefined();
      }
      for (const name of ['cat.svg', 'cat.jxl', 'cat.mp4', 'cat.png.txt', 'cat.bin']) {
        expect(refusal(wish({ pictures: [picture({ contentType, name })] }))).toBe(refusals.pictureType(name));
      }
      expect(refusal(wish({ pictures: [picture({ contentType, name: 'cat', width: null, height: null })] }))).toBe(
        refusals.pictureType('cat'),
      );
    },
  );

  test.each(['image/jxl', 'image/svg+xml', 'image/pngx', 'text/html', 'video/mp4'])(
    'of type %s is refused by its name',
    (contentType) => {
      const pictures = [picture(), picture({ contentType, name: 'odd.png' })];
      expect(refusal(wish({ pictures }))).toBe(refusals.pictureType('odd.png'));
    },
  );

  test('of no bytes is refused', () => {
    expect(refusal(wish({ pictures: [picture({ bytes: 0 })] }))).toBe(refusals.pictureEmpty('cat.png'));
    expect(refusal(wish({ pictures: [picture({ bytes: 1 })] }))).toBeUndefined();
  });

  test.each([
    [null, null],
    [1200, null],
    [null, 800],
    [0, 0],
  ])('in which Discord finds none is refused: %s × %s', (width, height) => {
    expect(refusal(wish({ pictures: [picture({ width, height })] }))).toBe(refusals.pictureDamaged('cat.png'));
  });

  test('may have 20 MiB and not a byte more', () => {
    const limit = 20 * 2 ** 20;
    expect(refusal(wish({ pictures: [picture({ bytes: limit })] }))).toBeUndefined();
    expect(refusal(wish({ pictures: [picture({ bytes: limit + 1 })] }))).toBe(
      refusals.pictureBytes('cat.png', limit + 1, 20 * mebi),
    );
  });

  test('may have 40 megapixels and not one row more', () => {
    expect(refusal(wish({ pictures: [picture({ width: 8000, height: 5000 })] }))).toBeUndefined();
    const large = picture({ width: 8000, height: 5001 });
    expect(refusal(wish({ pictures: [large] }))).toBe(refusals.pictureMegapixels('cat.png', 8000, 5001, 40));
  });

  test('has to be there, and no more of them than the model takes', () => {
    expect(refusal(wish({ pictures: [] }))).toBe(refusals.noPicture);
    expect(refusal(wish({ pictures: Array.from({ length: 4 }, () => picture()) }))).toBeUndefined();
    expect(refusal(wish({ pictures: Array.from({ length: 5 }, () => picture()) }))).toBe(refusals.pictures(5, 4));
  });

  test('with a hostile name is refused in a message that pings nobody and fits', () => {
    const name = `@everyone <@&1> **x** ${'_'.repeat(5_000)}.svg`;
    const words = refusal(wish({ pictures: [picture({ name, contentType: 'image/svg+xml' })] })) ?? '';
    expect(words).toContain('\\@everyone \\<\\@&1\\> \\*\\*x\\*\\*');
    expect(words.length).toBeLessThan(500);
  });
});

const outside = [Number.NaN, Number.POSITIVE_INFINITY, 1.5, 2 ** 53, -(2 ** 53)];

test.each([3, 9, 0, -4, ...outside])('%d steps are refused', (steps) => {
  expect(refusal(wish({ steps }))).toBe(refusals.range('steps', steps, 4, 8));
});

test.each([0, 5, -1, ...outside])('a count of %d is refused', (count) => {
  expect(refusal(wish({ count }))).toBe(refusals.range('count', count, 1, 4));
});

test.each(outside)('a seed of %d is refused', (seed) => {
  expect(refusal(wish({ seed }))).toBe(refusals.range('seed', seed, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER));
});

describe('switching the safety check off', () => {
  test.each([
    [false, false],
    [true, false],
    [false, true],
  ])('is refused when age-restricted is %s and moderator is %s', (ageRestricted, moderator) => {
    expect(refusal(wish({ safety: false }), place({ ageRestricted, moderator }))).toBe(refusals.safety);
  });

  test('is for moderators in age-restricted channels', () => {
    const there = place({ ageRestricted: true, moderator: true });
    expect(checkRequest(wish({ safety: false }), there, model)).toMatchObject({ enable_safety_checker: false });
  });

  test('is not what leaving it out or on means', () => {
    expect(refusal(wish({ safety: true }))).toBeUndefined();
    expect(checkRequest(wish(), place(), model)).not.toHaveProperty('enable_safety_checker');
  });
});

describe('a place where the bot may not do what it needs', () => {
  const without = (...missing: (keyof typeof allAllowed)[]) => ({
    ...allAllowed,
    ...Object.fromEntries(missing.map((name) => [name, false])),
  });

  test('is refused with the permissions that are missing, by the names that Discord shows', () => {
    expect(refusal(wish(), place({ permissions: without('view', 'send', 'attach') }))).toBe(
      refusals.permissions(['View Channel', 'Send Messages', 'Attach Files']),
    );
    expect(refusal(wish(), place({ permissions: without('attach') }))).toBe(refusals.permissions(['Attach Files']));
  });

  test('is judged by the right to send in threads when it is a thread', () => {
    expect(refusal(wish(), place({ thread: true, permissions: without('send') }))).toBeUndefined();
    expect(refusal(wish(), place({ thread: true, permissions: without('sendInThreads') }))).toBe(
      refusals.permissions(['Send Messages in Threads']),
    );
    expect(refusal(wish(), place({ permissions: without('sendInThreads') }))).toBeUndefined();
  });

  test('cannot be a direct message', () => {
    expect(refusal(wish(), place({ permissions: undefined }))).toBeUndefined();
  });
});

test('a model that is not listed has wide limits', () => {
  const unknown = findModel('somebody/something/else');
  expect(refusal(wish({ steps: 50, count: 4 }), place(), unknown)).toBeUndefined();
  expect(refusal(wish({ steps: 51 }), place(), unknown)).toBe(refusals.range('steps', 51, 1, 50));
});

const odd = fc.oneof(fc.integer({ min: -2, max: 12 }), fc.integer(), fc.double(), fc.constant(undefined));

const side = fc.oneof(
  { weight: 9, arbitrary: fc.nat({ max: 6_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, null, 9_000) },
);

const anyWish: fc.Arbitrary<Wish> = fc.record({
  pictures: fc.array(
    fc.record({
      url: fc.webUrl(),
      name: fc.string({ unit: 'grapheme' }),
      contentType: fc.oneof(
        { weight: 5, arbitrary: fc.constantFrom('image/png', 'image/jpeg', 'image/webp') },
        { weight: 1, arbitrary: fc.oneof(fc.string(), fc.constant(null)) },
      ),
      bytes: fc.oneof({ weight: 5, arbitrary: fc.nat({ max: 10 ** 7 }) }, { weight: 1, arbitrary: fc.nat() }),
      width: side,
      height: side,
      spoiler: fc.boolean(),
    }),
    { maxLength: 5 },
  ),
  prompt: fc.oneof(fc.string({ unit: 'binary' }), fc.string({ maxLength: 2_100, size: 'max' })),
  seed: odd,
  steps: odd,
  size: fc.constantFrom(undefined, ...sizeNames),
  count: odd,
  format: fc.constantFrom(undefined, 'png', 'jpeg', 'webp'),
  safety: fc.constantFrom(undefined, true, false),
});

const anyPlace: fc.Arbitrary<Place> = fc.record({
  ageRestricted: fc.boolean(),
  moderator: fc.boolean(),
  thread: fc.boolean(),
  permissions: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(undefined, allAllowed) },
    {
      weight: 1,
      arbitrary: fc.record({
        view: fc.boolean(),
        send: fc.boolean(),
        sendInThreads: fc.boolean(),
        attach: fc.boolean(),
        history: fc.boolean(),
      }),
    },
  ),
});

test('whatever is wished for, it is refused in words that fit a message or obeys the rules of the model', () => {
  let taken = 0;
  fc.assert(
    fc.property(anyWish, anyPlace, (wanted, where) => {
      const words = refusal(wanted, where);
      if (words !== undefined) {
        expect(words.length).toBeLessThanOrEqual(messageLimit);
        return;
      }
      taken += 1;
      const input = checkRequest(wanted, where, model);
      expect(input.prompt.length).toBeGreaterThan(0);
      expect(input.prompt.length).toBeLessThanOrEqual(2_000);
      expect(input.image_urls.length).toBeGreaterThanOrEqual(1);
      expect(input.image_urls.length).toBeLessThanOrEqual(4);
      if (input.seed !== undefined) expect(Number.isSafeInteger(input.seed)).toBe(true);
      if (input.num_inference_steps !== undefined) expect([4, 5, 6, 7, 8]).toContain(input.num_inference_steps);
      if (input.num_images !== undefined) expect([1, 2, 3, 4]).toContain(input.num_images);
      if (input.enable_safety_checker === false) expect(where.ageRestricted && where.moderator).toBe(true);
      expect(Object.values(input)).not.toContain(undefined);
    }),
    { numRuns: 3_000 },
  );
  expect(taken).toBeGreaterThan(20);
});

describe('asking again', () => {
  const url = (ex: string) => `https://cdn.discordapp.com/a.png?ex=${ex}&is=1&hm=2`;
  const input = { prompt: 'snow', image_urls: [url('65f00000')], seed: 1, num_images: 2 };
  const expiresAt = 0x65f00000 * 1000;
  const again = (earlier: RunInput, where: Place, seed: number) =>
    repeatRequest({ input: earlier }, where, model, seed);

  test('keeps everything but the seed', () => {
    expect(again(input, place(), 99)).toEqual({ ...input, seed: 99 });
  });

  test('is checked against the place and the person of now', () => {
    const unsafe = { ...input, enable_safety_checker: false };
    expect(() => again(unsafe, place({ moderator: true }), 9)).toThrow(refusals.safety);
    expect(again(unsafe, place({ moderator: true, ageRestricted: true }), 9)).toMatchObject({ seed: 9 });
    const mute = place({ permissions: { ...allAllowed, attach: false } });
    expect(() => again(input, mute, 9)).toThrow(refusals.permissions(['Attach Files']));
  });

  test('is checked against the limits of its own model', () => {
    const wide = { ...input, num_inference_steps: 40 };
    const ofModel = (path: string) => () => repeatRequest({ input: wide }, place(), findModel(path), 9);
    expect(ofModel(klein)).toThrow(refusals.range('steps', 40, 4, 8));
    expect(ofModel('somebody/else')()).toEqual({ ...wide, seed: 9 });
    const many = { ...input, num_images: 9 };
    expect(() => again(many, place(), 9)).toThrow(refusals.range('count', 9, 1, 4));
    const crowd = { ...input, image_urls: Array.from({ length: 5 }, (_, index) => `https://a.example/${index}`) };
    expect(() => again(crowd, place(), 9)).toThrow(refusals.pictures(5, 4));
  });

  test('reads the expiry of Discord addresses, and of nothing else', () => {
    expect(urlExpiry(url('65f00000'))).toBe(expiresAt);
    for (const other of [url(''), url('xyz'), url('-1'), url('f'.repeat(13)), 'https://a.example/', 'not a url', '']) {
      expect(urlExpiry(other)).toBeUndefined();
    }
  });
});
