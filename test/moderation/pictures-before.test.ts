// What is remembered of decided pictures, over a real store: by server, as long as the verdict stands, so many cases.
import { describe, expect, test } from 'vitest';
import type { VerdictKind } from '../../src/audit/audit.ts';
import type { Edit } from '../../src/edit/record.ts';
import { openReview, type Verdict } from '../../src/edit/review-record.ts';
import { createPicturesBefore } from '../../src/moderation/pictures-before.ts';
import { accepted, settled, success } from '../edit/examples.ts';
import { openStore } from '../store/stores.ts';

/** A print of pictures that have nothing in common with those of other numbers. */
const printOf = (seed: number): string => {
  let state = seed + 1;
  const word = () => {
    state = (Math.imul(state ^ (state >>> 16), 0x45d9f3b) + 0x9e3779b9) >>> 0;
    return state.toString(16).padStart(8, '0');
  };
  const hash = () => (BigInt(`0x${word()}${word()}`) >> 1n).toString(16).padStart(16, '0');
  return hash() + hash();
};

/** The same with so many bits of the picture's own hash turned. */
function turned(print: string, bits: number): string {
  let hash = BigInt(`0x${print.slice(0, 16)}`);
  for (let bit = 0; bit < bits; bit += 1) hash ^= 1n << BigInt(bit * 4);
  return hash.toString(16).padStart(16, '0') + print.slice(16);
}

const verdict = (kind: VerdictKind, by = 'vera', at = 5): Verdict => ({ kind, by, at, reason: undefined });

function held(id: string, result: string, decided?: Verdict, more: { guildId?: string; source?: string } = {}): Edit {
  const { origin } = accepted();
  const prints = { results: [result], ...(more.source === undefined ? {} : { source: more.source }) };
  const edit = { ...settled(success()), id, origin: { ...origin, guildId: more.guildId ?? '1' } };
  return { ...edit, review: { ...openReview('held', true, 1), prints, verdict: decided } };
}

function setUp(most?: number) {
  return createPicturesBefore(openStore().store, most);
}

describe('an alike picture', () => {
  test('is known with its verdicts, the latest last, in that server alone', async () => {
    const before = setUp();
    const print = printOf(1);
    await before.note(held('a', print, verdict('rejected', 'vera', 5)));
    await before.note(held('b', turned(print, 4), verdict('approved', 'otto', 9)));
    await before.note(held('c', printOf(2), verdict('rejected')));
    const expected = { shown: 1, rejected: 1, last: verdict('approved', 'otto', 9) };
    expect(await before.find(held('d', turned(print, 8)))).toEqual({ results: expected, sources: undefined });
    expect(await before.find(held('d', turned(print, 8), undefined, { guildId: '2' }))).toBeUndefined();
    expect(await before.find(held('d', printOf(3)))).toBeUndefined();
  });

  test('is found as a mirror image, and by what it was made of', async () => {
    const before = setUp();
    const print = printOf(1);
    const mirror = print.slice(16) + print.slice(0, 16);
    await before.note(held('a', print, verdict('rejected'), { source: printOf(7) }));
    expect((await before.find(held('b', mirror)))?.results?.rejected).toBe(1);
    const made = await before.find(held('c', printOf(4), undefined, { source: printOf(7) }));
    expect(made).toEqual({ results: undefined, sources: { shown: 0, rejected: 1, last: verdict('rejected') } });
    // What the result says already is not said twice.
    expect((await before.find(held('d', print, undefined, { source: printOf(7) })))?.sources).toBeUndefined();
  });

  test('counts once, as its verdict stands now, and never about itself', async () => {
    const before = setUp();
    const print = printOf(1);
    await before.note(held('a', print, verdict('rejected')));
    await before.note(held('a', print, verdict('rejected')));
    expect((await before.find(held('b', print)))?.results?.rejected).toBe(1);
    expect(await before.find(held('a', print))).toBeUndefined();
    await before.note(held('a', print));
    expect(await before.find(held('b', print))).toBeUndefined();
    await before.note(held('a', print, verdict('approved', 'otto', 8)));
    expect((await before.find(held('b', print)))?.results).toMatchObject({ shown: 1, rejected: 0 });
  });

  test('is not known where nobody decided, or where nothing is known of its looks', async () => {
    const before = setUp();
    await before.note(held('a', printOf(1), verdict('expired', 'bot')));
    await before.note(settled(success()));
    expect(await before.find(held('b', printOf(1)))).toBeUndefined();
    expect(await before.find(settled(success()))).toBeUndefined();
  });
});

test('the oldest gives way to the newest', async () => {
  const before = setUp(3);
  for (let at = 0; at < 5; at += 1) await before.note(held(`${at}`, printOf(at), verdict('rejected', 'vera', at)));
  const known = await Promise.all([0, 1, 2, 3, 4].map((at) => before.find(held('new', printOf(at)))));
  expect(known.map((found) => found !== undefined)).toEqual([false, false, true, true, true]);
});

test('notes of two processes at once keep both', async () => {
  const { store, another } = openStore();
  const [one, other] = [createPicturesBefore(store), createPicturesBefore(another())];
  const print = printOf(1);
  const edits = Array.from({ length: 8 }, (_, at) => held(`${at}`, print, verdict('rejected')));
  await Promise.all(edits.map((edit, at) => (at % 2 ? one : other).note(edit)));
  expect((await one.find(held('new', print)))?.results?.rejected).toBe(8);
});

test('a look among hundreds of cases reads lists, not cases', async () => {
  const { store } = openStore();
  const before = createPicturesBefore(store);
  for (let at = 0; at < 300; at += 1) await before.note(held(`${at}`, printOf(at), verdict('rejected')));
  let reads = 0;
  const counted = createPicturesBefore({
    ...store,
    table: (name, read, otherwise) => {
      const table = store.table(name, read, otherwise);
      return {
        ...table,
        get: (key) => {
          reads += 1;
          return table.get(key);
        },
      };
    },
  });
  expect((await counted.find(held('new', turned(printOf(5), 3))))?.results?.rejected).toBe(1);
  expect(reads).toBeLessThanOrEqual(2);
});
