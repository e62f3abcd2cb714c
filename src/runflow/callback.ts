// Callbacks: checks the signature over the raw bytes first, then reads them. Signer and verifier share one rule:
// lower-case hex HMAC-SHA256(secret, raw body) in the header Runflow-Signature.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { type Outcome, readEnd, readStatus } from './run.ts';

export const signatureHeader = 'runflow-signature';

export type Callback = {
  runId: string;
  /** Absent when the payload reports no end, or one that leaves something unsaid: then the run is read. */
  outcome: Outcome | undefined;
  /** Which edit to look at; never decides where a picture goes. */
  editId: string | undefined;
};

/** @returns 64 lower-case hexadecimal characters */
export function sign(secret: string, body: Uint8Array): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

/** Whether a header looks like a signature at all; without one, a body needs no reading. */
export function mayBeSigned(signature: unknown): signature is string {
  return typeof signature === 'string' && /^[0-9a-f]{64}$/.test(signature);
}

/** Whether any of the secrets signed these bytes. During a rotation two secrets are valid side by side. */
export function isSigned(secrets: readonly string[], body: Uint8Array, signature: unknown): boolean {
  if (!mayBeSigned(signature)) return false;
  const given = Buffer.from(signature, 'hex');
  let matches = false;
  // Tries every secret, so that the time taken does not reveal which one matched.
  for (const secret of secrets) {
    if (timingSafeEqual(Buffer.from(sign(secret, body), 'hex'), given)) matches = true;
  }
  return matches;
}

const payload = z.object({
  event: z.string().nullish().catch(undefined),
  run_id: z.string().min(1).max(255),
  status: z.string().nullish().catch(undefined),
  output: z.unknown().optional(),
  duration_ms: z.number().nullish().catch(undefined),
  cost: z.unknown().optional(),
  completed_at: z.string().nullish().catch(undefined),
  failure_code: z.string().nullish().catch(undefined),
  failure_message: z.string().nullish().catch(undefined),
  metadata: z
    .object({ edit_id: z.string().max(100).optional().catch(undefined) })
    .nullish()
    .catch(undefined),
});

/** Reads the callback in a request body; undefined when it is not one. */
export function readCallback(json: unknown): Callback | undefined {
  const checked = payload.safeParse(json);
  if (!checked.success) return undefined;
  const { run_id, status, event, output, metadata } = checked.data;
  const { outcome } = readEnd({
    // Two words for one thing: the one that is understood counts.
    status: readStatus(status) === undefined ? (event ?? status) : status,
    output,
    durationMs: checked.data.duration_ms,
    cost: checked.data.cost,
    completedAt: checked.data.completed_at,
    failureCode: checked.data.failure_code,
    failureMessage: checked.data.failure_message,
    around: json,
  });
  return { runId: run_id, outcome, editId: metadata?.edit_id };
}
