// The Runflow stand-in's callbacks and trigger words, over real HTTP.
import { createHmac } from 'node:crypto';
import sharp from 'sharp';
import { afterEach, expect, test } from 'vitest';
import { createRunflow, type Runflow, type RunflowOptions } from '../../sandbox/runflow/runflow.ts';
import { triggers } from '../../sandbox/runflow/triggers.ts';
import { pause } from '../support.ts';
import {
  ask,
  createReceiver,
  createRun,
  envelope,
  modelPath,
  readToEnd,
  runShape,
  smallPicture,
} from './runflow-client.ts';

let closing: (() => unknown)[] = [];

async function start(options: RunflowOptions = {}): Promise<Runflow> {
  const runflow = await createRunflow({ runMs: 20, callbackRetryMs: [10, 20], lateCallbackMs: 50, ...options });
  closing.push(runflow.close);
  return runflow;
}

async function receive(...statuses: number[]) {
  const receiver = await createReceiver(...statuses);
  closing.push(receiver.close);
  return receiver;
}

afterEach(async () => {
  await Promise.all(closing.map((close) => close()));
  closing = [];
});

function sign(secret: string, raw: Buffer | undefined): string {
  return createHmac('sha256', secret)
    .update(raw ?? '')
    .digest('hex');
}

test('a callback carries the payload, its request id, and the first secret’s signature', async () => {
  const runflow = await start({ secrets: ['whsec_new', 'whsec_old'] });
  const hook = await receive();
  const run = await createRun(runflow, 'sepia', {}, { callback_url: hook.url, metadata: { edit_id: '9' } });
  await hook.until(1);
  const [callback] = hook.received;
  expect(callback?.json).toEqual({
    event: 'run.completed',
    run_id: run.id,
    status: 'succeeded',
    output: expect.objectContaining({ outputs: [expect.objectContaining({ type: 'image' })], nsfw_detected: false }),
    duration_ms: expect.any(Number),
    created_at: expect.any(String),
    completed_at: expect.any(String),
    metadata: { edit_id: '9' },
  });
  expect(callback?.headers['runflow-request-id']).toEqual(expect.any(String));
  expect(callback?.headers['runflow-signature']).toBe(sign('whsec_new', callback?.raw));
});

test('without a secret there is no signature', async () => {
  const runflow = await start();
  const hook = await receive();
  await createRun(runflow, 'sepia', {}, { callback_url: hook.url });
  await hook.until(1);
  expect(hook.received[0]?.headers).not.toHaveProperty('runflow-signature');
});

test('5xx and silence are tried three times, 4xx once', async () => {
  const runflow = await start();
  const angry = await receive(500, 503, 500);
  const strict = await receive(404);
  const gone = 'http://127.0.0.1:1/hook';
  const ids: string[] = [];
  for (const callback_url of [angry.url, strict.url, gone]) {
    ids.push((await createRun(runflow, 'sepia', {}, { callback_url })).id);
  }
  for (const id of ids) await readToEnd(runflow, id);
  await pause(250);
  const attempts = ids.map((id) => runflow.runs.get(id)?.callbackAttempts.map(({ status }) => status));
  expect(attempts).toEqual([[500, 503, 500], [404], [null, null, null]]);
  const shown = await ask(runflow, 'GET', `/v1/runs/${ids[1]}/callback`);
  expect(shown.json).toMatchObject({ attempts: [{ status: 404, error: null }] });
  expect((await ask(runflow, 'POST', `/v1/runs/${ids[1]}/callback-redeliveries`)).status).toBe(202);
  await strict.until(2);
});

test('callbacks can be repeated, forged and signed with anything', async () => {
  const runflow = await start({ secrets: ['whsec_a'] });
  const hook = await receive();
  const run = await createRun(runflow, '[nocallback] sepia', {}, { callback_url: hook.url });
  await readToEnd(runflow, run.id);
  expect(await runflow.sendCallback(run.id, { times: 2 })).toEqual([200, 200]);
  await runflow.sendCallback(run.id, { secret: 'whsec_wrong', body: () => ({ run_id: 'other' }) });
  await runflow.sendCallback(run.id, { secret: null });
  runflow.setSecrets(['whsec_b']);
  await runflow.sendCallback(run.id);
  const signatures = hook.received.map(({ headers }) => headers['runflow-signature']);
  const wanted = ['whsec_a', 'whsec_a', 'whsec_wrong', null, 'whsec_b'].map((secret, index) =>
    secret === null ? undefined : sign(secret, hook.received[index]?.raw),
  );
  expect(signatures).toEqual(wanted);
  expect(hook.received[2]?.json).toEqual({ run_id: 'other' });
});

