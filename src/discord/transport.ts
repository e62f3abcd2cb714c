// Sends requests to Discord through undici and a pool of our own. discord.js would copy every body first, and go
// through Node's built-in Agent, translating between two versions of undici for every request.
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { Pieces } from '../pieces.ts';

/** The body discord.js passes: JSON or an upload's pieces. (Or its own form, typed by its own version of undici.) */
export type Outbound = {
  method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  headers?: Record<string, string>;
  body?: string | Pieces | null;
  signal?: AbortSignal | null;
};

export type Transport = {
  /**
   * `makeRequest` for discord.js's `REST`. Reads the whole answer before returning it, because all of them are small.
   * Throws undici's errors when there is no answer.
   */
  makeRequest(url: string, outbound: Outbound): Promise<Response>;
  /** Waits for open requests, one second at most. */
  close(): Promise<void>;
};

/** Enough connections that an acknowledgement does not wait for uploads, few enough to be polite. */
const connections = 64;
const lingerMs = 1_000;

async function encode({ body = null, headers = {} }: Outbound) {
  if (typeof body === 'string' || body === null) return { body, headers };
  if (body instanceof FormData) {
    const form = new Response(body);
    const type = form.headers.get('content-type') ?? '';
    return { body: Buffer.from(await form.arrayBuffer()), headers: { ...headers, 'content-type': type } };
  }
  // A new stream per attempt, because a stream can be sent only once.
  return { body: Readable.from(body, { objectMode: false }), headers };
}

export function createTransport(): Transport {
  const dispatcher = new Agent({ connections });
  return {
    async makeRequest(url, outbound) {
      const { method = 'GET', signal = null } = outbound;
      const answer = await request(url, { dispatcher, method, signal, ...(await encode(outbound)) });
      const content = await answer.body.arrayBuffer();
      return new Response(content.byteLength > 0 ? content : null, {
        status: answer.statusCode,
        headers: Object.entries(answer.headers).flatMap(([name, values = []]) =>
          [values].flat().map((value): [string, string] => [name, value]),
        ),
      });
    },
    async close() {
      await Promise.race([dispatcher.close(), sleep(lingerMs, undefined, { ref: false })]);
      await dispatcher.destroy();
    },
  };
}
