// What strangers can do to the HTTP entrance over raw sockets: nothing that costs memory, time, or a valid callback.
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../src/clock.ts';
import { createConnections } from '../src/connections.ts';
import { createHttp, createMetricsHttp, type HttpOptions } from '../src/http.ts';
import { createLog } from '../src/log.ts';
import { createMetrics } from '../src/metrics.ts';
import { sign, signatureHeader } from '../src/runflow/callback.ts';
import { pause } from './support.ts';

const secret = 'whsec_one';
const path = '/webhooks/runflow';
const closing: (() => unknown)[] = [];
const looksSigned = `${signatureHeader}: ${'a'.repeat(64)}`;

/** Times short enough to wait for. */
const hasty = { headersTimeout: 400, requestTimeout: 600, keepAliveTimeout: 300, connectionsCheckingInterval: 50 };

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function start(limits: Parameters<typeof createConnections>[0] = {}, changes: Partial<HttpOptions> = {}) {
  let taken = 0;
  const http = await createHttp({
    secrets: [secret],
    async onCallback() {
      taken += 1;
      return 'kept';
    },
    probe: async () => {},
    isConnected: () => true,
    troubles: () => [],
    withMetrics: true,
    connections: createConnections(limits),
    metrics: createMetrics(),
    clock: systemClock,
    log: createLog('silent', []),
    ...changes,
  });
  closing.push(() => http.close());
  const url = await http.listen({ host: '127.0.0.1', port: 0 });
  const port = (http.server.address() as AddressInfo).port;
  const count = () => new Promise<number>((resolve) => http.server.getConnections((_error, all) => resolve(all)));
  return { url, port, count, taken: () => taken };
}

type Caller = { socket: Socket; text(): string; closed: Promise<unknown>; isClosed(): boolean };

function call(port: number): Caller {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (piece) => {
    text += piece;
  });
  // A connection that is cut while this side still writes is what these tests are about.
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  closing.push(() => socket.destroy());
  return { socket, text: () => text, closed, isClosed: () => socket.closed };
}

const head = (...lines: string[]) =>
  `${[`POST ${path} HTTP/1.1`, 'host: x', 'content-type: application/json', ...lines].join('\r\n')}\r\n\r\n`;

const ended = JSON.stringify({ event: 'run.cancelled', run_id: 'run-1', status: 'cancelled', output: null });
const valid = () =>
  head(`content-length: ${ended.length}`, `${signatureHeader}: ${sign(secret, Buffer.from(ended))}`) + ended;

async function postValid(url: string): Promise<number> {
  const headers = { 'content-type': 'application/json', [signatureHeader]: sign(secret, Buffer.from(ended)) };
  const answer = await fetch(url + path, { method: 'POST', headers, body: ended });
  return answer.status;
}

describe('without a signature', () => {
  test.each([
    ['no header', ''],
    ['an empty one', `${signatureHeader}:`],
    ['one that is too short', `${signatureHeader}: ${'a'.repeat(63)}`],
    ['capitals', `${signatureHeader}: ${'A'.repeat(64)}`],
    ['another alphabet', `${signatureHeader}: ${'x'.repeat(64)}`],
    ['two of them', `${looksSigned}\r\n${looksSigned}`],
  ])('(%s) the answer comes before the body, and the connection ends', async (_what, header) => {
    const { port, taken } = await start();
    const caller = call(port);
    caller.socket.write(head('content-length: 100000', ...(header === '' ? [] : [header])));
    await caller.closed;
    expect(caller.text()).toMatch(/^HTTP\/1.1 401 /);
    expect(caller.text()).toMatch(/connection: close/i);
    expect(taken()).toBe(0);
  });

  test('a body that never ends is cut, not swallowed', async () => {
    const { port } = await start();
    const caller = call(port);
    caller.socket.write(head('transfer-encoding: chunked'));
    const piece = Buffer.from(`10000\r\n${'x'.repeat(65_536)}\r\n`);
    const timer = setInterval(() => caller.socket.write(piece), 5);
    await caller.closed;
    clearInterval(timer);
    expect(caller.socket.bytesWritten).toBeLessThan(50 * piece.length);
  });

  test('a hundred requests at once on one connection are one answer', async () => {
    const { port } = await start();
    const caller = call(port);
    caller.socket.write(head('content-length: 1').repeat(100));
    await caller.closed;
    expect(caller.text().match(/HTTP\/1.1 /g)).toHaveLength(1);
  });

  test('other paths read no body either', async () => {
    const { port } = await start();
    for (const line of ['POST /', 'PUT /healthz', 'POST /metrics', 'DELETE /webhooks/other']) {
      const caller = call(port);
      caller.socket.write(
        `${line} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 90000\r\n\r\n`,
      );
      await caller.closed;
      expect(caller.text(), line).toMatch(/^HTTP\/1.1 404 /);
    }
  });
});

