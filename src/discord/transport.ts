// How the messenger's requests leave: through undici, as discord.js has it anyway, except that a body in parts is sent part
// by part. discord.js would copy the parts into one piece first: for every picture a megabyte more to clear away.
import { Readable } from 'node:stream';
import { request } from 'undici';

/** What discord.js makes of the messenger's requests: JSON, or an upload's parts. */
export type Outbound = {
  method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  headers?: Record<string, string>;
  body?: string | readonly Buffer[] | null;
  signal?: AbortSignal | null;
};

/** `makeRequest` for discord.js's `REST`. The answer is read to its end before it is returned: all of them are small. */
export async function makeRequest(url: string, outbound: Outbound): Promise<Response> {
  const { method = 'GET', headers = {}, body = null, signal = null } = outbound;
  const answer = await request(url, {
    method,
    headers,
    // A stream of its own for every attempt: one that was sent cannot be sent again.
    body: typeof body === 'string' || body === null ? body : Readable.from(body, { objectMode: false }),
    signal,
  });
  const content = await answer.body.arrayBuffer();
  return new Response(content.byteLength > 0 ? content : null, {
    status: answer.statusCode,
    headers: Object.entries(answer.headers).flatMap(([name, values = []]) =>
      [values].flat().map((value): [string, string] => [name, value]),
    ),
  });
}
