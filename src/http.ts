// The HTTP server: callbacks from Runflow, health and metrics. A callback's signature is checked over its raw bytes;
// then it is saved, answered, and only then acted on.
import rateLimit from '@fastify/rate-limit';
import fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from 'fastify';
import { type Config, callbackPath } from './config.ts';
import { asError, StartError } from './errors.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { type Callback, isSigned, readCallback, signatureHeader } from './runflow/callback.ts';

/** Runflow's payloads are a few kilobytes. */
const bodyLimit = 2 ** 20;
/** Bad requests per address and minute that get a proper answer; beyond that, only valid callbacks do. */
const badRequestsPerMinute = 60;

export type HttpOptions = {
  /** Any of these may sign a callback; with none set, a callback proves nothing. */
  secrets: readonly string[];
  onCallback: (callback: Callback, proven: boolean) => Promise<'kept' | 'known' | 'unknown' | 'hint'>;
  /** Rejects when the store cannot be written. */
  probe: () => Promise<void>;
  /** Whether the gateway is connected. */
  isConnected: () => boolean;
  metrics: Metrics;
  log: Log;
};

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Builds the server with its routes; does not listen yet. */
export async function createHttp(options: HttpOptions): Promise<FastifyInstance> {
  const { secrets, metrics, log } = options;
  const app = fastify({ bodyLimit, requestTimeout: 15_000, forceCloseConnections: true });
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
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) {
      log.error({ err: error }, 'HTTP request failed');
      return reply.code(500).send({ error: 'internal error' });
    }
    return reply.code(await statusForBad(request, status)).send({ error: error.message });
  });

  app.post(callbackPath, async (request, reply) => {
    const bad = async (status: number, error: string) =>
      reply.code(await statusForBad(request, status)).send({ error });
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const proven = isSigned(secrets, body, request.headers[signatureHeader]);
    if (secrets.length > 0 && !proven) return bad(401, 'missing or wrong signature');
    const callback = readCallback(parseJson(body));
    if (!callback) return bad(400, 'not a callback');
    const result = await options.onCallback(callback, proven);
    metrics.callbacks.inc({ result });
    return reply.code(200).send({ result });
  });

  // Fastify's default answer echoes the URL, whatever it contains.
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'not found' }));
  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const stored = await options.probe().then(
      () => [],
      () => ['the store cannot be written'],
    );
    const unready = options.isConnected() ? stored : [...stored, 'not connected to Discord'];
    return reply
      .code(unready.length === 0 ? 200 : 503)
      .send({ status: unready.length === 0 ? 'ready' : 'not ready', unready });
  });
  app.get('/metrics', async (_request, reply) => {
    const { type, text } = await metrics.render();
    return reply.header('content-type', type).send(text);
  });
  return app;
}

/**
 * Makes the server listen.
 * @returns the port; the system picks one if the given port is 0
 * @throws {StartError} when it cannot listen there
 */
export async function listen(app: FastifyInstance, where: Config['http']): Promise<number> {
  try {
    await app.listen(where);
  } catch (error) {
    throw new StartError([`HOST, PORT: cannot listen on ${where.host}:${where.port} (${asError(error).message})`]);
  }
  const address = app.server.address();
  return typeof address === 'object' && address ? address.port : where.port;
}
