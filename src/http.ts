// The HTTP server: callbacks from Runflow, health and metrics. A callback's signature is checked over its raw bytes;
// then it is saved, answered, and only then acted on.
import type { IncomingMessage } from 'node:http';
import rateLimit from '@fastify/rate-limit';
import fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from 'fastify';
import type { Clock } from './clock.ts';
import { callbackPath } from './config.ts';
import { type Connections, createConnections, isBodyOutstanding } from './connections.ts';
import { asError, StartError } from './errors.ts';
import { readJson } from './json.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { createStoreCheck } from './readiness.ts';
import { type Callback, isSigned, mayBeSigned, readCallback, signatureHeader } from './runflow/callback.ts';

/** Runflow's payloads are a few kilobytes. */
const bodyLimit = 256 * 1024;
/** Bad requests per address and minute that get a proper answer; beyond that, only valid callbacks do. */
const badRequestsPerMinute = 60;

export type HttpOptions = {
  /** Any of these may sign a callback; with none set, a callback proves nothing. */
  secrets: readonly string[];
  onCallback: (callback: Callback, proven: boolean) => Promise<'kept' | 'known' | 'unknown' | 'hint'>;
  /** What to answer to a call of this bot to itself; undefined for any other body. */
  answerSelf?: (json: unknown) => string | undefined;
  /** Rejects when the store cannot be written. */
  probe: () => Promise<void>;
  /** Whether the gateway is connected. */
  isConnected: () => boolean;
  /** What else keeps the bot from working, in words for the operator. */
  troubles: () => readonly string[];
  /** Whether `/metrics` is answered here, or on a port of its own. */
  withMetrics: boolean;
  /** Bounds the connections of all servers of this process. */
  connections?: Connections;
  metrics: Metrics;
  clock: Clock;
  log: Log;
};

/** A server without routes, which reads no body unless a route asks for it, and lets nobody hold it up. */
function createServer(connections: Connections): FastifyInstance {
  const app = fastify({ serverFactory: connections.createServer, forceCloseConnections: true });
  app.addHook('onRequest', async (request, reply) => {
    // Fastify's default answer echoes the URL, whatever it contains.
    if (request.is404) return reply.code(404).send({ error: 'not found' });
    return undefined;
  });
  app.addHook('onSend', async (request, reply) => {
    // Otherwise Node would read the rest of a body that nobody wants, to keep the connection.
    if (isBodyOutstanding(request.raw)) reply.header('connection', 'close');
  });
  return app;
}

function answerMetrics(app: FastifyInstance, metrics: Metrics): void {
  app.get('/metrics', async (_request, reply) => {
    const { type, text } = await metrics.render();
    return reply.header('content-type', type).send(text);
  });
}

/** A server that answers nothing but `/metrics`; does not listen yet. */
export function createMetricsHttp(metrics: Metrics, connections = createConnections()): FastifyInstance {
  const app = createServer(connections);
  answerMetrics(app, metrics);
  return app;
}

/** Builds the server with its routes; does not listen yet. */
export async function createHttp(options: HttpOptions): Promise<FastifyInstance> {
  const { secrets, metrics, log, connections = createConnections() } = options;
  const app = createServer(connections);
  await app.register(rateLimit, { global: false });
  // Counts only failures, per address, in a bounded cache: valid callbacks are never limited.
  const countBad = app.createRateLimit({ max: badRequestsPerMinute, timeWindow: '1 minute', allowList: () => false });

  async function statusForBad(request: FastifyRequest, status: number): Promise<number> {
    metrics.callbacks.inc({ result: 'refused' });
    const counted = await countBad(request);
    if ('isExceeded' in counted && counted.isExceeded) return 429;
    log.warn({ status, address: request.ip }, 'callback refused');
    return status;
  }

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', async (_request: FastifyRequest, body: IncomingMessage) =>
    connections.readBody(body, bodyLimit),
  );

  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    // It hung up in the middle of its body: nobody is left to answer, and nothing is wrong here.
    if (request.raw.destroyed && !request.raw.complete) {
      await statusForBad(request, 400);
      return reply.hijack();
    }
    const status = error.statusCode ?? 500;
    if (status >= 500) {
      log.error({ err: error }, 'HTTP request failed');
      return reply.code(500).send({ error: 'internal error' });
    }
    return reply.code(await statusForBad(request, status)).send({ error: error.message });
  });

  app.post(
    callbackPath,
    {
      // Before anything of the body is read.
      async onRequest(request, reply) {
        const bad = async (status: number, error: string) =>
          reply.code(await statusForBad(request, status)).send({ error });
        if (secrets.length > 0 && !mayBeSigned(request.headers[signatureHeader])) return bad(401, 'no signature');
        if (Number(request.headers['content-length'] ?? 0) > bodyLimit) return bad(413, 'too large');
        return undefined;
      },
    },
    async (request, reply) => {
      const bad = async (status: number, error: string) =>
        reply.code(await statusForBad(request, status)).send({ error });
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const proven = isSigned(secrets, body, request.headers[signatureHeader]);
      if (secrets.length > 0 && !proven) return bad(401, 'wrong signature');
      const json = readJson(body.toString('utf8'));
      const self = options.answerSelf?.(json);
      if (self !== undefined) return reply.code(200).send({ self });
      const callback = readCallback(json);
      if (!callback) return bad(400, 'not a callback');
      const result = await options.onCallback(callback, proven);
      metrics.callbacks.inc({ result });
      return reply.code(200).send({ result });
    },
  );

  const isStoreWritable = createStoreCheck(options.probe, options.clock);
  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const unready = [
      ...((await isStoreWritable()) ? [] : ['the store cannot be written']),
      ...(options.isConnected() ? [] : ['not connected to Discord']),
      ...options.troubles(),
    ];
    return reply
      .code(unready.length === 0 ? 200 : 503)
      .send({ status: unready.length === 0 ? 'ready' : 'not ready', unready });
  });
  if (options.withMetrics) answerMetrics(app, metrics);
  return app;
}

/**
 * Makes a server listen.
 * @param names the variables that say where
 * @returns the port; the system picks one if the given port is 0
 * @throws {StartError} when it cannot listen there
 */
export async function listen(
  app: FastifyInstance,
  where: { host: string; port: number },
  names = 'HOST, PORT',
): Promise<number> {
  try {
    await app.listen({ host: where.host, port: where.port });
  } catch (error) {
    throw new StartError([`${names}: cannot listen on ${where.host}:${where.port} (${asError(error).message})`]);
  }
  const address = app.server.address();
  return typeof address === 'object' && address ? address.port : where.port;
}
