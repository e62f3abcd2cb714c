// A run as Runflow reports it in an answer, a list or a callback, read leniently into one shape.
// Source: the model's documentation page and the API reference; both spellings of "cancelled" occur.
import { z } from 'zod';

export type Output = { url: string; width?: number; height?: number };

/** How a run ended. */
export type Outcome =
  | {
      kind: 'succeeded';
      outputs: Output[];
      /** Some of the requested pictures are missing. */
      partial: boolean;
      seed?: number;
      /** True: flagged. False: cleared. Null: not checked, which is not the same as cleared. */
      nsfw: boolean | null;
      seconds?: number;
    }
  | { kind: 'failed'; code: string; message: string }
  | { kind: 'canceled' };

export type Run = {
  id: string;
  /** Milliseconds since the epoch, where the answer said. */
  createdAt: number | undefined;
  clientRef: string | undefined;
  metadata: Record<string, unknown>;
  input: Record<string, unknown>;
  /** Absent while the run is under way. */
  outcome: Outcome | undefined;
};

/** Anything of an unexpected shape counts as absent: these documents vary, and that must not cost a result. */
const tolerant = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);
const text = tolerant(z.string().nullable());
const number = tolerant(z.number().nullable());
const record = tolerant(z.record(z.string(), z.unknown()));

const outputItem = z.union([
  z.string().transform((url) => ({ url })),
  z.object({ url: z.string(), type: text, width: number, height: number }),
]);

const outputBody = z.object({
  outputs: tolerant(z.array(tolerant(outputItem))),
  image_urls: tolerant(z.array(tolerant(outputItem))),
  seed: z.unknown().optional(),
  nsfw_detected: z.unknown().optional(),
});

const errorBody = z.object({ code: text, message: text });
const errorEnvelope = z.union([z.object({ error: errorBody }).transform(({ error }) => error), errorBody]);

const runBody = z.object({
  id: z.string().min(1),
  status_code: text,
  status: text,
  output: z.unknown().optional(),
  duration_ms: number,
  created_at: text,
  metadata: record,
  client_ref: text,
  input: record,
  failure_code: text,
  failure_message: text,
});

/** Several outputs may have a flag each; one flagged output flags them all. */
function readFlag(value: unknown): boolean | null {
  if (Array.isArray(value)) {
    const flags = value.map(readFlag);
    if (flags.includes(true)) return true;
    return flags.length === 0 || flags.includes(null) ? null : false;
  }
  return typeof value === 'boolean' ? value : null;
}

function readSuccess(output: unknown, partial: boolean, durationMs: number | null | undefined): Outcome {
  const body = outputBody.safeParse(output);
  const items = body.success ? (body.data.outputs ?? body.data.image_urls ?? []) : [];
  const outputs: Output[] = [];
  for (const item of items) {
    if (!item) continue;
    if ('type' in item && item.type && item.type !== 'image') continue;
    const width = 'width' in item ? item.width : undefined;
    const height = 'height' in item ? item.height : undefined;
    outputs.push({ url: item.url, ...(width ? { width } : {}), ...(height ? { height } : {}) });
  }
  if (!body.success || outputs.length === 0) {
    return { kind: 'failed', code: 'NO_OUTPUT', message: 'the run succeeded without a picture' };
  }
  const seed = typeof body.data.seed === 'number' ? body.data.seed : undefined;
  return {
    kind: 'succeeded',
    outputs,
    partial,
    nsfw: readFlag(body.data.nsfw_detected),
    ...(seed === undefined ? {} : { seed }),
    ...(durationMs ? { seconds: durationMs / 1000 } : {}),
  };
}

function readFailure(output: unknown, code: string | null | undefined, message: string | null | undefined): Outcome {
  const envelope = errorEnvelope.safeParse(output);
  const inner = envelope.success ? envelope.data : undefined;
  return {
    kind: 'failed',
    code: code ?? inner?.code ?? 'FAILED',
    message: message ?? inner?.message ?? 'no reason was given',
  };
}

type Ending = {
  status: string | null | undefined;
  output: unknown;
  durationMs?: number | null | undefined;
  failureCode?: string | null | undefined;
  failureMessage?: string | null | undefined;
};

/** The outcome from a status and an output; undefined while the run is under way. */
export function readOutcome(ending: Ending): Outcome | undefined {
  switch (ending.status) {
    case 'succeeded':
    case 'completed':
      return readSuccess(ending.output, false, ending.durationMs);
    case 'partial_succeeded':
      return readSuccess(ending.output, true, ending.durationMs);
    case 'failed':
      return readFailure(ending.output, ending.failureCode, ending.failureMessage);
    case 'canceled':
    case 'cancelled':
      return { kind: 'canceled' };
    default:
      return undefined;
  }
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
    outcome: readOutcome({
      status: run.status_code ?? run.status,
      output: run.output,
      durationMs: run.duration_ms,
      failureCode: run.failure_code,
      failureMessage: run.failure_message,
    }),
  };
}
