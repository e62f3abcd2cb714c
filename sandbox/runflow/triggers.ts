// Trigger words in square brackets let a prompt decide a run's outcome, for manual testing. The page prints this table, and
// docs/sandbox.md has it in short.
import { ApiError } from './errors.ts';
import type { Plan } from './run.ts';

export type Trigger = {
  word: string;
  /** A description of the effect. */
  what: string;
  plan?: Plan;
  /** Rejects the create request; `once`: only the first request for this edit. */
  refuse?: { status: number; code: string; message: string; retryAfter?: number; once?: boolean };
  /** The run is created, but the response is lost. */
  answer?: 'lost' | 'reset';
  picture?: 'huge' | 'broken';
};

export const triggers: readonly Trigger[] = [
  { word: 'flagged', what: 'the result is flagged (nsfw_detected: true)', plan: { nsfw: true } },
  { word: 'unchecked', what: 'the result was not checked (nsfw_detected: null)', plan: { nsfw: null } },
  { word: 'failed', what: 'the run fails', plan: { status: 'failed' } },
  { word: 'canceled', what: 'the run is canceled (one l)', plan: { status: 'canceled' } },
  { word: 'cancelled', what: 'the run is cancelled (two l)', plan: { status: 'cancelled' } },
  {
    word: 'partial',
    what: 'one of the outputs is missing (with a count above 1)',
    plan: { status: 'partial_succeeded' },
  },
  { word: 'slow', what: 'the run takes 20 seconds', plan: { runMs: 20_000 } },
  { word: 'stuck', what: 'the run never ends', plan: { neverEnds: true } },
  { word: 'nocallback', what: 'no callback is sent', plan: { callback: 'never' } },
  { word: 'twice', what: 'the callback is sent twice', plan: { callback: 'twice' } },
  {
    word: 'early',
    what: 'the callback comes before the create request is answered',
    plan: { callback: 'before-answer' },
  },
  { word: 'late', what: 'the callback comes some seconds after the end', plan: { callback: 'late' } },
  { word: 'huge', what: 'the result is a PNG of about 30 MB', picture: 'huge' },
  { word: 'broken', what: 'the result is not a picture', picture: 'broken' },
  { word: 'truncated', what: 'the first download of the result is cut', plan: { cutDownloads: 1 } },
  {
    word: 'expired',
    what: 'the output URL has expired when first shown, and is fresh when read again',
    plan: { staleUrls: 1 },
  },
  { word: 'old-shape', what: 'the output is { image_urls }', plan: { oldShape: true } },
  {
    word: 'old-callback',
    what: 'the callback alone has { image_urls }, without a flag',
    plan: { tellings: [{ to: 'callback', output: 'image-urls' }] },
  },
  {
    word: 'silent-callback',
    what: 'the callback says that it succeeded, without an output',
    plan: { tellings: [{ to: 'callback', output: 'none' }] },
  },
  { word: 'single', what: 'the output is one object', plan: { tellings: [{ output: 'single' }] } },
  { word: 'flag-text', what: 'the flag is text', plan: { tellings: [{ flag: 'text' }] } },
  { word: 'no-output', what: 'the run succeeds without an output', plan: { tellings: [{ output: 'none' }] } },
  { word: 'errored', what: 'the run ends as errored', plan: { status: 'errored' } },
  { word: 'unsigned', what: 'output URLs are refused unless signed on request', plan: { unsigned: true } },
  {
    word: 'credit',
    what: '402: out of credit',
    refuse: { status: 402, code: 'INSUFFICIENT_CREDIT', message: 'Insufficient credit' },
  },
  {
    word: 'badkey',
    what: '401: the key is refused',
    refuse: { status: 401, code: 'UNAUTHORIZED', message: 'Invalid API key' },
  },
  {
    word: 'forbidden',
    what: '403: the key lacks the scope',
    refuse: { status: 403, code: 'PERMISSION_DENIED', message: 'Missing scope' },
  },
  {
    word: 'ratelimit',
    what: '429 with Retry-After 2 once, then fine',
    refuse: { status: 429, code: 'RATE_LIMITED', message: 'Too many requests', retryAfter: 2, once: true },
  },
  {
    word: 'unavailable',
    what: '503 once, then fine',
    refuse: { status: 503, code: 'MODEL_UNAVAILABLE', message: 'Model unavailable', once: true },
  },
  {
    word: 'down',
    what: '503 always',
    refuse: { status: 503, code: 'MODEL_UNAVAILABLE', message: 'Model unavailable' },
  },
  { word: 'lost', what: 'the run is created, but the answer is a 502', answer: 'lost' },
  { word: 'reset', what: 'the run is created, but the connection is reset', answer: 'reset' },
  {
    word: 'invalid',
    what: '422: the input is refused',
    refuse: { status: 422, code: 'VALIDATION_ERROR', message: 'Validation failed' },
  },
];

export type ParsedPrompt = { text: string; plan: Plan; found: Trigger[] };

/** The triggers in a prompt, their combined plan, and the prompt without them. Other bracketed words stay. */
export function readTriggers(prompt: string): ParsedPrompt {
  const found: Trigger[] = [];
  const text = prompt
    .replace(/\[([a-z-]+)\]/gi, (whole, word: string) => {
      const trigger = triggers.find((known) => known.word === word.toLowerCase());
      if (!trigger) return whole;
      found.push(trigger);
      return ' ';
    })
    .replace(/\s+/g, ' ')
    .trim();
  const plan: Plan = {};
  for (const trigger of found) Object.assign(plan, trigger.plan);
  const tellings = found.flatMap((trigger) => trigger.plan?.tellings ?? []);
  if (tellings.length > 0) plan.tellings = tellings;
  return { text, plan, found };
}

/** The error for a trigger's `refuse`. */
export function triggerError(refuse: NonNullable<Trigger['refuse']>): ApiError {
  return new ApiError(refuse.status, refuse.code, refuse.message, {
    ...(refuse.status === 422 && { errors: [{ field: 'input.prompt', message: 'Refused by the trigger word' }] }),
    ...(refuse.retryAfter && { headers: { 'retry-after': String(refuse.retryAfter) } }),
  });
}
