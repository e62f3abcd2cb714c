// The HTTP entrance over real connections: what a callback needs to be taken, and what operators can ask.
import { request } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../src/clock.ts';
import { StoreError } from '../src/errors.ts';
import { createHttp, type HttpOptions } from '../src/http.ts';
import { createLog } from '../src/log.ts';
import { createMetrics } from '../src/metrics.ts';
import { type Callback, sign, signatureHeader } from '../src/runflow/callback.ts';
import { minuteMs, pause } from './support.ts';

const secret = 'whsec_one';
const path = '/webhooks/runflow';
const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function start(changes: Partial<HttpOptions> = {}) {
  const taken: { callback: Callback; proven: boolean }[] = [];
  const lines: string[] = [];
  const http = await createHttp({
    secrets: [secret],
    async onCallback(callback, proven) {
      taken.push({ callback, proven });
      return 'kept';
    },
    probe: async () => {},
    isConnected: () => true,
    troubles: () => [],
    withMetrics: true,
    metrics: createMetrics(),
    clock: systemClock,
    log: createLog('debug', [], { write: (line) => lines.push(line) }),
    ...changes,
  });
  closing.push(() => http.close());
  return { url: await http.listen({ host: '127.0.0.1', port: 0 }), taken, lines };
}

const ended = JSON.stringify({ event: 'run.cancelled', run_id: 'run-1', status: 'cancelled', output: null, cost: '0' });

function post(url: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url + path, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', [signatureHeader]: sign(secret, Buffer.from(body)), ...headers },
  });
}

describe('a callback', () => {
  test('with a valid signature is taken as proven', async () => {
    const { url, taken } = await start();
    const answer = await post(url, ended);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ result: 'kept' });
    expect(taken).toEqual([
      { callback: { runId: 'run-1', outcome: { kind: 'canceled', charged: false }, editId: undefined }, proven: true },
    ]);
  });

  test('is checked over its bytes as they came', async () => {
    const { url, taken } = await start();
    const spaced = ended.replaceAll(',', ' ,\r\n ').replace('run-1', 'Schön 🎨');
    expect((await post(url, spaced)).status).toBe(200);
    expect(taken).toHaveLength(1);
  });

  test('without or with a wrong signature is refused with 401', async () => {
    const { url, taken } = await start();
    const bare = await fetch(url + path, {
      method: 'POST',
      body: ended,
      headers: { 'content-type': 'application/json' },
    });
    expect(bare.status).toBe(401);
    for (const signature of ['', '0'.repeat(64), sign('other', Buffer.from(ended)), sign(secret, Buffer.from('{}'))]) {
      expect((await post(url, ended, { [signatureHeader]: signature })).status).toBe(401);
    }
    expect(taken).toEqual([]);
  });

  test('is a hint without proof when no secret is configured, whatever its signature', async () => {
    const { url, taken } = await start({ secrets: [] });
    expect((await post(url, ended, { [signatureHeader]: 'wrong' })).status).toBe(200);
    expect(taken).toMatchObject([{ proven: false }]);
  });

  test.each(['', '{', '[]', 'null', '{"event":"run.completed"}', '{"run_id":""}'])(
    'that reads %j is refused with 400',
    async (body) => {
      const { url, taken } = await start();
      expect((await post(url, body)).status).toBe(400);
      expect(taken).toEqual([]);
    },
  );

  test('of another type than JSON is refused with 415', async () => {
    const { url, taken } = await start();
    expect((await post(url, ended, { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await post(url, ended, { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415);
    expect(taken).toEqual([]);
  });

  test('of exactly 256 KiB is taken, and a byte more is refused with 413', async () => {
    const { url, taken } = await start();
    const padded = (size: number) => ended + ' '.repeat(size - ended.length);
    expect((await post(url, padded(2 ** 18))).status).toBe(200);
    expect((await post(url, padded(2 ** 18 + 1))).status).toBe(413);
    expect(taken).toHaveLength(1);
  });

  test('that cannot be saved is answered with 500, so that it is sent again, and tells nobody why', async () => {
    const { url, lines } = await start({
      onCallback: () => Promise.reject(new StoreError('the store failed to write: disk full')),
    });
    const answer = await post(url, ended);
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('disk full');
    expect(lines.join('')).toContain('disk full');
  });

  test('is answered only once it was saved', async () => {
    let save: (result: 'kept') => void = () => {};
    const saved = new Promise<'kept'>((resolve) => {
      save = resolve;
    });
    const { url } = await start({ onCallback: () => saved });
    let answered = false;
    const answer = post(url, ended).then((response) => {
      answered = true;
      return response;
    });
    await pause(100);
    expect(answered).toBe(false);
    save('kept');
    expect((await answer).status).toBe(200);
  });
});

test('many bad callbacks from one address are answered with 429, and valid ones are still taken', async () => {
  const { url, taken } = await start();
  const statuses = new Map<number, number>();
  for (let count = 0; count < 70; count += 1) {
    const { status } = await post(url, ended, { [signatureHeader]: 'wrong' });
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  expect(statuses).toEqual(
    new Map([
      [401, 60],
      [429, 10],
    ]),
  );
  for (let count = 0; count < 100; count += 1) expect((await post(url, ended)).status).toBe(200);
  expect(taken).toHaveLength(100);
});

test('other paths and methods are not there', async () => {
  const { url, taken } = await start();
  expect((await fetch(url + path)).status).toBe(404);
  expect((await fetch(`${url}/`)).status).toBe(404);
  expect((await fetch(`${url}/webhooks/../../etc/passwd`)).status).toBe(404);
  expect(taken).toEqual([]);
});

describe('an operator', () => {
  test('is told that the process lives', async () => {
    const { url } = await start({ isConnected: () => false });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test('is told whether it is ready, and what is missing', async () => {
    let works = true;
    const clock = { ...systemClock, now: () => Date.now() + (works ? 0 : minuteMs) };
    const { url } = await start({
      clock,
      troubles: () => (works ? [] : ['Discord refuses the token']),
      probe: () => (works ? Promise.resolve() : Promise.reject(new StoreError('the disk is full'))),
      isConnected: () => works,
    });
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    works = false;
    const answer = await fetch(`${url}/readyz`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({
      status: 'not ready',
      unready: ['the store cannot be written', 'not connected to Discord', 'Discord refuses the token'],
    });
  });

  test('can scrape what became of callbacks', async () => {
    const { url } = await start();
    await post(url, ended);
    await post(url, ended, { [signatureHeader]: 'wrong' });
    const answer = await fetch(`${url}/metrics`);
    expect(answer.headers.get('content-type')).toContain('text/plain');
    const text = await answer.text();
    expect(text).toContain('darkroom_callbacks_total{result="kept"} 1');
    expect(text).toContain('darkroom_callbacks_total{result="refused"} 1');
    expect(text).toContain('process_cpu_seconds_total');
  });
});

test('closing does not wait for a connection that sends nothing', async () => {
  const { url } = await start();
  const slow = request(url + path, { method: 'POST', headers: { 'content-length': 1_000 } });
  slow.on('error', () => {});
  slow.write('{');
  await pause(50);
  const started = performance.now();
  for (const close of closing.splice(0)) await close();
  expect(performance.now() - started).toBeLessThan(1_000);
  slow.destroy();
});
