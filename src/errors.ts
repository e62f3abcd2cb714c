// The two kinds of failure. A UserError is a person's mistake or a plain fact: its sentence is made where it is read, and
// not logged as an error. Everything else is a bug or an outage: logged whole, shown as one sentence with a reference id.
import { en } from './texts/en/en.ts';
import type { Words } from './texts/texts.ts';

/** What a person can understand and do something about. */
export class UserError extends Error {
  override name = 'UserError';
  /** What they are shown, in their language; the error's own message is the same in English. */
  readonly words: Words;

  constructor(words: Words, options?: ErrorOptions) {
    super(words(en), options);
    this.words = words;
  }
}

/** The store could not be read or written. Nothing was begun that the store does not know of. */
export class StoreError extends Error {
  override name = 'StoreError';
}

/** The process cannot start; `problems` is what the operator has to change, one line each. */
export class StartError extends Error {
  override name = 'StartError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.problems = problems;
  }
}

/**
 * Runflow did not do what was asked:
 * - `rejected`: Runflow refused; sending it again changes nothing
 * - `throttled`: refused for now; `retryAfterMs` says until when
 * - `unsent`: the request never reached Runflow
 * - `unknown`: no answer that tells whether it took effect
 */
export class RunflowError extends Error {
  override name = 'RunflowError';
  readonly kind: 'rejected' | 'throttled' | 'unsent' | 'unknown';
  readonly status: number | undefined;
  /** Runflow's stable error code, such as INSUFFICIENT_CREDIT. */
  readonly code: string;
  readonly retryAfterMs: number | undefined;

  constructor(
    kind: RunflowError['kind'],
    message: string,
    details: { status?: number; code?: string; retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
    this.kind = kind;
    this.status = details.status;
    this.code = details.code ?? '';
    this.retryAfterMs = details.retryAfterMs;
  }
}

/**
 * A picture could not be downloaded:
 * - `expired`: the URL is not valid any more (a fresh one can be had by reading the run again)
 * - `refused`: not an address that pictures may come from, or too large
 * - `broken`: it did not arrive, or not whole; another attempt may do
 */
export class DownloadError extends Error {
  override name = 'DownloadError';
  readonly kind: 'expired' | 'refused' | 'broken';

  constructor(kind: DownloadError['kind'], message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}

/**
 * Discord did not do what was asked:
 * - `reply-gone`: the interaction's reply cannot be edited any more; a message in the channel can still be posted
 * - `forbidden`: the bot may not, or the channel is not there; trying again changes nothing
 * - `too-large`: the files are over the limit of this place
 * - `rejected`: Discord does not accept this message
 * - `later`: an outage or a rate limit; try again, not before `retryAfterMs`
 */
export class DiscordTrouble extends Error {
  override name = 'DiscordTrouble';
  readonly kind: 'reply-gone' | 'forbidden' | 'too-large' | 'rejected' | 'later';
  readonly retryAfterMs: number | undefined;

  constructor(kind: DiscordTrouble['kind'], message: string, cause: unknown, retryAfterMs?: number) {
    super(message, { cause });
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The bytes are not a PNG, JPEG or WebP picture, or only the beginning of one. */
export class NotAPicture extends Error {
  override name = 'NotAPicture';
}

/** Eight characters that tie what a person was shown to the line in the log. */
export function referenceId(): string {
  return Math.random().toString(36).slice(2, 10).padEnd(8, '0');
}

/** A thrown value as an Error, whatever was thrown. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
