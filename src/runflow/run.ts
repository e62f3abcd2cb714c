// A run as Runflow reports it in an answer, a list or a callback, read leniently into one shape.
// Source: the model's documentation page and the API reference; both spellings of "cancelled" occur.
import { z } from 'zod';
import { readCharged, readCost, readExtras } from './extras.ts';
import { flaggedEmpty } from './failure.ts';
import { findFlag, stricter } from './flag.ts';
import { type Output, readPictures } from './outputs.ts';

export type { Output } from './outputs.ts';

/** How a run ended. */
export type Outcome =
  | {
      kind: 'succeeded';
      outputs: Output[];
      /** Some of the requested pictures are missing. */
      partial: boolean;
      /** As text where a number cannot hold it exactly. */
      seed?: number | string;
      /** True: flagged. False: cleared. Null: not checked, which is not the same as cleared. */
      nsfw: boolean | null;
      /** How long the model took; where nothing says so, the whole run. */
      seconds?: number;
      /** What the run cost in US dollars, where it says so. */
      cost?: number;
      /** What the model was given, where that is not what was typed. */
      actualPrompt?: string;
    }
  /** `charged`: where the run says so. */
  | { kind: 'failed'; code: string; message: string; charged?: boolean }
  | { kind: 'canceled'; charged?: boolean };

/** Codes of failures that Runflow does not name itself. */
export const failureCodes = {
  /** It succeeded, without a picture. */
  noOutput: 'NO_OUTPUT',
  /** It ended in a status that nobody knows. */
  unknownEnd: 'UNKNOWN_END',
  /** Runflow does not know the run. */
  notFound: 'RUN_NOT_FOUND',
} as const;

/** An end that leaves something unsaid. The run itself is read before anything rests on it. */
export type Hint = {
  unsaid: 'pictures' | 'flag' | 'status' | 'reason';
  /** What it means if the run itself says no more. */
  outcome: Outcome;
};

/** What somebody says about a run's end; neither of the two while it is under way. */
export type End = {
  /** Said in full. */
  outcome: Outcome | undefined;
  hint: Hint | undefined;
};

export type Run = {
  id: string;
  /** Milliseconds since the epoch, where the answer said. */
  createdAt: number | undefined;
  clientRef: string | undefined;
  metadata: Record<string, unknown>;
  input: Record<string, unknown>;
} & End;

/** Anything of an unexpected shape counts as absent: these documents vary, and that must not cost a result. */
const tolerant = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);
const text = tolerant(z.string().nullable());
const number = tolerant(z.number().nullable());
const record = tolerant(z.record(z.string(), z.unknown()));

const errorBody = z.object({ code: text, message: text });
const errorEnvelope = z.union([z.object({ error: errorBody }).transform(({ error }) => error), errorBody]);

const runBody = z.object({
  id: z.string().min(1),
  status_code: text,
  status: text,
  output: z.unknown().optional(),
  duration_ms: number,
  cost: z.unknown().optional(),
  created_at: text,
  completed_at: text,
  metadata: record,
  client_ref: text,
  input: record,
  failure_code: text,
  failure_message: text,
});

function readSuccess(said: Said, partial: boolean): Hint | Outcome {
  const { output, durationMs } = said;
  const { outputs, items } = readPictures(output);
  const flag = findFlag(said.around, output, items, outputs.length);
  if (outputs.length === 0) {
    const message = 'the run succeeded without a picture';
    const code = flag === true ? flaggedEmpty : failureCodes.noOutput;
    return { unsaid: 'pictures', outcome: { kind: 'failed', code, message, ...readCharged(said.cost) } };
  }
  const outcome: Outcome = {
    kind: 'succeeded',
    outputs,
    partial,
    nsfw: flag === 'unsaid' ? null : flag,
    ...(durationMs ? { seconds: durationMs / 1000 } : {}),
    ...readExtras(output),
    ...readCost(said.cost),
  };
  return flag === 'unsaid' ? { unsaid: 'flag', outcome } : outcome;
}

/** A callback says neither why a run failed nor what it cost; the run does. */
function asFailure(said: Said, outcome: Outcome): Hint | Outcome {
  const isWhole = outcome.kind === 'canceled' || Boolean(said.failureCode);
  return isWhole && said.cost !== undefined ? outcome : { unsaid: 'reason', outcome };
}

