// A real HTTP server on a free port of this machine, with a handler of the test's own and what it received.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export type Received = { method: string; url: string; headers: IncomingMessage['headers']; body: string };

export type HttpServer = {
  url: string;
  port: number;
  /** Requests whose body arrived, in their order. */
  received: Received[];
  close(): Promise<void>;
};

export async function serve(
  handle: (request: Received, response: ServerResponse) => void | Promise<void>,
): Promise<HttpServer> {
  const received: Received[] = [];
  const server = createServer((incoming, response) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming;
      const request = { method, url, headers, body: Buffer.concat(parts).toString('utf8') };
      received.push(request);
      void handle(request, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    received,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A port on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = await serve(() => {});
  await server.close();
  return server.port;
}