test('secrets are made and taken away over the API, two at most', async () => {
  const runflow = await start({ secrets: ['whsec_first'] });
  const made = await ask(runflow, 'POST', '/v1/callback-secrets', { label: 'new' });
  expect(made).toMatchObject({ status: 201, json: { plain_secret: expect.stringMatching(/^whsec_/) } });
  expect((await ask(runflow, 'POST', '/v1/callback-secrets', { label: 'third' })).status).toBe(409);
  const { items } = Object((await ask(runflow, 'GET', '/v1/callback-secrets')).json);
  expect(JSON.stringify(items)).not.toContain('whsec_');
  expect((await ask(runflow, 'DELETE', `/v1/callback-secrets/${items[0].id}`)).status).toBe(204);
  expect((await ask(runflow, 'DELETE', `/v1/callback-secrets/${items[0].id}`)).status).toBe(404);
});

test.each([
  ['twice', 2],
  ['late', 1],
  ['nocallback', 0],
])('[%s] sends %d callbacks', async (word, count) => {
  const runflow = await start();
  const hook = await receive();
  const run = await createRun(runflow, `[${word}] sepia`, {}, { callback_url: hook.url });
  await readToEnd(runflow, run.id);
  await pause(150);
  expect(hook.received).toHaveLength(count);
});

test('[early] calls back before the create request is answered', async () => {
  const runflow = await start();
  const hook = await receive();
  const run = await createRun(runflow, 'sepia [early]', {}, { callback_url: hook.url });
  expect(hook.received[0]?.json).toMatchObject({ run_id: run.id, status: 'succeeded' });
});

test.each([
  ['flagged', { status_code: 'succeeded', output: { nsfw_detected: true } }],
  ['unchecked', { status_code: 'succeeded', output: { nsfw_detected: null } }],
  ['failed', { status_code: 'failed', output: null, cost: '0' }],
  ['canceled', { status_code: 'canceled' }],
  ['cancelled', { status_code: 'cancelled' }],
  ['errored', { status_code: 'errored', output: null, failure_code: null }],
  ['no-output', { status_code: 'succeeded', output: null }],
])('[%s] ends the run so', async (word, end) => {
  const runflow = await start();
  const { id } = await createRun(runflow, `sepia [${word}]`);
  expect(await readToEnd(runflow, id)).toMatchObject(end);
});

test.each([
  ['credit', 402],
  ['badkey', 401],
  ['forbidden', 403],
  ['invalid', 422],
  ['down', 503],
])('[%s] is refused with %d, every time', async (word, status) => {
  const runflow = await start();
  const body = { input: { prompt: `sepia [${word}]`, image_urls: [await smallPicture()] } };
  expect((await ask(runflow, 'POST', modelPath, body)).status).toBe(status);
  expect((await ask(runflow, 'POST', modelPath, body)).status).toBe(status);
  expect(runflow.runs.size).toBe(0);
});

test('[ratelimit] and [unavailable] refuse once', async () => {
  const runflow = await start();
  for (const [word, status, wait] of [
    ['ratelimit', 429, '2'],
    ['unavailable', 503, null],
  ]) {
    const body = { input: { prompt: `sepia [${word}]`, image_urls: [await smallPicture()] } };
    const first = await ask(runflow, 'POST', modelPath, body);
    expect([first.status, first.headers.get('retry-after')]).toEqual([status, wait]);
    expect((await ask(runflow, 'POST', modelPath, body)).status).toBe(201);
  }
});

test('[lost] and [reset] create the run and spoil the answer', async () => {
  const runflow = await start();
  const body = (word: string, picture: string) => ({ input: { prompt: `[${word}]sepia`, image_urls: [picture] } });
  expect((await ask(runflow, 'POST', modelPath, body('lost', await smallPicture()))).status).toBe(502);
  await expect(ask(runflow, 'POST', modelPath, body('reset', await smallPicture()))).rejects.toThrow();
  expect(runflow.runs.size).toBe(2);
});

test('[partial], [old-shape], [broken], [truncated], [expired] and [huge] spoil the output', async () => {
  const runflow = await start();
  const end = async (prompt: string, more = {}) => {
    const { id } = await createRun(runflow, prompt, more);
    while (!runflow.runs.get(id)?.completed_at) await pause(10);
    return id;
  };
  const read = async (id: string) => runShape.parse((await ask(runflow, 'GET', `/v1/runs/${id}`)).json);
  const url = async (id: string) => (await read(id)).output?.outputs[0]?.url ?? '';

  const partial = await read(await end('[partial]', { num_images: 3 }));
  expect([partial.status_code, partial.output?.outputs.length]).toEqual(['partial_succeeded', 2]);
  const old = await ask(runflow, 'GET', `/v1/runs/${await end('[old-shape]')}`);
  expect(old.json).toMatchObject({ output: { image_urls: [expect.any(String)] } });
  const broken = await fetch(await url(await end('[broken]')));
  await expect(sharp(await broken.arrayBuffer()).metadata()).rejects.toThrow();
  const cut = await url(await end('[truncated]'));
  await expect(fetch(cut).then((response) => response.arrayBuffer())).rejects.toThrow();
  expect((await fetch(cut).then((response) => response.arrayBuffer())).byteLength).toBeGreaterThan(0);
  const expired = await end('[expired]');
  expect((await fetch(await url(expired))).status).toBe(403);
  expect((await fetch(await url(expired))).status).toBe(200);
  const huge = await fetch(await url(await end('[huge]')));
  const bytes = await huge.arrayBuffer();
  expect(bytes.byteLength).toBeGreaterThan(25e6);
  expect((await sharp(bytes).metadata()).format).toBe('png');
});

