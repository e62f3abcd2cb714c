// Runflow's API over undici: create a run, read one, list the recent ones. Never retries: only the caller knows whether
// that is safe, because creating a run twice costs twice.
import { Agent, errors, request } from 'undici';
import { z } from 'zod';
import { asError, RunflowError } from '../errors.ts';
import { createSlots } from '../slots.ts';
import { type InlinePictures, readAnswer, referInline } from './inline.ts';
import { type Run, readRun } from './run.ts';

export type NewRun = {
  model: string;
  input: Record<string, unknown>;
  callbackUrl: string | undefined;
  clientRef: string;
  metadata: Record<string, string | boolean | null>;
};

export type Page = { runs: Run[]; next: string | undefined };

export type Runflow = {
  /** @throws {RunflowError} */
  create(run: NewRun, signal?: AbortSignal): Promise<Run>;
  /** Undefined when Runflow does not know the run. @throws {RunflowError} */
  read(id: string, signal?: AbortSignal): Promise<Run | undefined>;
  /** One page of runs, newest first, at most 500. @throws {RunflowError} */
  list(cursor?: string, signal?: AbortSignal): Promise<Page>;
  /** The data: URI of a run's picture that came inside its answer. @throws {RunflowError} */
  picture(id: string, index: number): Promise<string | undefined>;
  close(): Promise<void>;
};

/** Runs per page: the most that Runflow allows. */
const pageSize = 500;

const listFields = [
  'id',
  'status_code',
  'output',
  'duration_ms',
  'created_at',
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

const errorBody = z.object({ code: z.string().optional(), message: z.string().optional() });
const errorEnvelope = z.union([z.object({ error: errorBody }).transform(({ error }) => error), errorBody]);
const listBody = z.object({ items: z.array(z.unknown()), next_pq: z.string().nullish() });

/** Parses Retry-After: HTTP allows seconds or a date. */
function readRetryAfter(header: string | string[] | undefined): number | undefined {
  if (typeof header !== 'string' || header === '') return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Answers with pictures inside that are read at the same time: each takes several times its size. */
const picturesAtOnce = 2;

/** Read without the pictures inside it. */
const plain = { keep: false, use: async (json: unknown) => json };

/** @param options.answerMs milliseconds of silence after which an answer counts as lost */
export function createRunflow(options: {
  apiUrl: string;
  apiKey: string;
  syncMode: boolean;
  answerMs: number;
  /** Keeps a picture that came inside an answer, before anybody is told of the run. */
  keepPicture: InlinePictures['keep'];
}): Runflow {
  const dispatcher = new Agent({ connections: 64, connectTimeout: 10_000 });
  const timeouts = options.syncMode
    ? syncTimeouts
    : { headersTimeout: options.answerMs, bodyTimeout: options.answerMs };

  const reading = createSlots(picturesAtOnce);

  /** @param reader.use takes what it wants of the pictures before other answers with pictures are read */
  async function call<Result>(
    method: 'GET' | 'POST',
    path: string,
    body: unknown,
    signal: AbortSignal | undefined,
    reader: { keep: boolean; use: (json: unknown, pictures: readonly string[]) => Promise<Result> },
  ): Promise<Result> {
    const what = `${method} ${path.split('?')[0]}`;
    let status: number;
    let headers: Record<string, string | string[] | undefined>;
    let answer: Awaited<ReturnType<typeof request>>;
    try {
      answer = await request(options.apiUrl + path, {
        method,
        dispatcher,
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
      const { text, pictures } = await readAnswer(answer.body, reader.keep).catch((thrown: unknown) => {
        throw noAnswer(what, thrown);
      });
      const json = parseJson(text);
      if (status < 200 || status >= 300) return { json };
      if (json === undefined) throw new RunflowError('unknown', `${what}: ${status}, but not JSON`, { status });
      return { json, result: await reader.use(json, pictures) };
    };
    const { json, ...done } = await (reader.keep ? reading.run(read) : read());
    if ('result' in done) return done.result;
    const envelope = errorEnvelope.safeParse(json);
    const { code = '', message = '' } = envelope.success ? envelope.data : {};
    const retryAfterMs = readRetryAfter(headers['retry-after']);
    throw new RunflowError(errorKind(status), `${what}: ${status} ${code} ${message}`.trim(), {
      status,
      code,
      retryAfterMs,
    });
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

    async read(id, signal) {
      try {
        const run = readRun(await call('GET', `/v1/runs/${encodeURIComponent(id)}`, undefined, signal, plain));
        if (!run) throw new RunflowError('unknown', `GET /v1/runs/${id}: answered without a run`);
        return referInline(run).run;
      } catch (error) {
        if (error instanceof RunflowError && error.status === 404) return undefined;
        throw error;
      }
    },

    async list(cursor, signal) {
      const query = new URLSearchParams({ limit: String(pageSize), sort_by: 'created_at:desc', fields: listFields });
      if (cursor) query.set('pq', cursor);
      const body = listBody.safeParse(await call('GET', `/v1/runs?${query}`, undefined, signal, plain));
      if (!body.success) throw new RunflowError('unknown', 'GET /v1/runs: answered without a list');
      return {
        runs: body.data.items
          .map(readRun)
          .filter((run) => run !== undefined)
          .map((run) => referInline(run).run),
        next: body.data.next_pq ?? undefined,
      };
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

    async close() {
      await dispatcher.destroy();
    },
  };
}

function noAnswer(what: string, thrown: unknown): RunflowError {
  const error = asError(thrown);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const unsent = neverSent.has(code) || error instanceof errors.ConnectTimeoutError;
  return new RunflowError(unsent ? 'unsent' : 'unknown', `${what}: ${error.message || code}`, { code, cause: error });
}

/** 409 asks to look again; 408 and 5xx do not say whether the request took effect. */
function errorKind(status: number): RunflowError['kind'] {
  if (status === 429) return 'throttled';
  if (status === 408 || status === 409 || status >= 500 || status < 400) return 'unknown';
  return 'rejected';
}
