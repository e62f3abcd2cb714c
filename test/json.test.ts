// JSON from outside keeps its large numbers, and is otherwise what it always was.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJson } from '../src/json.ts';

test.each([
  ['{"seed":15860307465884635512}', { seed: '15860307465884635512' }],
  ['{"seed": -15860307465884635512}', { seed: '-15860307465884635512' }],
  ['[\n15860307465884635512,9007199254740993]', ['15860307465884635512', '9007199254740993']],
  ['15860307465884635512', '15860307465884635512'],
  ['{"a":9007199254740991,"b":0.12345678901234567,"c":1e30,"d":12345678901234567.5}', undefined],
  ['{"text":"15860307465884635512","in":"a: 15860307465884635512"}', undefined],
])('%s', (text, read = JSON.parse(text)) => {
  expect(readJson(text)).toEqual(read);
});

test('what can be held exactly is read as ever, whatever it is', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      if (!/\d{16}/.test(text)) expect(readJson(text)).toEqual(JSON.parse(text));
    }),
  );
});

test.each(['', '{', 'undefined', '{"seed":15860307465884635512', '<html>'])('%j is none', (text) => {
  expect(readJson(text)).toBeUndefined();
});