test('[stuck] never ends, [slow] takes its time, and a plan is stronger than a word', async () => {
  const runflow = await start();
  runflow.plan({ nsfw: false });
  const planned = await createRun(runflow, '[flagged]');
  expect((await readToEnd(runflow, planned.id)).output?.nsfw_detected).toBe(false);
  const stuck = await createRun(runflow, '[stuck]');
  const slow = await createRun(runflow, '[slow]');
  await pause(100);
  expect(runflow.runs.get(stuck.id)?.status_code).toBe('running');
  expect(runflow.runs.get(slow.id)?.status_code).toBe('queued');
  await runflow.finish(stuck.id);
  expect(runflow.runs.get(stuck.id)?.status_code).toBe('succeeded');
});

test('an odd telling goes to whom it is meant for, as often as it is meant', async () => {
  const runflow = await start();
  const hook = await receive();
  runflow.plan({
    nsfw: true,
    statusWord: 'Succeeded',
    tellings: [
      { to: 'callback', output: 'image-urls' },
      { flag: 'text', times: 1 },
    ],
  });
  const { id } = await createRun(runflow, 'sepia', {}, { callback_url: hook.url });
  while (hook.received.length === 0) await pause(10);
  expect(hook.received[0]?.json).toMatchObject({ status: 'Succeeded', output: { image_urls: [expect.any(String)] } });
  const read = async () => (await ask(runflow, 'GET', `/v1/runs/${id}`)).json;
  expect(await read()).toMatchObject({ status_code: 'Succeeded', output: { nsfw_detected: true } });
});

test('[unsigned] addresses are refused until a read asks for a signature', async () => {
  const runflow = await start();
  const { id } = await createRun(runflow, '[unsigned]');
  const url = async (query = '') =>
    runShape.parse((await ask(runflow, 'GET', `/v1/runs/${id}${query}`)).json).output?.outputs[0]?.url ?? '';
  while (!runflow.runs.get(id)?.completed_at) await pause(10);
  expect((await fetch(await url())).status).toBe(403);
  expect((await fetch(await url('?add_signature=true'))).status).toBe(200);
  expect((await ask(runflow, 'GET', `/v1/runs/${id}?add_signatures=true`)).status).toBe(422);
});

test('pages of the list take the form that is asked for', async () => {
  const runflow = await start();
  const ids = [(await createRun(runflow, 'one')).id, (await createRun(runflow, 'two')).id];
  const list = async (query = '') => (await ask(runflow, 'GET', `/v1/runs?limit=1${query}`)).json;
  runflow.pageForm = { cursor: 'url', items: 'data' };
  expect(await list()).toMatchObject({ data: [{ id: ids[1] }], next: expect.stringContaining('https://') });
  runflow.pageForm = { cursor: 'next' };
  const { next } = Object(await list());
  expect(await list(`&pq=${encodeURIComponent(next)}`)).toMatchObject({ items: [{ id: ids[0] }], next: null });
  runflow.pageForm = { cursor: 'hidden', unreadable: true };
  expect(await list()).toEqual({ items: [expect.not.objectContaining({ id: expect.anything() })] });
  runflow.pageForm = { cursor: 'loop' };
  expect(await ask(runflow, 'GET', '/v1/runs?limit=5&pq=first-page')).toMatchObject({
    json: { next_pq: 'first-page' },
  });
  runflow.pageForm = {};
  expect(await list()).toMatchObject({ next_pq: expect.any(String), prev_pq: null });
});

test('refusals take the form that is asked for', async () => {
  const runflow = await start();
  const refused = async () =>
    (await ask(runflow, 'POST', modelPath, { input: { prompt: ' ', image_urls: ['x'] } })).json;
  const { code, message, errors } = envelope.parse(await refused());
  expect(errors?.map(({ field }) => field)).toEqual(['input.prompt', 'input.image_urls.0']);
  runflow.errorForm = 'wrapped';
  expect(await refused()).toEqual({ error: { code, message, errors } });
  runflow.errorForm = 'detail';
  expect(await refused()).toMatchObject({ code, message, detail: [{ loc: ['body', 'input', 'prompt'] }, {}] });
});

test('the table names every trigger once', () => {
  expect(new Set(triggers.map(({ word }) => word)).size).toBe(triggers.length);
  expect(triggers.every(({ what }) => what.length > 5)).toBe(true);
});
