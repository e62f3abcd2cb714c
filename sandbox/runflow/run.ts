// What the stand-in keeps about one run, the part of it that the API shows, and the plan that decides its course.
import { randomBytes } from 'node:crypto';
import type { RunInput } from './create-request.ts';

export type Terminal = 'succeeded' | 'failed' | 'canceled' | 'cancelled' | 'partial_succeeded';
export type Status = 'queued' | 'dispatching' | 'running' | Terminal;

export type OutputEntry = { url: string; type: 'image'; content_type: string; width?: number; height?: number };

/** Urls in here are bare paths of ours (signed when the run is shown) or `data:` URIs. */
export type Output =
  | {
      outputs: OutputEntry[];
      seed: number;
      model_data: Record<string, unknown>;
      nsfw_detected: boolean | null;
      timing: { inference_ms: number } | null;
    }
  | { image_urls: string[] };

export type OutputFile = { bytes: Buffer; type: string };

export type CallbackAttempt = { at: string; status: number | null; error: string | null };

export type Run = {
  id: string;
  model: string;
  status_code: Status;
  input: RunInput;
  output: Output | null;
  duration_ms: number | null;
  cost: string | null;
  created_at: string;
  started_at: string | null;
  completed_at: string | null;
  callback_url: string | null;
  metadata: Record<string, unknown> | null;
  client_ref: string | null;
  failure_code: string | null;
  failure_message: string | null;
  failure_stage_code: string | null;
  /** US dollars taken from the balance; 0 until the run has ended well. */
  billed: number;
  callbackAttempts: CallbackAttempt[];
  /** The output files' bytes, in order. */
  files: OutputFile[];
  /** What was decided about this run when it was created (or when a test finished it). */
  plan: Plan;
  /** Presigned URLs up to this issue number count as expired. */
  revokedIssue: number;
};

/** The course of a run. What is left out goes the ordinary way. */
export type Plan = {
  status?: Terminal;
  nsfw?: boolean | null;
  runMs?: number;
  /** `before-answer`: POSTed before the create request is answered; `late`: some seconds after the end. */
  callback?: 'normal' | 'never' | 'twice' | 'before-answer' | 'late';
  /** Replaces the edited pictures, be it a picture or not. */
  outputBytes?: Buffer | ((index: number) => Buffer | Promise<Buffer>);
  /** `output: { image_urls: […] }` as older callbacks had it. */
  oldShape?: boolean;
  failure?: { code: string; message: string };
  /** Outputs as `data:` URIs although `sync_mode` was not asked for. */
  dataUris?: boolean;
  neverEnds?: boolean;
  /** How many times the outputs are shown with URLs that have expired already. */
  staleUrls?: number;
  /** How many downloads of each output are cut in the middle. */
  cutDownloads?: number;
};

/** The fields of a run that the API shows, and that `fields=` may name. */
export const runFields = [
  'id',
  'model',
  'status_code',
  'input',
  'output',
  'duration_ms',
  'cost',
  'created_at',
  'started_at',
  'completed_at',
  'callback_url',
  'metadata',
  'client_ref',
  'failure_code',
  'failure_message',
  'failure_stage_code',
] as const;
export type RunField = (typeof runFields)[number];

export function isTerminal(status: Status): status is Terminal {
  return status !== 'queued' && status !== 'dispatching' && status !== 'running';
}

/** The run as the API shows it; `sign` makes its output URLs fresh and is asked only when the output is shown. */
export function showRun(
  run: Run,
  sign: (run: Run) => Output | null,
  fields: readonly RunField[] = runFields,
): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const field of fields) shown[field] = field === 'output' ? sign(run) : run[field];
  return shown;
}

let lastMs = 0;
let sequence = 0;

/** A UUID version 7 (RFC 9562): sorts by creation, also within one millisecond, where the 12 bits of rand_a count. */
export function createRunId(now = Date.now()): string {
  sequence = now > lastMs ? 0 : sequence + 1;
  lastMs = Math.max(now, lastMs);
  if (sequence > 0xfff) {
    lastMs += 1;
    sequence = 0;
  }
  const bytes = randomBytes(16);
  bytes.writeUIntBE(lastMs, 0, 6);
  bytes.writeUInt16BE(0x7000 | sequence, 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