describe('with something like a signature', () => {
  test('a body that says it is too large is refused before it comes', async () => {
    const { port } = await start();
    const caller = call(port);
    caller.socket.write(head('content-length: 262145', looksSigned));
    await caller.closed;
    expect(caller.text()).toMatch(/^HTTP\/1.1 413 /);
  });

  test('a body that says nothing is refused where it becomes too large, in large and in tiny pieces', async () => {
    const { port } = await start();
    for (const size of [40_000, 7]) {
      const caller = call(port);
      caller.socket.write(head('transfer-encoding: chunked', looksSigned));
      const piece = `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`;
      for (let sent = 0; sent <= 262_144; sent += size) caller.socket.write(piece);
      await caller.closed;
      expect(caller.text(), `pieces of ${size}`).toMatch(/^HTTP\/1.1 413 /);
    }
  });

  test('a chunked callback that is signed is taken', async () => {
    const { port, taken } = await start();
    const caller = call(port);
    const signature = `${signatureHeader}: ${sign(secret, Buffer.from(ended))}`;
    caller.socket.write(head('transfer-encoding: chunked', signature, 'connection: close'));
    for (const letter of ended) caller.socket.write(`1\r\n${letter}\r\n`);
    caller.socket.write('0\r\n\r\n');
    await caller.closed;
    expect(caller.text()).toMatch(/^HTTP\/1.1 200 /);
    expect(taken()).toBe(1);
  });

  test('a body shorter than it says is cut in time; what follows a longer one is no request', async () => {
    const { port, count, taken } = await start(hasty);
    const signature = `${signatureHeader}: ${sign(secret, Buffer.from(ended))}`;
    const short = call(port);
    short.socket.write(head(`content-length: ${ended.length + 1}`, signature) + ended);
    await short.closed;
    expect(short.text()).not.toMatch(/ 200 /);
    expect(taken()).toBe(0);
    const long = call(port);
    long.socket.write(`${head(`content-length: ${ended.length - 1}`, signature)}${ended}`);
    await long.closed;
    expect(long.text()).toMatch(/^HTTP\/1.1 40[01] /);
    const both = call(port);
    both.socket.write(head('content-length: 5', 'transfer-encoding: chunked', signature) + ended);
    await both.closed;
    expect(both.text()).toMatch(/^HTTP\/1.1 400 /);
    expect(taken()).toBe(0);
    await expect.poll(count).toBe(0);
  });

  test('valid callbacks that are sent at once on one connection are all taken, in order', async () => {
    const { port, taken } = await start();
    const caller = call(port);
    caller.socket.write(valid().repeat(20));
    await expect.poll(taken).toBe(20);
    await expect.poll(() => caller.text().match(/HTTP\/1.1 200 /g)).toHaveLength(20);
  });
});

