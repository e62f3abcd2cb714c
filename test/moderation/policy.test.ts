// What becomes of a result: only a flag withholds it, and a failure says what Runflow said.
import { expect, test } from 'vitest';
import { decideOutcome } from '../../src/moderation/policy.ts';
import { readSettings } from '../../src/settings/settings.ts';
import { settled, success } from '../edit/examples.ts';

const defaults = readSettings(undefined);

test('a flagged result is withheld, also when only some of the pictures came', () => {
  expect(decideOutcome(settled(success({ nsfw: true })), defaults)).toEqual({ type: 'withheld' });
  expect(decideOutcome(settled(success({ nsfw: true, partial: true })), defaults)).toEqual({ type: 'withheld' });
});

test('a cleared result is approved', () => {
  expect(decideOutcome(settled(success({ nsfw: false })), defaults)).toEqual({ type: 'approved', spoiler: false });
});

test('a result that was not checked is approved', () => {
  expect(decideOutcome(settled(success({ nsfw: null })), defaults)).toEqual({ type: 'approved', spoiler: false });
});

test('a failed run fails the edit with the code and the message of Runflow', () => {
  expect(decideOutcome(settled({ kind: 'failed', code: 'OOM', message: 'out of memory' }), defaults)).toEqual({
    type: 'failed',
    reason: 'run-failed',
    detail: 'OOM: out of memory',
  });
});

test('a success without a picture is bad output', () => {
  const event = decideOutcome(settled({ kind: 'failed', code: 'NO_OUTPUT', message: 'no picture' }), defaults);
  expect(event).toMatchObject({ type: 'failed', reason: 'bad-output' });
});

test('a canceled run fails the edit', () => {
  expect(decideOutcome(settled({ kind: 'canceled' }), defaults)).toMatchObject({
    type: 'failed',
    reason: 'run-canceled',
  });
});
