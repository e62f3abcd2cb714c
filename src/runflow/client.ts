// Runflow's API over undici: create a run, read one, list the recent ones. Never retries: only the caller knows whether
// that is safe, because creating a run twice costs twice.
import { Agent, errors, request } from 'undici';
import { asError, believed, RunflowError } from '../errors.ts';
import { readJson } from '../json.ts';
import { createSlots } from '../slots.ts';
import type { Throttle } from '../store/throttle.ts';
import { type Assets, createAssets } from './assets.ts';
import { decodeBody } from './encoding.ts';
import { readErrorBody, saysWhy } from './error-body.ts';
import { type InlinePictures, readAnswer, referInline } from './inline.ts';
import { type Page, readPage } from './page.ts';
import { createReads, type ReadOptions } from './reads.ts';
import { type Run, readRun } from './run.ts';

export type NewRun = {
  model: string;
  input: Record<string, unknown>;
  callbackUrl: string | undefined;
  clientRef: string;
  metadata: Record<string, string | boolean | null>;
};

export type Runflow = {
  /** @throws {RunflowError} */
  create(run: NewRun, signal?: AbortSignal): Promise<Run>;
  /** Undefined once it is certain that Runflow does not know the run. @throws {RunflowError} */
  read(id: string, how?: ReadOptions): Promise<Run | undefined>;
  /** One page of runs, newest first, at most 500. @throws {RunflowError} */
  list(cursor?: string, signal?: AbortSignal): Promise<Page>;
  /** The data: URI of a run's picture that came inside its answer. @throws {RunflowError} */
  picture(id: string, index: number): Promise<string | undefined>;
  assets: Assets;
  close(): Promise<void>;
};

/** Runs per page: the most that Runflow allows. */
const pageSize = 500;

const listFields = [
  'id',
  'status_code',
  'output',
  'duration_ms',
  'cost',
  'created_at',
  'completed_at',
  'metadata',
  'client_ref',
  'input',
  'failure_code',
  'failure_message',
].join(',');

// With sync_mode, the answer to a create is the finished picture.
const syncTimeouts = { headersTimeout: 120_000, bodyTimeout: 60_000 };

// With these errors not a byte was sent, so nothing can have been created.
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

type Headers = Record<string, string | string[] | undefined>;

/** Parses Retry-After: HTTP allows seconds or a date. */
function readRetryAfter(header: string | string[] | undefined): number | undefined {
  if (typeof header !== 'string' || header === '') return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : believed(Math.max(0, ms));
}

/** Milliseconds until the rate limit starts anew, when it is used up; by the server's own clock. */
function readUsedUp(headers: Headers): number | undefined {
  if (headers['x-ratelimit-remaining'] !== '0') return undefined;
  const ms = Number(headers['x-ratelimit-reset']) * 1000 - Date.parse(String(headers.date));
  return Number.isNaN(ms) || ms <= 0 ? undefined : believed(ms);
}

/** Answers with pictures inside that are read at the same time: each takes several times its size. */
const picturesAtOnce = 2;

/** Runflow tells its limit with each answer; until it is used up, nobody waits. */
const unlimited = { most: 1, everyMs: 0 };

/** Read without the pictures inside it. */
const plain = { keep: false, use: async (json: unknown) => json };

