// What Runflow's words tell of a source that it could not fetch.
import { expect, test } from 'vitest';
import { readCause } from '../../src/runflow/failure.ts';

test.each([
  ['INPUT_FETCH_FAILED', ''],
  ['IMAGE_DOWNLOAD_ERROR', ''],
  ['FAILED', 'Could not download image from https://cdn.discordapp.com/a.png: 404'],
  ['PROVIDER_ERROR', 'failed to fetch input'],
  ['VALIDATION_ERROR', 'image_urls[0]: the URL has expired'],
  ['VALIDATION_ERROR', 'The input images are unreachable'],
])('%s: %s', (code, message) => expect(readCause(code, message)).toBe('source-gone'));

test.each([
  ['PROVIDER_ERROR', 'The provider failed'],
  ['CONTENT_POLICY', 'The image was refused'],
  ['OUTPUT_DOWNLOAD_FAILED', 'the output image could not be fetched'],
  ['INPUT_NOT_AN_IMAGE', 'Input image 1 is not an image'],
  ['SESSION_EXPIRED', 'the request expired'],
])('not %s: %s', (code, message) => expect(readCause(code, message)).not.toBe('source-gone'));
