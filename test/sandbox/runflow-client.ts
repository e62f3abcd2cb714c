// What the tests of the Runflow stand-in share: requests with the key, and a receiver for callbacks.
import { once } from 'node:events';
import { createServer } from 'node:http';
import sharp from 'sharp';
import { z } from 'zod';
import type { Runflow } from '../../sandbox/runflow/runflow.ts';
import { pause } from '../support.ts';

export const modelPath = '/v1/models/black-forest-labs/flux-2-klein-9b/edit/runs';

export type Answer = { status: number; headers: Headers; json: unknown };

/** One request to the API with the accepted key. */
export async function ask(runflow: Runflow, method: string, path: string, body?: unknown, key = 'sandbox-key') {
  const response = await fetch(runflow.url + path, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  const answer: Answer = { status: response.status, headers: response.headers, json: isJson ? JSON.parse(text) : text };
  return answer;
}

export const runShape = z.object({
  id: z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
  status_code: z.string(),
  cost: z.string().nullable(),
  client_ref: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()).nullable(),
  failure_code: z.string().nullable(),
  output: z
    .object({
      outputs: z.array(z.object({ url: z.string(), type: z.literal('image'), width: z.number().optional() })),
      seed: z.number(),
      nsfw_detected: z.boolean().nullable(),
    })
    .nullable(),
});
export const envelope = z.object({
  code: z.string(),
  message: z.string(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).nullable(),
});
export const listShape = z.object({
  items: z.array(z.record(z.string(), z.unknown())),
  next_pq: z.string().nullable(),
  prev_pq: z.string().nullable(),
});

/** A small picture as a data: URI, so that a run needs no other server. */
export async function smallPicture(width = 48, height = 32): Promise<string> {
  const picture = { create: { width, height, channels: 3 as const, background: '#3a7bd5' } };
  return `data:image/png;base64,${(await sharp(picture).png().toBuffer()).toString('base64')}`;
}

/** Creates a run and returns it as answered. */
export async function createRun(runflow: Runflow, prompt: string, more: Record<string, unknown> = {}, around = {}) {
  const input = { prompt, image_urls: [await smallPicture()], ...more };
  const answer = await ask(runflow, 'POST', modelPath, { input, ...around });
  if (answer.status !== 201) throw new Error(`${answer.status} ${JSON.stringify(answer.json)}`);
  return runShape.parse(answer.json);
}

/** Reads a run until it is terminal. */
export async function readToEnd(runflow: Runflow, id: string) {
  for (;;) {
    const run = runShape.parse((await ask(runflow, 'GET', `/v1/runs/${id}`)).json);
    if (!['queued', 'dispatching', 'running'].includes(run.status_code)) return run;
    await pause(10);
  }
}

export type Received = { headers: Record<string, unknown>; raw: Buffer; json: unknown };

/** A server for callbacks that answers with the given statuses in turn, then with 200. */
export async function createReceiver(...statuses: number[]) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks);
      received.push({ headers: request.headers, raw, json: JSON.parse(raw.toString('utf8')) });
      response.writeHead(statuses.shift() ?? 200).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  return {
    url: `http://127.0.0.1:${address.port}/hook`,
    received,
    async until(count: number): Promise<void> {
      while (received.length < count) await pause(5);
    },
    close(): void {
      server.closeAllConnections();
      server.close();
    },
  };
}
