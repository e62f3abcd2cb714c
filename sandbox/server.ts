// The base of both stand-ins: an HTTP server on 127.0.0.1 that records every request and can inject faults. Faults act
// on real sockets, so that clients see real resets and timeouts.
import { setTimeout as sleep } from 'node:timers/promises';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { readMultipart } from './multipart.ts';

/** A request as received, and the status of its response (0: none, the connection was cut). */
export type Recorded = {
  /** Milliseconds since the epoch. */
  at: number;
  method: string;
  /** Path and query as sent. */
  path: string;
  headers: Record<string, string | string[] | undefined>;
  /** The JSON body, or a multipart body's `payload_json`. */
  json: unknown;
  files: RecordedFile[];
  bytes: number;
  status: number;
};

export type RecordedFile = { field: string; name: string; type: string; bytes: Buffer };

/** What a fault does to a matching request. `-after`: the request takes effect, only its response is spoiled. */
export type FaultEffect =
  | { kind: 'answer'; status: number; body?: unknown; headers?: Record<string, string> }
  | { kind: 'answer-after'; status: number; body?: unknown; headers?: Record<string, string> }
  | { kind: 'reset' }
  | { kind: 'reset-after' }
  | { kind: 'hang' }
  | { kind: 'hang-after' }
  | { kind: 'delay'; ms: number }
  /** Sends the full Content-Length, then cuts the connection after this many bytes. */
  | { kind: 'truncate'; bytes: number }
  /** Sends the full Content-Length and this many bytes, and then a byte every tenth of a second. */
  | { kind: 'trickle'; bytes: number };

export type Fault = {
  method?: string;
  /** Matched against path and query. */
  path: RegExp;
  /** A further condition. */
  when?: (request: Recorded) => boolean;
  /** How many matching requests pass first (default 0). */
  skip?: number;
  /** How many matching requests fail after those (default 1). */
  times?: number;
} & FaultEffect;

export type StandIn = {
  app: FastifyInstance;
  /** `http://127.0.0.1:port`; throws before the server listens. */
  origin(): string;
  listen(port?: number): Promise<void>;
  requests: Recorded[];
  /** Adds a fault; the returned function removes it. */
  fault(fault: Fault): () => void;
  clearFaults(): void;
  /** Resolves with the first request, past or future, that matches. */
  request(predicate: (request: Recorded) => boolean, timeoutMs?: number): Promise<Recorded>;
  close(): Promise<void>;
};

const recordings = new WeakMap<FastifyRequest, Recorded>();
const responseFaults = new WeakMap<FastifyRequest, FaultEffect>();

/** The record of the request being handled. */
export function recorded(request: FastifyRequest): Recorded {
  const recording = recordings.get(request);
  if (!recording) throw new Error('request was not recorded');
  return recording;
}

const longNumber = /[:[,]\s*-?\d{16}/;

/** Numbers that JavaScript cannot hold, such as snowflakes, become their digits. */
function readJson(bytes: Buffer): unknown {
  const text = bytes.toString('utf8');
  if (!longNumber.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) => {
    const exact = typeof value !== 'number' || !Number.isInteger(value) || Number.isSafeInteger(value);
    return exact ? value : (context?.source ?? value);
  });
}

function parseBody(recording: Recorded, raw: Buffer, type: string): void {
  if (type.startsWith('multipart/form-data')) {
    for (const { field, name, type: partType, bytes } of readMultipart(raw, type)) {
      if (name !== undefined) recording.files.push({ field, name, type: partType, bytes });
      else if (field === 'payload_json') recording.json = readJson(bytes);
    }
  } else if (type.includes('json') && raw.length > 0) {
    recording.json = readJson(raw);
  }
}

function trickle(reply: FastifyReply, now: Buffer, later: Buffer): void {
  let sent = 0;
  reply.raw.write(now);
  const timer = setInterval(() => {
    if (sent >= later.length) return void reply.raw.end();
    reply.raw.write(later.subarray(sent, sent + 1));
    sent += 1;
  }, 100);
  reply.raw.on('close', () => clearInterval(timer));
}

/**
 * Creates a server without routes. Handlers read bodies from `recorded(request)`; an unparsable body gets a 400 with
 * `unreadableBody` (Discord's by default).
 */
