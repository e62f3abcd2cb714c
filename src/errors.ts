// The two kinds of failure. A UserError is a person's mistake or a plain fact: its text is shown as it is and not
// logged as an error. Everything else is a bug or an outage: logged whole, shown as one sentence with a reference id.

/** What a person can understand and do something about; the message is shown to them word for word. */
export class UserError extends Error {
  override name = 'UserError';
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

/** Eight characters that tie what a person was shown to the line in the log. */
export function referenceId(): string {
  return Math.random().toString(36).slice(2, 10).padEnd(8, '0');
}

/** A thrown value as an Error, whatever was thrown. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