function readFailure({ output, cost, failureCode, failureMessage }: Said, unnamed: string): Outcome {
  const envelope = errorEnvelope.safeParse(output);
  const inner = envelope.success ? envelope.data : undefined;
  return {
    kind: 'failed',
    code: failureCode ?? inner?.code ?? unnamed,
    message: failureMessage ?? inner?.message ?? 'no reason was given',
    ...readCharged(cost),
  };
}

type Said = {
  status: string | null | undefined;
  output: unknown;
  durationMs?: number | null | undefined;
  cost?: unknown;
  completedAt?: string | null | undefined;
  failureCode?: string | null | undefined;
  failureMessage?: string | null | undefined;
  /** The whole run or callback, which may carry the flag. */
  around?: unknown;
};

type Status = 'succeeded' | 'partial' | 'failed' | 'canceled' | 'under way';

const statuses: Record<string, Status> = {
  queued: 'under way',
  dispatching: 'under way',
  running: 'under way',
  succeeded: 'succeeded',
  success: 'succeeded',
  successful: 'succeeded',
  completed: 'succeeded',
  complete: 'succeeded',
  done: 'succeeded',
  finished: 'succeeded',
  partial_succeeded: 'partial',
  partially_succeeded: 'partial',
  partial_success: 'partial',
  failed: 'failed',
  failure: 'failed',
  error: 'failed',
  errored: 'failed',
  canceled: 'canceled',
  cancelled: 'canceled',
};

/** The meaning of a status or of a callback's event; undefined for a word that nobody knows. */
export function readStatus(word: string | null | undefined): Status | undefined {
  const plain = word
    ?.trim()
    .toLowerCase()
    .replace(/^run\./, '')
    .replace(/[\s-]+/g, '_');
  return plain !== undefined && Object.hasOwn(statuses, plain) ? statuses[plain] : undefined;
}

/** Reads what is said of a run's end from a status and an output. */
export function readEnd(said: Said): End {
  switch (readStatus(said.status)) {
    case 'succeeded':
      return asEnd(readSuccess(said, false));
    case 'partial':
      return asEnd(readSuccess(said, true));
    case 'failed':
      return asEnd(asFailure(said, readFailure(said, 'FAILED')));
    case 'canceled':
      return asEnd(asFailure(said, { kind: 'canceled', ...readCharged(said.cost) }));
    case 'under way':
      return { outcome: undefined, hint: undefined };
    case undefined:
      return readUnknownEnd(said);
  }
}

/** A status that nobody knows is an end once the run has a time or a reason for it. */
function readUnknownEnd(said: Said): End {
  if (said.failureCode) return asEnd(asFailure(said, readFailure(said, 'FAILED')));
  if (!said.completedAt) return { outcome: undefined, hint: undefined };
  const read = readSuccess(said, false);
  const outcome = 'unsaid' in read ? read.outcome : read;
  const unknown = outcome.kind === 'failed' ? readFailure(said, failureCodes.unknownEnd) : outcome;
  return asEnd({ unsaid: 'status', outcome: unknown });
}

const asEnd = (read: Hint | Outcome): End =>
  'unsaid' in read ? { outcome: undefined, hint: read } : { outcome: read, hint: undefined };

/** The first of two ends, with the more careful of their flags. */
export function moreCareful(first: Outcome, later: Outcome): Outcome {
  if (first.kind !== 'succeeded' || later.kind !== 'succeeded') return first;
  const nsfw = stricter(first.nsfw, later.nsfw);
  return nsfw === first.nsfw ? first : { ...first, nsfw };
}

/** Reads a run object of the API; undefined when it is not one. */
export function readRun(json: unknown): Run | undefined {
  const checked = runBody.safeParse(json);
  if (!checked.success) return undefined;
  const run = checked.data;
  const createdAt = run.created_at ? Date.parse(run.created_at) : Number.NaN;
  return {
    id: run.id,
    createdAt: Number.isNaN(createdAt) ? undefined : createdAt,
    clientRef: run.client_ref ?? undefined,
    metadata: run.metadata ?? {},
    input: run.input ?? {},
    ...readEnd({
      status: run.status_code ?? run.status,
      output: run.output,
      durationMs: run.duration_ms,
      cost: run.cost,
      completedAt: run.completed_at,
      failureCode: run.failure_code,
      failureMessage: run.failure_message,
      around: json,
    }),
  };
}
