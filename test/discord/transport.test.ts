// How the messenger's requests leave, and what comes back, over real connections.
import { REST } from 'discord.js';
import { afterAll, afterEach, expect, it } from 'vitest';
import { createTransport } from '../../src/discord/transport.ts';
import { type HttpServer, serve } from '../http-server.ts';

const { makeRequest, close } = createTransport();
let server: HttpServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

afterAll(close);

async function serveFor(...handler: Parameters<typeof serve>): Promise<HttpServer> {
  server = await serve(...handler);
  return server;
}

it('sends a body in pieces whole, with its length, as often as it is asked to', async () => {
  const { url, received } = await serveFor((_request, response) => void response.end('{}'));
  const body = ['one', '', ' two', ' three'].map((text) => Buffer.from(text));
  const outbound = { method: 'PATCH', headers: { 'Content-Length': '13' }, body } as const;
  await makeRequest(url, outbound);
  await makeRequest(url, outbound);
  for (const request of received) {
    expect(request).toMatchObject({ method: 'PATCH', body: 'one two three' });
    expect(request.headers['content-length']).toBe('13');
    expect(request.headers['transfer-encoding']).toBeUndefined();
  }
  expect(received).toHaveLength(2);
});

it('sends JSON, and nothing where there is nothing', async () => {
  const { url, received } = await serveFor((_request, response) => void response.end('{}'));
  await makeRequest(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"a":"ü"}' });
  await makeRequest(url, { method: 'DELETE' });
  expect(received.map(({ method, body }) => [method, body])).toEqual([
    ['POST', '{"a":"ü"}'],
    ['DELETE', ''],
  ]);
});

it('sends the files of a reply as a form', async () => {
  const { url, received } = await serveFor((_request, response) => void response.end('{}'));
  const form = new FormData();
  form.append('payload_json', '{"content":"here"}');
  form.append('files[0]', new Blob(['the file']), 'log.csv');
  // As discord.js calls it.
  await new REST({ api: url, version: '10', makeRequest }).post('/files', {
    auth: false,
    body: form,
    passThroughBody: true,
  });
  const [{ headers, body } = { headers: {}, body: '' }] = received;
  const read = await new Response(body, { headers: { 'content-type': headers['content-type'] ?? '' } }).formData();
  expect([...read.keys()]).toEqual(['payload_json', 'files[0]']);
  expect(await new Response(read.get('files[0]')).text()).toBe('the file');
});

it('gives status, headers and body as they are', async () => {
  const { url } = await serveFor((request, response) => {
    if (request.url === '/none') return void response.writeHead(204).end();
    response.writeHead(429, { 'retry-after': '1.5', 'set-cookie': ['a=1', 'b=2'] }).end('{"message":"slow down"}');
  });
  const refused = await makeRequest(url, {});
  expect([refused.status, refused.ok, refused.headers.get('retry-after')]).toEqual([429, false, '1.5']);
  expect(refused.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  expect(await refused.json()).toEqual({ message: 'slow down' });
  const none = await makeRequest(`${url}/none`, {});
  expect([none.status, await none.text()]).toEqual([204, '']);
});

it('ends when it is aborted, and when the connection is cut', async () => {
  const { url } = await serveFor((request, response) => {
    if (request.url === '/cut') response.destroy();
  });
  await expect(makeRequest(url, { signal: AbortSignal.timeout(50) })).rejects.toThrow();
  await expect(makeRequest(`${url}/cut`, {})).rejects.toThrow();
});