export function createStandIn(unreadableBody: unknown = { message: '400: Bad Request', code: 50109 }): StandIn {
  const app = fastify({
    bodyLimit: 128 * 2 ** 20,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 500 },
  });
  const requests: Recorded[] = [];
  const faults: { fault: Fault; skip: number; times: number }[] = [];
  const waiting = new Set<(request: Recorded) => void>();

  function takeFault(recording: Recorded): FaultEffect | undefined {
    for (const entry of faults) {
      const { fault } = entry;
      if (entry.times <= 0 || (fault.method && fault.method !== recording.method)) continue;
      if (!fault.path.test(recording.path) || (fault.when && !fault.when(recording))) continue;
      if (entry.skip > 0) {
        entry.skip -= 1;
        continue;
      }
      entry.times -= 1;
      return fault;
    }
    return undefined;
  }

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  app.addHook('preHandler', async (request, reply) => {
    const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const recording: Recorded = {
      at: Date.now(),
      method: request.method,
      path: request.url,
      headers: request.headers,
      json: undefined,
      files: [],
      bytes: raw.length,
      status: 0,
    };
    recordings.set(request, recording);
    let unreadable = false;
    try {
      parseBody(recording, raw, request.headers['content-type'] ?? '');
    } catch {
      unreadable = true;
    }
    requests.push(recording);
    for (const wake of waiting) wake(recording);
    const effect = takeFault(recording);
    if (effect) {
      const end = await applyFault(effect, request, reply);
      if (end) return reply;
    }
    if (unreadable) return reply.code(400).send(unreadableBody);
    return undefined;
  });

  /** Returns true if the request must not be handled further. */
  async function applyFault(effect: FaultEffect, request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    switch (effect.kind) {
      case 'answer':
        reply
          .code(effect.status)
          .headers(effect.headers ?? {})
          .send(effect.body ?? '');
        return true;
      case 'reset':
        reply.hijack();
        request.raw.socket.resetAndDestroy();
        return true;
      case 'hang':
        reply.hijack();
        return true;
      case 'delay':
        await sleep(effect.ms);
        return false;
      default:
        responseFaults.set(request, effect);
        return false;
    }
  }

  app.addHook('onSend', async (request, reply, payload) => {
    const effect = responseFaults.get(request);
    if (!effect) return payload;
    responseFaults.delete(request);
    switch (effect.kind) {
      case 'reset-after':
        reply.hijack();
        request.raw.socket.resetAndDestroy();
        return payload;
      case 'hang-after':
        // Fastify sends nothing until this hook resolves.
        return new Promise<never>(() => {});
      case 'truncate':
      case 'trickle': {
        const whole = Buffer.isBuffer(payload) ? payload : Buffer.from(String(payload ?? ''));
        reply.hijack();
        reply.raw.writeHead(reply.statusCode, {
          'content-type': String(reply.getHeader('content-type') ?? 'application/octet-stream'),
          'content-length': whole.length,
        });
        const begun = whole.subarray(0, effect.bytes);
        if (effect.kind === 'truncate') reply.raw.write(begun, () => request.raw.socket.destroy());
        else trickle(reply, begun, whole.subarray(effect.bytes));
        return payload;
      }
      case 'answer-after':
        reply.code(effect.status).headers({ 'content-type': 'application/json', ...effect.headers });
        reply.removeHeader('content-length');
        return JSON.stringify(effect.body ?? {});
      default:
        return payload;
    }
  });

  app.addHook('onResponse', async (request, reply) => {
    const recording = recordings.get(request);
    if (recording) recording.status = reply.statusCode;
  });

  return {
    app,
    origin() {
      const address = app.server.address();
      if (address === null || typeof address === 'string') throw new Error('the stand-in is not listening');
      return `http://127.0.0.1:${address.port}`;
    },
    async listen(port = 0) {
      await app.listen({ host: '127.0.0.1', port });
    },
    requests,
    fault(fault) {
      const entry = { fault, skip: fault.skip ?? 0, times: fault.times ?? 1 };
      faults.push(entry);
      return () => {
        entry.times = 0;
      };
    },
    clearFaults() {
      faults.length = 0;
    },
    request(predicate, timeoutMs = 15_000) {
      const found = requests.find(predicate);
      if (found) return Promise.resolve(found);
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(wake);
          reject(new Error(`no such request within ${timeoutMs} ms`));
        }, timeoutMs);
        const wake = (request: Recorded) => {
          if (!predicate(request)) return;
          clearTimeout(timer);
          waiting.delete(wake);
          resolve(request);
        };
        waiting.add(wake);
      });
    },
    async close() {
      await app.close();
    },
  };
}
