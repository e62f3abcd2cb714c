// The state of a run, the fields the API shows, and the plan that decides its outcome.
import { randomBytes } from 'node:crypto';
import type { RunInput } from './create-request.ts';
import type { Telling } from './odd-shapes.ts';

export type Terminal = 'succeeded' | 'failed' | 'canceled' | 'cancelled' | 'partial_succeeded' | 'errored';
export type Status = 'queued' | 'dispatching' | 'running' | Terminal;

export type OutputEntry = { url: string; type: 'image'; content_type: string; width?: number; height?: number };

/** URLs here are unsigned local paths (signed when the run is shown) or `data:` URIs. */
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
  /** US dollars charged; 0 until the run succeeds. */
  billed: number;
  callbackAttempts: CallbackAttempt[];
  /** The output files, in order. */
  files: OutputFile[];
  /** Set when the run is created, or changed when a test finishes it. */
  plan: Plan;
  /** Presigned URLs up to this issue number count as expired. */
  revokedIssue: number;
};

/** The planned outcome of a run. Missing fields mean the default behaviour. */
export type Plan = {
  status?: Terminal;
  nsfw?: boolean | null;
  runMs?: number;
  /** `before-answer`: sent before the response to the create request; `late`: seconds after the run ends. */
  callback?: 'normal' | 'never' | 'twice' | 'before-answer' | 'late';
  /** Replaces the edited pictures; need not be a picture. */
  outputBytes?: Buffer | ((index: number) => Buffer | Promise<Buffer>);
  /** `output: { image_urls: […] }`, the format of older callbacks. */
  oldShape?: boolean;
  failure?: { code: string; message: string };
  /** Shown instead of the terminal status, wherever that is shown. */
  statusWord?: string;
  /** How the output is told, where not as documented. */
  tellings?: readonly Telling[];
  /** Output URLs come unsigned, and are refused, unless the read asks to `add_signature`. */
  unsigned?: boolean;
  /** Outputs as `data:` URIs even without `sync_mode`. */
  dataUris?: boolean;
  neverEnds?: boolean;
  /** How many times the run is shown with expired output URLs. */
  staleUrls?: number;
  /** How many downloads of each output are cut halfway. */
  cutDownloads?: number;
};

/** The fields the API shows and `fields=` accepts. */
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

/** The terminal status in the plan's own word. */
export const showStatus = ({ status_code, plan }: Run): string =>
  isTerminal(status_code) ? (plan.statusWord ?? status_code) : status_code;

/** The run as the API shows it. `tell` renews the output URLs and is called only if the output is shown. */
export function showRun(
  run: Run,
  tell: (run: Run) => unknown,
  fields: readonly RunField[] = runFields,
): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const field of fields) shown[field] = field === 'output' ? tell(run) : run[field];
  if ('status_code' in shown) shown.status_code = showStatus(run);
  return shown;
}

let lastMs = 0;
let sequence = 0;

/** A UUID version 7 (RFC 9562). Sorts by creation, even within a millisecond: rand_a's 12 bits are a counter. */
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
