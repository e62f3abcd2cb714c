// What becomes of a result: only a flag withholds it, and a failure says what Runflow said.
import { expect, test } from 'vitest';
import { decideOutcome } from '../../src/edit/policy.ts';
import { settled, success } from './examples.ts';

test('a flagged result is withheld, also when only some of the pictures came', () => {
  expect(decideOutcome(settled(success({ nsfw: true })))).toEqual({ type: 'withheld' });
  expect(decideOutcome(settled(success({ nsfw: true, partial: true })))).toEqual({ type: 'withheld' });
});

test('a cleared result is approved', () => {
  expect(decideOutcome(settled(success({ nsfw: false })))).toEqual({ type: 'approved' });
});

test('a result that was not checked is approved', () => {
  expect(decideOutcome(settled(success({ nsfw: null })))).toEqual({ type: 'approved' });
});

test('a failed run fails the edit with the code and the message of Runflow', () => {
  expect(decideOutcome(settled({ kind: 'failed', code: 'OOM', message: 'out of memory' }))).toEqual({
    type: 'failed',
    reason: 'run-failed',
    detail: 'OOM: out of memory',
  });
});

test('a success without a picture is bad output', () => {
  const event = decideOutcome(settled({ kind: 'failed', code: 'NO_OUTPUT', message: 'no picture' }));
  expect(event).toMatchObject({ type: 'failed', reason: 'bad-output' });
});

test('a canceled run fails the edit', () => {
  expect(decideOutcome(settled({ kind: 'canceled' }))).toMatchObject({ type: 'failed', reason: 'run-canceled' });
});
