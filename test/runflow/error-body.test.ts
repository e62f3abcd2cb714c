// What is read from the bodies of Runflow's refusals: every known shape, odd ones, and endless ones.
import { expect, test } from 'vitest';
import { readErrorBody } from '../../src/runflow/error-body.ts';

test.each<[string, unknown, string, string]>([
  ['nothing', undefined, '', ''],
  ['text', 'no', '', ''],
  ['code and message', { code: 'NO', message: 'not so', errors: null }, 'NO', 'not so'],
  ['a wrapped error', { error: { code: 'NO', message: 'not so' } }, 'NO', 'not so'],
  ['an error in words', { error: 'not so' }, '', 'not so'],
  ['fields', { message: 'no', errors: [{ field: 'seed', message: 'too big' }] }, '', 'no (seed: too big)'],
  ['fields inside', { error: { message: 'no', errors: [{ field: 'a', message: 'b' }] } }, '', 'no (a: b)'],
  ['errors in words', { errors: ['one', 'two'] }, '', '(one; two)'],
  ['a detail', { detail: [{ loc: ['body', 'input', 0], msg: 'wrong' }] }, '', '(body.input.0: wrong)'],
  ['a detail in words', { detail: 'Not authenticated' }, '', '(Not authenticated)'],
  ['both', { message: 'no', errors: [{ field: 'a' }], detail: [{ msg: 'b' }] }, '', 'no (a; b)'],
  ['other types', { code: 7, message: {}, errors: [3, null, {}], detail: false }, '', ''],
])('%s', (_what, body, code, message) => {
  expect(readErrorBody(body)).toEqual({ code, message });
});

test('what is long is shortened', () => {
  const errors = Array.from({ length: 1_000 }, (_, index) => ({ field: `f${index}`, message: 'x'.repeat(5_000) }));
  const { message } = readErrorBody({ message: 'y'.repeat(5_000), errors });
  expect(message.length).toBeLessThanOrEqual(1_200);
  expect(readErrorBody({ errors }).message).toMatch(/f0: x{100,}….*f4: .*; 995 more\)$/);
});
