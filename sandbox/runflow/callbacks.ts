// Callbacks: the payload documented on the model's page, signed over its raw bytes, attempted at most three times.
import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Run, type Status, showStatus } from './run.ts';

// The service expects a response within seconds; a slower receiver counts as a network error.
const timeoutMs = 10_000;

export type Delivery = { secret?: string | null; body?: (payload: unknown) => unknown; times?: number };

export type Callbacks = {
  /** Delivers with retries; calls `onFirst` after the first attempt. */
  deliver(run: Run, onFirst?: () => void): Promise<void>;
  /** Sends `times` times without retries; returns the response statuses (0: no response). */
  send(run: Run, delivery?: Delivery): Promise<number[]>;
};

function eventOf(status: Status): string {
  if (status === 'failed' || status === 'errored') return 'run.failed';
  if (status === 'canceled' || status === 'cancelled') return 'run.cancelled';
  return status === 'partial_succeeded' ? 'run.partial_succeeded' : 'run.completed';
}

/** The HMAC-SHA256 of a body in lower-case hex. */
export function signBody(secret: string, body: Buffer): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

export function createCallbacks(options: {
  secrets: () => readonly string[];
  retryMs: readonly number[];
  tell: (run: Run) => unknown;
  attempted: (run: Run) => void;
  signal: AbortSignal;
}): Callbacks {
  function payloadOf(run: Run): Record<string, unknown> {
    // The service reports failures in both ways, so a planned failure has an error as output, any other has null.
    const failure = run.plan.failure && run.failure_code;
    return {
      event: eventOf(run.status_code),
      run_id: run.id,
      // The model's page documents "cancelled" here, even where the run says "canceled".
      status: run.status_code === 'canceled' ? 'cancelled' : showStatus(run),
      output: failure ? { error: { code: run.failure_code, message: run.failure_message } } : options.tell(run),
      duration_ms: run.duration_ms,
      created_at: run.created_at,
      completed_at: run.completed_at,
      metadata: run.metadata,
    };
  }

  /** Sends one POST; returns the response status, or 0. */
  async function post(run: Run, url: string, body: Buffer, secret: string | null): Promise<number> {
    const at = new Date().toISOString();
    let status = 0;
    let failure: string | null = null;
    try {
      const response = await fetch(url, {
        method: 'POST',
        redirect: 'manual',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'runflow-callbacks',
          'runflow-request-id': randomUUID(),
          ...(secret !== null && { 'runflow-signature': signBody(secret, body) }),
        },
        body: new Uint8Array(body),
        signal: AbortSignal.any([options.signal, AbortSignal.timeout(timeoutMs)]),
      });
      status = response.status;
      await response.body?.cancel();
    } catch (error) {
      failure = error instanceof Error ? error.message : 'unknown';
    }
    run.callbackAttempts.push({ at, status: status || null, error: failure });
    options.attempted(run);
    return status;
  }

  return {
    async deliver(run, onFirst) {
      if (run.callback_url === null) {
        onFirst?.();
        return;
      }
      const body = Buffer.from(JSON.stringify(payloadOf(run)));
      for (const wait of [...options.retryMs, null]) {
        const status = await post(run, run.callback_url, body, options.secrets()[0] ?? null);
        onFirst?.();
        if ((status > 0 && status < 500) || wait === null) return;
        await sleep(wait, undefined, { signal: options.signal }).catch(() => undefined);
        if (options.signal.aborted) return;
      }
    },
    async send(run, { secret, body, times = 1 } = {}) {
      if (run.callback_url === null) throw new Error(`run ${run.id} has no callback_url`);
      const payload = payloadOf(run);
      const content = body ? body(payload) : payload;
      const raw = Buffer.isBuffer(content)
        ? content
        : Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
      const statuses: number[] = [];
      for (let sent = 0; sent < times; sent += 1) {
        statuses.push(
          await post(run, run.callback_url, raw, secret === undefined ? (options.secrets()[0] ?? null) : secret),
        );
      }
      return statuses;
    },
  };
}