describe('a connection', () => {
  test.each([
    ['sends nothing', '', ''],
    ['sends half a line', 'POST /webh', ''],
    ['trickles headers', `POST ${path} HTTP/1.1\r\nhost: x\r\n`, 'x: y\r\n'],
    ['trickles a body', head('content-length: 90000', looksSigned), ' '],
    ['trickles chunks', head('transfer-encoding: chunked', looksSigned), '1\r\n \r\n'],
    ['was answered and stays', 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n', ''],
  ])('that %s is closed in time', async (_what, first, then) => {
    const { port, count } = await start(hasty);
    const caller = call(port);
    caller.socket.write(first);
    const timer = setInterval(() => then !== '' && caller.socket.write(then), 20);
    const began = performance.now();
    await caller.closed;
    clearInterval(timer);
    expect(performance.now() - began).toBeLessThan(2_500);
    await expect.poll(count).toBe(0);
  });

  test('in excess cuts the one that has waited longest, never one whose answer is being made', async () => {
    const saved = Promise.withResolvers<'kept'>();
    const { port, url, count } = await start({ all: 8, perAddress: 8 }, { onCallback: () => saved.promise });
    const served = call(port);
    served.socket.write(valid());
    await expect.poll(count).toBe(1);
    const halves: Caller[] = [];
    for (let sent = 0; sent < 30; sent += 1) {
      const half = call(port);
      half.socket.write(head('content-length: 90000', looksSigned));
      halves.push(half);
      await pause(2);
    }
    await expect.poll(() => halves.filter((half) => half.isClosed()).length).toBe(23);
    expect(halves.slice(0, 23).every((half) => half.isClosed())).toBe(true);
    expect(await count()).toBe(8);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    saved.resolve('kept');
    await expect.poll(() => served.text()).toMatch(/^HTTP\/1.1 200 /);
  });

  test('of one address leaves room for others', async () => {
    const { port, count } = await start({ all: 40, perAddress: 5 });
    for (let sent = 0; sent < 20; sent += 1) call(port).socket.write('POST');
    await expect.poll(count).toBe(5);
    const other = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' });
    closing.push(() => other.destroy());
    await once(other, 'connect');
    await expect.poll(count).toBe(6);
  });
});

test('400 half-sent requests hold a few megabytes, keep no valid callback out, and give everything back', async () => {
  const { port, url, count, taken } = await start({
    headersTimeout: 2_000,
    requestTimeout: 3_000,
    connectionsCheckingInterval: 50,
  });
  const held = () => process.memoryUsage().arrayBuffers / 2 ** 20;
  // One buffer for all senders: they are in this process as well.
  const half = Buffer.from(head('content-length: 262144', looksSigned) + 'x'.repeat(250_000));
  const before = held();
  for (let sent = 0; sent < 400; sent += 1) {
    call(port).socket.write(half);
  }
  let worst = 0;
  for (let look = 0; look < 10; look += 1) {
    expect(await postValid(url)).toBe(200);
    await pause(50);
    worst = Math.max(worst, held() - before);
  }
  expect(taken()).toBe(10);
  expect(await count()).toBeLessThanOrEqual(256);
  // With what the garbage collector has not found yet; whole, they were a hundred.
  expect(worst).toBeLessThan(60);
  await expect.poll(count, { timeout: 10_000 }).toBeLessThanOrEqual(1);
});

describe('/readyz', () => {
  let now = 0;
  beforeEach(() => {
    now = 1_000_000;
  });
  const clock = { ...systemClock, now: () => now };

  test('asks the store once for all who ask within two seconds', async () => {
    let probes = 0;
    const probe = async () => {
      probes += 1;
    };
    const { url } = await start({}, { probe, clock });
    await Promise.all(Array.from({ length: 30 }, () => fetch(`${url}/readyz`)));
    now += 1_999;
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(probes).toBe(1);
    now += 1;
    await fetch(`${url}/readyz`);
    expect(probes).toBe(2);
    // Somebody set the clock back.
    now -= 3_600_000;
    await fetch(`${url}/readyz`);
    expect(probes).toBe(3);
  });

  test('answers within a second or so while the store hangs, with one probe under way, and again when it works', async () => {
    let probes = 0;
    let free = () => {};
    const hanging = new Promise<void>((resolve) => {
      free = resolve;
    });
    const { url } = await start({}, { probe: () => (probes++ === 0 ? hanging : Promise.resolve()), clock });
    const began = performance.now();
    const first = await Promise.all(Array.from({ length: 20 }, () => fetch(`${url}/readyz`)));
    expect(first.every(({ status }) => status === 503)).toBe(true);
    expect(performance.now() - began).toBeLessThan(1_800);
    now += 3_000;
    const again = performance.now();
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    expect(performance.now() - again).toBeLessThan(300);
    expect(probes).toBe(1);
    free();
    await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(200);
    expect(probes).toBe(1);
  });

  test('gives up on a probe that never comes back', async () => {
    let probes = 0;
    const lost = new Promise<void>(() => {});
    const { url } = await start({}, { probe: () => (probes++ === 0 ? lost : Promise.resolve()), clock });
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    now += 10_000;
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });
});

test('metrics on a port of their own are not on the other one, and nothing else is there', async () => {
  const metrics = createMetrics();
  const { url } = await start({}, { metrics, withMetrics: false });
  const apart = createMetricsHttp(metrics);
  closing.push(() => apart.close());
  const other = await apart.listen({ host: '127.0.0.1', port: 0 });
  expect((await fetch(`${url}/metrics`)).status).toBe(404);
  expect((await fetch(`${other}/metrics`)).status).toBe(200);
  expect((await fetch(`${other}/healthz`)).status).toBe(404);
  expect((await fetch(other + path, { method: 'POST', body: ended })).status).toBe(404);
});
