// Runflow's API as the client meets it: what is sent, what is read, and what each kind of trouble means for sending
// again, against a real server.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createRunflow as createStandIn } from '../../sandbox/runflow/runflow.ts';
import { systemClock } from '../../src/clock.ts';
import { RunflowError } from '../../src/errors.ts';
import { createRunflow, type NewRun, type Runflow } from '../../src/runflow/client.ts';
import { createLocalThrottle } from '../../src/store/throttle.ts';
import { closedPort, type HttpServer, type Received, serve } from '../http-server.ts';
import { pause } from '../support.ts';

const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

let now = 0;
const clock = { ...systemClock, now: () => now, elapsed: () => now };
const reads = { clock, notFound: { times: 4, forMs: 180_000 }, empty: { times: 3, forMs: 20_000 } };

function connect(apiUrl: string, syncMode = false): Runflow {
  const keepPicture = async () => {};
  const runflow = createRunflow({
    apiUrl,
    apiKey: 'runflow-key',
    syncMode,
    answerMs: 30_000,
    throttle: createLocalThrottle(systemClock),
    reads,
    keepPicture,
  });
  closing.push(runflow.close);
  return runflow;
}

/** A client and the server that it talks to. */
async function meet(
  handle: (request: Received, response: ServerResponse) => void,
): Promise<{ runflow: Runflow; server: HttpServer }> {
  const server = await serve(handle);
  closing.push(server.close);
  return { runflow: connect(server.url), server };
}

