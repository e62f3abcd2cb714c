// A run's input as it is read back: liberally, because a result that is paid for must not be lost to an odd field.
import { expect, test } from 'vitest';
import { readRunInput } from '../../src/runflow/input.ts';

const least = { prompt: 'snow', image_urls: ['https://cdn.discordapp.com/a.png'] };

test('everything that a run was made with comes back', () => {
  const whole = { ...least, seed: 7, num_inference_steps: 4, image_size: 'square', num_images: 2 };
  expect(readRunInput({ ...whole, output_format: 'png', enable_safety_checker: false, more: 1 })).toEqual({
    ...whole,
    output_format: 'png',
    enable_safety_checker: false,
  });
});

test.each([{ sync_mode: null }, { seed: null }, { num_images: 'two', image_size: 4 }, { seed: {}, output_format: [] }])(
  'fields that are odd count as not given: %j',
  (odd) => {
    expect(readRunInput({ ...least, ...odd })).toStrictEqual(least);
  },
);

test.each([
  undefined,
  null,
  'text',
  [],
  {},
  { prompt: 'snow' },
  { ...least, prompt: 7 },
  { ...least, image_urls: 'x' },
])('what is no edit of pictures is none: %j', (input) => {
  expect(readRunInput(input)).toBeUndefined();
});
