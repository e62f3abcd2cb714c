// Pictures inside Runflow's answers: the JSON comes out as it was, but for them, wherever the body is cut in pieces; and
// what is kept of them is opened, read again where it is not there, and dropped.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createInlinePictures, readAnswer, referInline } from '../../src/runflow/inline.ts';
import { type Outcome, readRun } from '../../src/runflow/run.ts';
import type { Space } from '../../src/store/store.ts';

const picture = (bytes: number) => `data:image/png;base64,${Buffer.alloc(bytes, 'picture').toString('base64')}`;

async function* cut(text: string, sizes: readonly number[]): AsyncGenerator<Buffer> {
  const whole = Buffer.from(text);
  let at = 0;
  for (let turn = 0; at < whole.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield whole.subarray(at, at + size);
    at += size;
  }
}

/** Puts the pictures back into their places. */
function restore(text: string, pictures: readonly string[]): unknown {
  return JSON.parse(text, (_key, value) => {
    const place = typeof value === 'string' ? /^inline:(\d+)$/.exec(value)?.[1] : undefined;
    return place === undefined ? value : pictures[Number(place)];
  });
}

const texts = fc.oneof(
  fc.string(),
  fc.constantFrom('data:', 'a "data: quoted', '\\', '\\"data:x', 'data:image/png;base64,AAAA', 'inline', '"', 'ü🎨'),
  fc.integer({ min: 3_000, max: 9_000 }).map(picture),
);

describe('an answer', () => {
  test('is the same JSON with its pictures put back, in pieces of all sizes', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.dictionary(texts, texts, { maxKeys: 4 }), { maxLength: 4 }),
        sizes,
        async (json, cuts) => {
          // A name of a field is no place for a picture.
          const named = json.map((one) =>
            Object.fromEntries(Object.entries(one).map(([, value], index) => [`k${index}`, value])),
          );
          const { text, pictures } = await readAnswer(cut(JSON.stringify(named), cuts), true);
          expect(restore(text, pictures)).toEqual(named);
          expect(text).not.toMatch(/data:[^"]{4096}/);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('of any length takes no memory for pictures that nobody wants', async () => {
    const big = picture(2 ** 20);
    async function* endless() {
      yield Buffer.from('{"items":[');
      for (let count = 0; count < 300; count += 1) yield* cut(`${count === 0 ? '' : ','}{"url":"${big}"}`, [65_536]);
      yield Buffer.from(']}');
    }
    const { text, pictures } = await readAnswer(endless(), false);
    expect(text.length).toBeLessThan(10_000);
    expect(pictures.every((one) => one === '')).toBe(true);
    expect(JSON.parse(text).items).toHaveLength(300);
  });

  test('may spell base64 with escapes, and may be cut off', async () => {
    const uri = `data:image/png;base64,${'+/'.repeat(4_000)}`;
    const spelt = JSON.stringify({ uri }).replaceAll('/', '\\/').replaceAll('+', '\\u002b');
    expect((await readAnswer(cut(spelt, [1_000]), true)).pictures).toEqual([uri]);
    const { text } = await readAnswer(cut(spelt.slice(0, 9_000), [1_000]), true);
    expect(() => JSON.parse(text)).toThrow();
  });
});

describe('a picture', () => {
  const outcome = (...urls: string[]): Outcome => ({
    kind: 'succeeded',
    outputs: urls.map((url) => ({ url })),
    partial: false,
    nsfw: false,
  });

  function kept() {
    const entries = new Map<string, string>();
    const space: Space<string> = {
      get: async (key) => entries.get(key),
      set: async (key, value) => void entries.set(key, value),
      delete: async (key) => void entries.delete(key),
    };
    return { entries, inline: createInlinePictures(space) };
  }

  const open = async (url: string) => ({
    size: url.length,
    begin: async () => {},
    pieces: async () => [Buffer.from(url)],
    whole: async () => Buffer.from(url),
  });
  const { signal } = new AbortController();

  test('is referred to by its run and its number', async () => {
    const json = {
      id: 'run-1',
      status_code: 'succeeded',
      output: { outputs: [{ url: 'https://x/1' }, { url: 'inline:7' }], nsfw_detected: false },
    };
    const read = readRun(json);
    if (!read) throw new Error('no run');
    const { run, places } = referInline(read);
    expect(run.outcome).toMatchObject({ outputs: [{ url: 'https://x/1' }, { url: 'inline:run-1/1' }] });
    expect(places).toEqual([{ index: 1, place: 7 }]);
  });

  test('is kept for an outcome, opened, dropped, and then read from its run, if that has it', async () => {
    const { entries, inline } = kept();
    const after = await inline.keepOutcome('run-1', outcome(picture(9), 'https://x/2'));
    expect(after).toMatchObject({ outputs: [{ url: 'inline:run-1/0' }, { url: 'https://x/2' }] });
    const asked: string[] = [];
    const again = async (runId: string, index: number) => {
      asked.push(`${runId} ${index}`);
      return asked.length === 1 ? picture(10) : undefined;
    };
    const opener = inline.opener(open, again);
    const bytes = async (url: string) => (await (await opener.open(url, signal)).whole()).toString();
    expect(await bytes('inline:run-1/0')).toBe(picture(9));
    expect(await bytes('https://x/2')).toBe('https://x/2');
    expect(asked).toEqual([]);
    await inline.drop(after);
    expect(entries.size).toBe(0);
    expect(await bytes('inline:run-1/0')).toBe(picture(10));
    await expect(bytes('inline:run-1/0')).rejects.toMatchObject({ kind: 'expired' });
  });
});
