// The two kinds of failure. A UserError is a person's mistake or a plain fact: shown in the reader's language, not
// logged as an error. Everything else is a bug or an outage: logged in full, shown as one sentence with a reference id.
import { en } from './texts/en/en.ts';
import type { Words } from './texts/texts.ts';

/** A button by its custom id. */
export type Offer = { id: string; label: Words };

/** A failure that a person can understand and act on. */
export class UserError extends Error {
  override name = 'UserError';
  /** What to show, in the reader's language; the error's own message is the English text. */
  readonly words: Words;
  /** A button beside the words, with what can be done instead. */
  readonly offer: Offer | undefined;

  constructor(words: Words, options: ErrorOptions & { offer?: Offer } = {}) {
    super(words(en), options);
    this.words = words;
    this.offer = options.offer;
  }
}

/** The store could not be read or written. Nothing was started that is not in the store. */
export class StoreError extends Error {
  override name = 'StoreError';
}

/** Whether the store answered, with something that cannot be read. */
export function isUnreadable(error: unknown): boolean {
  return error instanceof StoreError && error.cause instanceof SyntaxError;
}

/** The process cannot start; `problems` lists what the operator has to change, one line each. */
export class StartError extends Error {
  override name = 'StartError';
  readonly problems: readonly string[];
  /** Each further start would cost a log-in to Discord, and end as this one did. */
  readonly forGood: boolean;

  constructor(problems: readonly string[], { forGood = false } = {}) {
    super(problems.join('; '));
    this.problems = problems;
    this.forGood = forGood;
  }
}

/**
 * Runflow did not do what was asked:
 * - `rejected`: Runflow refused; retrying changes nothing
 * - `throttled`: refused for now; `retryAfterMs` says until when
 * - `unavailable`: Runflow answered that the model is down; it very likely did nothing
 * - `unsent`: the request never reached Runflow
 * - `unknown`: no answer says whether it took effect
 */
export class RunflowError extends Error {
  override name = 'RunflowError';
  readonly kind: 'rejected' | 'throttled' | 'unavailable' | 'unsent' | 'unknown';
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
 * - `expired`: the URL is no longer valid (read the run again for a new one)
 * - `refused`: an address that pictures may not come from, or too large
 * - `broken`: it did not arrive, or not completely; a retry may work
 */
export class DownloadError extends Error {
  override name = 'DownloadError';
  readonly kind: 'expired' | 'refused' | 'broken';

  constructor(kind: DownloadError['kind'], message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}

/** More bytes than any picture of ours has. */
export class LargeDownload extends DownloadError {
  readonly mostBytes: number;

  constructor(mostBytes: number) {
    super('refused', `larger than ${mostBytes} bytes`);
    this.mostBytes = mostBytes;
  }
}

/** It stopped, or trickled. A retry may work, once those that arrive had their turn. */
export class SlowDownload extends DownloadError {
  constructor(message: string, cause?: unknown) {
    super('broken', message, cause);
  }
}

/**
 * Discord did not do what was asked:
 * - `reply-gone`: the interaction's reply can no longer be edited; a message in the channel can still be posted
 * - `gone`: the channel or the person cannot be written to; retrying changes nothing
 * - `forbidden`: the bot may not; somebody may change that within minutes
 * - `archived`: the thread is archived; a new message opens it
 * - `too-large`: the files are over the limit of this place
 * - `text-blocked`: a filter refuses the words
 * - `picture-blocked`: a filter refuses the picture
 * - `rejected`: Discord does not accept this message
 * - `later`: an outage, a rate limit, or anything that does not say what it is; try again, not before `retryAfterMs`
 */
export class DiscordTrouble extends Error {
  override name = 'DiscordTrouble';
  readonly kind:
    | 'reply-gone'
    | 'gone'
    | 'forbidden'
    | 'archived'
    | 'too-large'
    | 'text-blocked'
    | 'picture-blocked'
    | 'rejected'
    | 'later';
  readonly retryAfterMs: number | undefined;

  constructor(kind: DiscordTrouble['kind'], message: string, cause: unknown, retryAfterMs?: number) {
    super(message, { cause });
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Whether Discord refused what was asked, rather than being away. */
export function isRefusal(error: unknown): error is DiscordTrouble {
  return error instanceof DiscordTrouble && error.kind !== 'later';
}

/** The bytes are not a complete PNG, JPEG or WebP picture. */
export class NotAPicture extends Error {
  override name = 'NotAPicture';
}

/** A picture cannot be made small enough: it fits in no format, or the process ended over it too often. */
export class NoFit extends Error {
  override name = 'NoFit';
}

/** Longest pause in milliseconds that is believed: a wrong answer must not stop anything for days. */
const mostPauseMs = 5 * 60_000;

/** The pause that another side asked for, as far as it is believed. */
export function believed(pauseMs: number): number {
  return Math.min(mostPauseMs, pauseMs);
}

/** Eight characters that link the message a person sees to the line in the log. */
export function referenceId(): string {
  return Math.random().toString(36).slice(2, 10).padEnd(8, '0');
}

/** Wraps any thrown value as an Error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
