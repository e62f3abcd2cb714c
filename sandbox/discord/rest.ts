// What all REST routes share: bot token, size limits, rate-limit headers, Discord's error format, and the count of
// invalid requests that gets an IP address banned.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Recorded, type RecordedFile, recorded, type StandIn } from '../server.ts';
import { ApiError, methodNotAllowed, notFound, rateLimited, tooLarge, unauthorized } from './errors.ts';

export type Violation = { at: number; rule: string; detail: string };

export type Call = {
  params: Record<string, string>;
  query: Record<string, string>;
  json: unknown;
  files: RecordedFile[];
};
export type Answer = { status?: number; body?: unknown };
export type Handler = (call: Call) => Answer;

export type Rest = {
  /** `token: false`: the path contains the secret, no bot token needed. */
  route(method: string, path: string, handler: Handler, options?: { token?: boolean }): void;
  /** The number of 401, 403 and 429 responses so far. */
  invalidRequests(): number;
};

export type RestOptions = {
  token: string;
  uploadLimit: number;
  /** Requests with the bot's token in a second; more are answered with a 429 for the bot as a whole. */
  requestsPerSecond: number;
  violate(rule: string, detail: string): void;
};

const REQUEST_LIMIT = 25 * 2 ** 20;
// Discord bans an IP address after 10,000 invalid requests in ten minutes.
const INVALID_LIMIT = 10_000;
const INVALID_WINDOW_MS = 600_000;
// Tolerate requests that were in flight when the 429 was sent.
const IN_FLIGHT_MS = 100;
const texts = z.record(z.string(), z.string());

/** Prepares the stand-in for routes under `/api/v10`. */
export function createRest(standIn: StandIn, options: RestOptions): Rest {
  const { app } = standIn;
  const methods = new Map<string, Set<string>>();
  const invalid: number[] = [];
  let invalidTotal = 0;
  const rateLimits = new Map<string, { from: number; until: number }>();

  let second = { ends: 0, requests: 0 };

  /** Counts a request with the bot's token. @returns milliseconds until the next second, when this one is used up */
  function countRequest(): number {
    const now = Date.now();
    if (now >= second.ends) second = { ends: now + 1_000, requests: 0 };
    second.requests += 1;
    return second.requests > options.requestsPerSecond ? second.ends - now : 0;
  }

  function checkRetryAfter(recording: Recorded): void {
    const path = recording.path.split('?')[0];
    for (const key of [`${recording.method} ${path}`, 'global']) {
      const limit = rateLimits.get(key);
      const exempt = key === 'global' && path?.includes('/interactions/');
      if (!limit || exempt || recording.at < limit.from + IN_FLIGHT_MS || recording.at >= limit.until) continue;
      options.violate('retry-after-ignored', `${recording.method} ${recording.path}`);
    }
  }

  app.addHook('onResponse', async (request, reply) => {
    const status = reply.statusCode;
    if (status !== 401 && status !== 403 && status !== 429) return;
    const now = Date.now();
    invalidTotal += 1;
    invalid.push(now);
    while ((invalid[0] ?? now) < now - INVALID_WINDOW_MS) invalid.shift();
    if (invalid.length === INVALID_LIMIT) options.violate('invalid-request-limit', `${INVALID_LIMIT} in ten minutes`);
    const seconds = Number(reply.getHeader('x-ratelimit-reset-after') ?? reply.getHeader('retry-after') ?? 0);
    if (status !== 429) return;
    const key = reply.getHeader('x-ratelimit-global') ? 'global' : `${request.method} ${request.url.split('?')[0]}`;
    // Allow for rounding: clients may retry slightly early.
    rateLimits.set(key, { from: now, until: now + seconds * 1000 - IN_FLIGHT_MS });
  });

  async function answer(error: ApiError, request: FastifyRequest, reply: FastifyReply) {
    const { status, code, message, errors } = error;
    if (code === 50035) options.violate('invalid-form', `${request.method} ${request.url} ${JSON.stringify(errors)}`);
    return reply.code(status).send(errors ? { message, code, errors } : { message, code });
  }

  // As Discord writes it, without a charset: discord.py and oceanic.js compare the whole text.
  app.addHook('onSend', async (request, reply, payload) => {
    const isJson = String(reply.getHeader('content-type') ?? '').startsWith('application/json');
    if (isJson && request.url.startsWith('/api/')) reply.header('content-type', 'application/json');
    // Without it, libraries take a refusal for Cloudflare's.
    reply.header('via', '1.1 google');
    return payload;
  });

  app.setErrorHandler((error, request, reply) => {
    if (error instanceof ApiError) return answer(error, request, reply);
    options.violate('stand-in-failure', `${request.method} ${request.url} ${String(error)}`);
    return reply.code(500).send({ message: '500: Internal Server Error', code: 0 });
  });

  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    options.violate('unknown-route', `${request.method} ${path}`);
    const known = [...methods].some(([pattern, set]) => {
      return !set.has(request.method) && new RegExp(`^${pattern.replace(/:[a-z]+/g, '[^/]+')}$`).test(path);
    });
    return answer(known ? methodNotAllowed() : notFound(), request, reply);
  });

  return {
    route(method, path, handler, { token = true } = {}) {
      const url = `/api/v10${path}`;
      methods.set(url, (methods.get(url) ?? new Set()).add(method));
      app.route({
        method,
        url,
        handler: async (request, reply) => {
          const recording = recorded(request);
          checkRetryAfter(recording);
          if (token && recording.headers.authorization !== `Bot ${options.token}`) throw unauthorized();
          const waitMs = token ? countRequest() : 0;
          if (waitMs > 0) {
            const { status, headers = {}, body } = rateLimited(waitMs / 1_000, { global: true });
            return reply.code(status).headers(headers).send(body);
          }
          reply.headers({
            'x-ratelimit-limit': '1000',
            'x-ratelimit-remaining': '999',
            'x-ratelimit-reset': (Date.now() / 1000 + 1).toFixed(3),
            'x-ratelimit-reset-after': '1.000',
            'x-ratelimit-bucket': `sandbox${path.replaceAll(/[^a-z]/g, '-')}${method.toLowerCase()}`,
          });
          const large = recording.files.some((file) => file.bytes.length > options.uploadLimit);
          if (large || recording.bytes > REQUEST_LIMIT) throw tooLarge();
          const params = texts.parse(request.params);
          const { status = 200, body } = handler({
            params,
            query: texts.parse(request.query),
            json: recording.json,
            files: recording.files,
          });
          reply.code(status);
          return body === undefined ? reply.send() : reply.send(body);
        },
      });
    },
    invalidRequests: () => invalidTotal,
  };
}
