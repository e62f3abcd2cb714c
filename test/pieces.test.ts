// Bytes in pieces give the same first bytes as the whole.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { firstBytes, sizeOf } from '../src/pieces.ts';

const pieces = fc.array(
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  { maxLength: 8 },
);

test('the first bytes are those of the whole, however it is cut', () => {
  fc.assert(
    fc.property(pieces, fc.nat(120), (cut, length) => {
      const whole = Buffer.concat(cut);
      expect(sizeOf(cut)).toBe(whole.length);
      expect(firstBytes(cut, length).equals(whole.subarray(0, length))).toBe(true);
    }),
  );
});

test('what lies in the first piece is not copied', () => {
  const first = Buffer.from('the beginning');
  expect(firstBytes([first, Buffer.from(' and the end')], 4).buffer).toBe(first.buffer);
});