/** @param options.answerMs milliseconds of silence after which an answer counts as lost */
export function createRunflow(options: {
  apiUrl: string;
  apiKey: string;
  syncMode: boolean;
  answerMs: number;
  /** Called when a create request used up the rate limit. @param ms until it starts anew */
  onUsedUp?: (ms: number) => void;
  /** What all processes ask of Runflow together: once one of them has to wait, all do. */
  throttle: Throttle;
  /** Called whenever Runflow did what was asked. */
  onAnswer?: () => void;
  /** Called whenever Runflow does not accept the key. */
  onRefusedKey?: () => void;
  /** When a read is believed. */
  reads: Pick<Parameters<typeof createReads>[0], 'clock' | 'notFound' | 'empty'>;
  /** Keeps a picture that came inside an answer, before anybody is told of the run. */
  keepPicture: InlinePictures['keep'];
}): Runflow {
  const dispatcher = new Agent({ connections: 64, connectTimeout: 10_000 });
  // Slow creates must not hold up reading what is finished. run/create-queue.ts limits how many leave.
  const creating = new Agent({ connections: 128, connectTimeout: 10_000 });
  const timeouts = options.syncMode
    ? syncTimeouts
    : { headersTimeout: options.answerMs, bodyTimeout: options.answerMs };

  const reading = createSlots(picturesAtOnce);

  /** @param reader.use takes what it wants of the pictures before other answers with pictures are read */
  async function call<Result>(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    body: unknown,
    signal: AbortSignal | undefined,
    reader: { keep: boolean; use: (json: unknown, pictures: readonly string[]) => Promise<Result> },
  ): Promise<Result> {
    const what = `${method} ${path.split('?')[0]}`;
    const limit = `runflow:${method}`;
    const { granted, waitMs } = await options.throttle.take(limit, unlimited, 1);
    if (granted === 0) {
      throw new RunflowError('throttled', `${what}: not sent, Runflow takes none for now`, { retryAfterMs: waitMs });
    }
    let status: number;
    let headers: Headers;
    let answer: Awaited<ReturnType<typeof request>>;
    try {
      answer = await request(options.apiUrl + path, {
        method,
        dispatcher: method === 'POST' ? creating : dispatcher,
        ...timeouts,
        headers: {
          authorization: `Bearer ${options.apiKey}`,
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        signal: signal ?? null,
      });
      status = answer.statusCode;
      headers = answer.headers;
    } catch (thrown) {
      throw noAnswer(what, thrown);
    }
    const read = async () => {
      const readBody = async () => readAnswer(decodeBody(answer.body, headers), reader.keep);
      const { text, pictures } = await readBody().catch((thrown: unknown) => {
        throw noAnswer(what, thrown);
      });
      const json = readJson(text);
      const usedUpMs = method === 'POST' ? readUsedUp(headers) : undefined;
      if (usedUpMs !== undefined) {
        options.onUsedUp?.(usedUpMs);
        await options.throttle.pause(limit, usedUpMs);
      }
      if (status < 200 || status >= 300) return { json };
      if (json === undefined && status !== 204)
        throw new RunflowError('unknown', `${what}: ${status}, but not JSON`, { status });
      options.onAnswer?.();
      return { json, result: await reader.use(json, pictures) };
    };
    const { json, ...done } = await (reader.keep ? reading.run(read) : read());
    if ('result' in done) return done.result;
    const { code, message } = readErrorBody(json);
    if (status === 401 && saysWhy(json)) options.onRefusedKey?.();
    const retryAfterMs = readRetryAfter(headers['retry-after']);
    const kind = errorKind(status, code);
    if (kind === 'throttled' && retryAfterMs) await options.throttle.pause(limit, retryAfterMs);
    // A proxy answers with a 4xx as well, also when it has passed the request on.
    const isCertain = method !== 'POST' || kind !== 'rejected' || saysWhy(json);
    throw new RunflowError(isCertain ? kind : 'unknown', `${what}: ${status} ${code} ${message}`.trim(), {
      status,
      code,
      retryAfterMs,
    });
  }

  async function readOnce(id: string, query: string, signal?: AbortSignal): Promise<Run | undefined> {
    try {
      const run = readRun(await call('GET', `/v1/runs/${encodeURIComponent(id)}${query}`, undefined, signal, plain));
      if (!run) throw new RunflowError('unknown', `GET /v1/runs/${id}: answered without a run`);
      return referInline(run).run;
    } catch (error) {
      // A proxy answers 404 as well; only Runflow's own code is about the run.
      if (error instanceof RunflowError && error.status === 404 && error.code === 'RUN_NOT_FOUND') return undefined;
      throw error;
    }
  }

  return {
    async create(run, signal) {
      const body = {
        input: run.input,
        ...(run.callbackUrl === undefined ? {} : { callback_url: run.callbackUrl }),
        client_ref: run.clientRef,
        metadata: run.metadata,
      };
      return call('POST', `/v1/models/${run.model}/runs`, body, signal, {
        // Otherwise a run is not finished yet when this answer comes.
        keep: options.syncMode,
        async use(json, pictures) {
          const read = readRun(json);
          if (!read) throw new RunflowError('unknown', 'POST runs: answered without a run');
          const { run: created, places } = referInline(read);
          for (const { index, place } of places) {
            const uri = pictures[place];
            if (uri) await options.keepPicture(created.id, index, uri);
          }
          return created;
        },
      });
    },

    read: createReads({ readOnce, ...options.reads }),

    async list(cursor, signal) {
      const query = new URLSearchParams({ limit: String(pageSize), sort_by: 'created_at:desc', fields: listFields });
      if (cursor) query.set('pq', cursor);
      const page = readPage(await call('GET', `/v1/runs?${query}`, undefined, signal, plain), pageSize);
      if (!page) throw new RunflowError('unknown', 'GET /v1/runs: answered without a list');
      return { ...page, runs: page.runs.map((run) => referInline(run).run) };
    },

    picture: (id, index) =>
      call('GET', `/v1/runs/${encodeURIComponent(id)}`, undefined, undefined, {
        keep: true,
        async use(json, pictures) {
          const run = readRun(json);
          const place = run && referInline(run).places.find((one) => one.index === index)?.place;
          return place === undefined ? undefined : pictures[place];
        },
      }),

    assets: createAssets((method, path, body, signal) => call(method, path, body, signal, plain), dispatcher),

    async close() {
      await Promise.all([dispatcher.destroy(), creating.destroy()]);
    },
  };
}

function noAnswer(what: string, thrown: unknown): RunflowError {
  const error = asError(thrown);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  // The same codes may come from a connection that has carried the request already.
  const isConnecting = !('syscall' in error) || error.syscall === 'connect' || error.syscall === 'getaddrinfo';
  const unsent = (neverSent.has(code) && isConnecting) || error instanceof errors.ConnectTimeoutError;
  return new RunflowError(unsent ? 'unsent' : 'unknown', `${what}: ${error.message || code}`, { code, cause: error });
}

/** 409 asks to look again; 408 and 5xx do not say whether the request took effect. */
function errorKind(status: number, code: string): RunflowError['kind'] {
  if (status === 429) return 'throttled';
  if (status === 503 && code === 'MODEL_UNAVAILABLE') return 'unavailable';
  if (status === 408 || status === 409 || status >= 500 || status < 400) return 'unknown';
  return 'rejected';
}