/** A client whose requests are answered, once their first bytes came, by whatever is done to the socket. */
async function connectRaw(answer: (socket: Socket) => unknown): Promise<Runflow> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => answer(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  return connect(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`);
}

function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

const meetAnswering = (status: number, body: unknown, headers?: Record<string, string>) =>
  meet((_request, response) => json(response, status, body, headers));

const newRun: NewRun = {
  model: 'black-forest-labs/flux-2-klein-9b/edit',
  input: { prompt: 'Schön 🎨', image_urls: ['https://cdn.discordapp.com/a.png'] },
  callbackUrl: 'https://bot.example/webhooks/runflow',
  clientRef: '1300',
  metadata: { edit_id: '1300', guild_id: null },
};

const queued = { id: 'run-1', status_code: 'queued', client_ref: '1300' };

async function trouble(call: Promise<unknown>): Promise<RunflowError> {
  const thrown: unknown = await call.then(
    () => new Error('it worked'),
    (error: unknown) => error,
  );
  if (!(thrown instanceof RunflowError)) throw thrown;
  return thrown;
}

describe('creating a run', () => {
  test('sends the input, the key and what ties the run to its edit', async () => {
    const { runflow, server } = await meetAnswering(201, queued);
    expect(await runflow.create(newRun)).toMatchObject({ id: 'run-1', clientRef: '1300', outcome: undefined });
    const [request] = server.received;
    expect(request).toMatchObject({
      method: 'POST',
      url: '/v1/models/black-forest-labs/flux-2-klein-9b/edit/runs',
      headers: { authorization: 'Bearer runflow-key', 'content-type': 'application/json' },
    });
    expect(JSON.parse(request?.body ?? '')).toEqual({
      input: newRun.input,
      callback_url: 'https://bot.example/webhooks/runflow',
      client_ref: '1300',
      metadata: { edit_id: '1300', guild_id: null },
    });
    expect(server.received).toHaveLength(1);
  });

  test('sends no callback URL when there is none', async () => {
    const { runflow, server } = await meetAnswering(201, queued);
    await runflow.create({ ...newRun, callbackUrl: undefined });
    expect(JSON.parse(server.received[0]?.body ?? '')).not.toHaveProperty('callback_url');
  });

  test.each([200, 201, 202])('takes %d as yes', async (status) => {
    const { runflow } = await meetAnswering(status, queued);
    expect(await runflow.create(newRun)).toMatchObject({ id: 'run-1' });
  });

  test('reads an end that came along', async () => {
    const output = { outputs: [{ url: 'data:image/png;base64,AAAA' }], seed: 1, nsfw_detected: null };
    const { runflow } = await meetAnswering(201, { ...queued, status_code: 'succeeded', output });
    expect((await runflow.create(newRun)).outcome).toMatchObject({ kind: 'succeeded', seed: 1 });
  });

  test.each([[{}], [[]], [null], ['run-1'], [{ run: queued }]])(
    'answered with %j may have created one',
    async (body) => {
      const { runflow } = await meetAnswering(201, body);
      expect((await trouble(runflow.create(newRun))).kind).toBe('unknown');
    },
  );

  test('is never repeated by the client itself', async () => {
    const { runflow, server } = await meet((_request, response) => void response.destroy());
    expect((await trouble(runflow.create(newRun))).kind).toBe('unknown');
    expect(server.received).toHaveLength(1);
  });
});

describe('every documented refusal', () => {
  test.each([
    [400, 'BAD_REQUEST', 'rejected'],
    [401, 'UNAUTHORIZED', 'rejected'],
    [402, 'INSUFFICIENT_CREDIT', 'rejected'],
    [403, 'PERMISSION_DENIED', 'rejected'],
    [403, 'EMAIL_NOT_VERIFIED', 'rejected'],
    [404, 'MODEL_NOT_FOUND', 'rejected'],
    [413, 'PAYLOAD_TOO_LARGE', 'rejected'],
    [413, '', 'unknown'],
    [422, 'VALIDATION_ERROR', 'rejected'],
    [429, 'RATE_LIMITED', 'throttled'],
    [408, '', 'unknown'],
    [409, 'CONFLICT', 'unknown'],
    [500, 'INTERNAL', 'unknown'],
    [502, '', 'unknown'],
    [503, 'MODEL_UNAVAILABLE', 'unavailable'],
    [503, '', 'unknown'],
    [504, '', 'unknown'],
  ])('%d %s is %s, in both envelopes', async (status, code, kind) => {
    for (const body of [{ code, message: 'in words', errors: null }, { error: { code, message: 'in words' } }]) {
      const { runflow } = await meetAnswering(status, body);
      const error = await trouble(runflow.create(newRun));
      expect(error).toMatchObject({ kind, status, code, retryAfterMs: undefined });
      expect(error.message).toContain(`POST /v1/models/black-forest-labs/flux-2-klein-9b/edit/runs: ${status}`);
      expect(error.message).toContain('in words');
    }
  });

  test('with details per field is read by its code', async () => {
    const body = { code: 'VALIDATION', message: 'no', errors: [{ field: 'seed' }], detail: [{ loc: ['input'] }] };
    const { runflow } = await meetAnswering(422, body);
    expect(await trouble(runflow.create(newRun))).toMatchObject({ kind: 'rejected', code: 'VALIDATION' });
  });

  test.each(['documented', 'wrapped', 'detail'] as const)('says which field Runflow minds (%s)', async (form) => {
    const standIn = await createStandIn({ key: 'runflow-key' });
    closing.push(standIn.close);
    standIn.errorForm = form;
    const input = { ...newRun.input, prompt: ' ', image_urls: ['nowhere'] };
    const error = await trouble(connect(standIn.url).create({ ...newRun, input }));
    expect(error).toMatchObject({ kind: 'rejected', status: 422, code: 'VALIDATION_ERROR' });
    expect(error.message).toMatch(
      /Validation failed \(.*input\.prompt: Must not be empty; .*image_urls\.0: Must be an http/,
    );
  });

  test.each([
    ['an HTML page', '<html><h1>502 Bad Gateway</h1></html>'],
    ['nothing', ''],
    ['broken JSON', '{"code": "INSUFF'],
    ['a number', '7'],
    ['codes that are no text', '{"code": 7, "message": {}}'],
    ['JSON of somebody else', '{"message": "Forbidden"}'],
  ])('is not known to be one when the body is %s', async (_what, body) => {
    const { runflow } = await meet((request, response) => {
      response.writeHead(request.method === 'POST' ? 402 : 502, { 'content-type': 'text/html' }).end(body);
    });
    // A proxy may have passed it on: whether there is a run is looked up.
    expect(await trouble(runflow.create(newRun))).toMatchObject({ kind: 'unknown', status: 402, code: '' });
    expect(await trouble(runflow.read('run-1'))).toMatchObject({ kind: 'unknown', status: 502 });
  });

  test.each([
    [{ detail: [{ loc: ['input', 'seed'], msg: 'not an integer' }] }],
    [{ errors: [{ field: 'seed', message: 'not an integer' }] }],
    [{ error: { detail: 'no such size' } }],
  ])('says without a code which field it minds: %j', async (body) => {
    const { runflow } = await meetAnswering(422, body);
    expect(await trouble(runflow.create(newRun))).toMatchObject({ kind: 'rejected', status: 422 });
  });

  test('does not carry the key', async () => {
    const { runflow } = await meetAnswering(401, { code: 'UNAUTHORIZED', message: 'invalid key' });
    expect(JSON.stringify(await trouble(runflow.create(newRun)))).not.toContain('runflow-key');
  });

  test('of a redirect is not followed with the key', async () => {
    const { runflow, server } = await meet((_request, response) => {
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    expect((await trouble(runflow.create(newRun))).kind).toBe('unknown');
    expect(server.received).toHaveLength(1);
  });
});

test('a yes that is not JSON may have created a run', async () => {
  const { runflow } = await meet((_request, response) => void response.writeHead(201).end('<html>OK</html>'));
  expect(await trouble(runflow.create(newRun))).toMatchObject({ kind: 'unknown', status: 201 });
});

describe('Retry-After', () => {
  test.each([
    ['7', 7_000],
    ['0', 0],
    ['1.5', 1_500],
    ['-3', 0],
    // Ten days are not believed.
    ['864000', 300_000],
    ['99999999999999999999', 300_000],
    ['soon', undefined],
    ['', undefined],
  ])('of %j is %s ms', async (header, ms) => {
    const { runflow } = await meetAnswering(429, { code: 'RATE_LIMITED' }, { 'retry-after': header });
    expect((await trouble(runflow.create(newRun))).retryAfterMs).toBe(ms);
  });

  test('as a date is the time until then, and never before now', async () => {
    const at = (ms: number) => ({ 'retry-after': new Date(Date.now() + ms).toUTCString() });
    const later = await meetAnswering(503, { code: 'MODEL_UNAVAILABLE' }, at(60_000));
    const ms = (await trouble(later.runflow.create(newRun))).retryAfterMs;
    expect(ms).toBeGreaterThan(55_000);
    expect(ms).toBeLessThanOrEqual(60_000);
    const past = await meetAnswering(429, {}, at(-60_000));
    expect((await trouble(past.runflow.create(newRun))).retryAfterMs).toBe(0);
  });
});

describe('a request', () => {
  test('to a port where nobody listens was not sent', async () => {
    const runflow = connect(`http://127.0.0.1:${await closedPort()}`);
    expect(await trouble(runflow.create(newRun))).toMatchObject({ kind: 'unsent', code: 'ECONNREFUSED' });
  });

  test('to a name that does not exist was not sent', async () => {
    const runflow = connect('http://runflow.invalid');
    expect((await trouble(runflow.create(newRun))).kind).toBe('unsent');
  });

  test('whose connection closes without an answer may have had its effect', async () => {
    const { runflow } = await meet((_request, response) => void response.destroy());
    const error = await trouble(runflow.create(newRun));
    expect(error).toMatchObject({ kind: 'unknown', status: undefined });
    expect(error.cause).toBeInstanceOf(Error);
  });

  test('whose connection is reset before a byte is read may have had its effect', async () => {
    const runflow = await connectRaw((socket) => socket.resetAndDestroy());
    expect((await trouble(runflow.create(newRun))).kind).toBe('unknown');
  });

  test('whose answer breaks off may have had its effect', async () => {
    const { runflow } = await meet((_request, response) => {
      response.writeHead(201, { 'content-length': 1_000 });
      response.write('{"id": "run-1"', () => response.destroy());
    });
    expect((await trouble(runflow.create(newRun))).kind).toBe('unknown');
  });

  test('that is answered with something other than HTTP may have had its effect', async () => {
    const runflow = await connectRaw((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'));
    expect((await trouble(runflow.create(newRun))).kind).toBe('unknown');
  });

  test('that is aborted while it waits may have had its effect', async () => {
    const { runflow } = await meet(() => {});
    const started = performance.now();
    expect((await trouble(runflow.create(newRun, AbortSignal.timeout(50)))).kind).toBe('unknown');
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  test('that is under way when the client closes ends', async () => {
    const { runflow, server } = await meet(() => {});
    const waiting = trouble(runflow.create(newRun));
    while (server.received.length === 0) await pause(5);
    await runflow.close();
    expect((await waiting).kind).toBe('unknown');
  });
});

describe('reading a run', () => {
  test('asks for exactly that one', async () => {
    const { runflow, server } = await meetAnswering(200, queued);
    expect(await runflow.read('run/../1?x')).toMatchObject({ id: 'run-1' });
    expect(server.received[0]).toMatchObject({ method: 'GET', url: '/v1/runs/run%2F..%2F1%3Fx', body: '' });
    expect(server.received[0]?.headers).not.toHaveProperty('content-type');
  });

  const unknownRun = { status: 404, body: { code: 'RUN_NOT_FOUND', message: 'no such run' } };
  const empty = { status: 200, body: { id: 'run-1', status_code: 'succeeded', output: null } };

  /** A client whose requests are answered one after the other as listed, and then always like the last. */
  async function meetTelling(...answers: { status: number; body: unknown }[]) {
    let asked = 0;
    return meet((_request, response) => {
      const answer = answers[Math.min(asked, answers.length - 1)];
      asked += 1;
      json(response, answer?.status ?? 500, answer?.body);
    });
  }

  /** What each of some reads says, that many milliseconds apart. */
  async function readings(runflow: Runflow, times: number, everyMs: number): Promise<unknown[]> {
    const said: unknown[] = [];
    for (let read = 0; read < times; read += 1) {
      said.push(
        await runflow.read('run-1').then(
          (run) => (run ? (run.outcome?.kind ?? (run.hint ? 'hint' : 'under way')) : 'not found'),
          (error: unknown) => (error instanceof RunflowError ? error.kind : error),
        ),
      );
      now += everyMs;
    }
    return said;
  }

  test.each([{ code: 'RUN_NOT_FOUND' }, { error: { code: 'RUN_NOT_FOUND' } }])(
    'that Runflow does not know is nothing once it said so four times over three minutes: %j',
    async (body) => {
      const { runflow } = await meetAnswering(404, body);
      expect(await readings(runflow, 5, 60_000)).toEqual(['unknown', 'unknown', 'unknown', 'not found', 'not found']);
    },
  );

  test('that Runflow does not know is not believed for asking often, nor for asking seldom', async () => {
    const often = await meetTelling(unknownRun);
    expect(new Set(await readings(often.runflow, 50, 1_000))).toEqual(new Set(['unknown']));
    const seldom = await meetTelling(unknownRun);
    expect(await readings(seldom.runflow, 3, 600_000)).toEqual(['unknown', 'unknown', 'unknown']);
  });

  test('that Runflow knows once in between is looked for anew', async () => {
    const { runflow } = await meetTelling(
      unknownRun,
      unknownRun,
      unknownRun,
      { status: 200, body: queued },
      unknownRun,
    );
    const said = await readings(runflow, 8, 60_000);
    expect(said).toEqual([...Array(3).fill('unknown'), 'under way', ...Array(3).fill('unknown'), 'not found']);
  });

  test.each([
    ['HTML', 404, '<html>404 Not Found</html>'],
    ['no code', 404, { message: 'not found' }],
    ['the code of another thing', 404, { code: 'NOT_FOUND' }],
    ['nothing', 404, ''],
    ['an unknown key', 401, { code: 'UNAUTHORIZED' }],
    ['a missing scope', 403, { code: 'PERMISSION_DENIED' }],
    ['a refusal', 422, { code: 'VALIDATION_ERROR' }],
    ['something gone', 410, { code: 'RUN_NOT_FOUND' }],
  ])('that is answered with %s says nothing about the run, however often', async (_what, status, body) => {
    const { runflow } = await meetAnswering(status, body);
    expect(new Set(await readings(runflow, 8, 60_000))).toEqual(new Set(['unknown']));
  });

  test('that succeeded without a picture has ended once it said so a few times over some seconds', async () => {
    const { runflow } = await meetTelling(empty);
    expect(await readings(runflow, 4, 10_000)).toEqual(['hint', 'hint', 'failed', 'failed']);
    const quick = await meetTelling(empty);
    expect(new Set(await readings(quick.runflow, 20, 100))).toEqual(new Set(['hint']));
  });

  test('whose pictures come later is a success, without a flag a success that was not checked', async () => {
    const output = { image_urls: ['https://a.example/1.png'] };
    const { runflow } = await meetTelling(empty, empty, { status: 200, body: { ...empty.body, output } }, empty);
    expect(await readings(runflow, 4, 10_000)).toEqual(['hint', 'hint', 'succeeded', 'hint']);
    const old = await meetAnswering(200, { ...empty.body, output });
    expect((await old.runflow.read('run-1'))?.outcome).toMatchObject({ kind: 'succeeded', nsfw: null });
  });

  test('that ended in a status that nobody knows has ended', async () => {
    const ended = { id: 'run-1', status_code: 'evaporated', completed_at: '2026-08-01T12:00:00Z', output: null };
    const { runflow } = await meetAnswering(200, ended);
    expect((await runflow.read('run-1'))?.outcome).toMatchObject({ kind: 'failed', code: 'UNKNOWN_END' });
  });

  test('asks for signed addresses where told, and without the parameter where it is refused', async () => {
    const { runflow, server } = await meet((request, response) => {
      if (request.url.includes('refusing')) return json(response, request.url.includes('?') ? 422 : 200, queued);
      json(response, 200, queued);
    });
    await runflow.read('taking', { addSignature: true });
    await runflow.read('refusing', { addSignature: true });
    expect(server.received.map(({ url }) => url)).toEqual([
      '/v1/runs/taking?add_signature=true',
      '/v1/runs/refusing?add_signature=true',
      '/v1/runs/refusing',
    ]);
  });

  test('is trouble when the answer is not a run', async () => {
    const { runflow } = await meetAnswering(200, { items: [] });
    expect((await trouble(runflow.read('run-1'))).kind).toBe('unknown');
  });
});

describe('listing runs', () => {
  test('asks for a whole page of what is needed, newest first', async () => {
    const { runflow, server } = await meetAnswering(200, { items: [queued], next_pq: 'abc', prev_pq: null });
    expect(await runflow.list()).toMatchObject({ runs: [{ id: 'run-1' }], next: 'abc' });
    const url = new URL(server.received[0]?.url ?? '', server.url);
    expect(url.pathname).toBe('/v1/runs');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      limit: '500',
      sort_by: 'created_at:desc',
      fields:
        'id,status_code,output,duration_ms,cost,created_at,completed_at,metadata,client_ref,input,failure_code,failure_message',
    });
  });

  test('goes on from a cursor, whatever is in it', async () => {
    const { runflow, server } = await meetAnswering(200, { items: [] });
    expect(await runflow.list('a&b=c/+')).toEqual({ runs: [], next: undefined, gaps: false });
    expect(new URL(server.received[0]?.url ?? '', server.url).searchParams.get('pq')).toBe('a&b=c/+');
  });

  test('leaves out what is not a run, and says that something is left out', async () => {
    const { runflow } = await meetAnswering(200, { items: [null, queued, { id: 7 }, 'x'], next_pq: null });
    const page = await runflow.list();
    expect(page.runs.map(({ id }) => id)).toEqual(['run-1']);
    expect(page.gaps).toBe(true);
  });

  const many = (count: number) => Array.from({ length: count }, (_, index) => ({ ...queued, id: `run-${index}` }));

  test.each([
    ['next_pq', { next_pq: 'abc' }, 'abc'],
    ['next', { next: 'abc' }, 'abc'],
    ['both, one of them null', { next_pq: null, next: 'abc' }, 'abc'],
    ['an address', { next: 'https://api.runflow.io/v1/runs?limit=500&pq=a%2Bb%3D%3D&x=1' }, 'a+b=='],
    ['a path', { next: '/v1/runs?pq=abc' }, 'abc'],
    ['a query', { next: '?pq=abc' }, 'abc'],
    ['a number', { next: 500 }, '500'],
    ['text that begins like a path', { next_pq: '/9j/4AA=' }, '/9j/4AA='],
  ])('finds the cursor in %s', async (_what, body, next) => {
    for (const items of [many(1), many(500)]) {
      const { runflow } = await meetAnswering(200, { items, ...body });
      expect(await runflow.list()).toMatchObject({ next, gaps: false });
    }
  });

  test.each(['items', 'data', 'runs'])('finds the runs under %s', async (name) => {
    const { runflow } = await meetAnswering(200, { [name]: [queued] });
    expect(await runflow.list()).toMatchObject({ runs: [{ id: 'run-1' }], next: undefined, gaps: false });
  });

  test.each([
    ['a full page without a cursor', { items: many(500) }, true],
    ['a full page whose cursor is null', { items: many(500), next_pq: null, next: null }, true],
    ['a page that is not full', { items: many(499), next_pq: null }, false],
    ['an empty page', { items: [], next: '' }, false],
    ['a cursor of another shape', { items: many(1), next: { cursor: 'abc' } }, true],
    ['an address without a cursor', { items: many(1), next: 'https://api.runflow.io/v1/runs?page=2' }, true],
    ['a word that there are more', { items: many(1), has_more: true }, true],
  ])('of %s: something may be missing is %j', async (_what, body, gaps) => {
    const { runflow } = await meetAnswering(200, body);
    expect(await runflow.list()).toMatchObject({ next: undefined, gaps });
  });

  test.each([[{}], [[queued]], [{ items: queued }], [null]])('is trouble when the answer is %j', async (body) => {
    const { runflow } = await meetAnswering(200, body);
    expect((await trouble(runflow.list())).kind).toBe('unknown');
  });
});

test('two hundred requests at once are all answered', async () => {
  const { runflow, server } = await meet((request, response) =>
    json(response, 200, { id: request.url.split('/').at(-1) }),
  );
  const runs = await Promise.all(Array.from({ length: 200 }, (_, index) => runflow.read(`run-${index}`)));
  expect(runs.map((run) => run?.id)).toEqual(Array.from({ length: 200 }, (_, index) => `run-${index}`));
  expect(server.received).toHaveLength(200);
});
