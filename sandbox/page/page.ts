// The page's server: its files, its events, what people do on it and what they do behind the scenes. Only this machine
// may use it, and only from the page itself: it can kill processes.
import { readFile } from 'node:fs/promises';
import fastify, { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Discord } from '../discord/discord.ts';
import type { Runflow } from '../runflow/runflow.ts';
import { addDeedRoutes } from './action-routes.ts';
import { createTricks, type Trick } from './controls.ts';
import { createLive, type Live } from './live-updates.ts';
import type { Keeper } from './supervisor.ts';

export type Page = {
  url: string;
  live: Live;
  close(): Promise<void>;
};

const types: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  jpg: 'image/jpeg',
};
const clientFile = /^[a-z-]+\.(html|css|js|svg)$/;
const photoFile = /^[a-z-]+\.(png|jpg)$/;
// Ten pictures of the largest size that Discord takes, with some room.
const bodyLimit = 128 * 2 ** 20;
// A browser takes a silent connection for a dead one after a while.
const commentMs = 15_000;
// How many ports after the wanted one are tried.
const nextPorts = 20;

const trickBody = z.object({ amount: z.coerce.number().int().optional(), run: z.string().optional() });

/**
 * Serves the page on 127.0.0.1.
 * @param port the wanted port; the next free one is taken instead when it is in use (0: any)
 */
export async function createPage(
  parts: { discord: Discord; runflow: Runflow; keeper: Keeper },
  port: number,
): Promise<Page> {
  const { discord, runflow, keeper } = parts;
  const app = fastify({ bodyLimit, forceCloseConnections: true });
  const deeds = new Map<string, string>();
  const tricks = createTricks(discord, runflow, keeper);
  const live = createLive({ discord, runflow, keeper, deeds, tricks });

  app.addContentTypeParser('multipart/form-data', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  guard(app, discord.standIn.origin());
  addFiles(app);
  addEvents(app, discord, live);
  addDeedRoutes(app, discord, (id, deed) => deeds.set(id, deed));
  addTricks(app, tricks, live);
  const url = await listen(app, port);

  return {
    url,
    live,
    async close() {
      live.close();
      await app.close();
    },
  };
}

/** Foreign pages may neither read from here nor send anything here, not even by a host name that leads here. */
function guard(app: FastifyInstance, files: string): void {
  const policy = `default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob: ${files}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-cache',
    });
    const local = /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(request.headers.host ?? '');
    const site = request.headers['sec-fetch-site'];
    const foreign = request.method !== 'GET' && site !== undefined && site !== 'same-origin';
    if (!local || foreign) return reply.code(403).send({ error: 'only from the page itself' });
    return undefined;
  });
}

function addFiles(app: FastifyInstance): void {
  const serve = async (folder: string, name: string, allowed: RegExp) => {
    const ending = allowed.exec(name)?.[1];
    if (ending === undefined) return undefined;
    const bytes = await readFile(new URL(`${folder}/${name}`, import.meta.url)).catch(() => undefined);
    return bytes && { bytes, type: types[ending] ?? 'application/octet-stream' };
  };
  const add = (path: string, folder: string, allowed: RegExp) => {
    app.get<{ Params: { name?: string } }>(path, async (request, reply) => {
      const found = await serve(folder, request.params.name ?? 'index.html', allowed);
      return found ? reply.type(found.type).send(found.bytes) : reply.code(404).send({ error: 'no such file' });
    });
  };
  add('/', 'client', clientFile);
  add('/:name', 'client', clientFile);
  add('/photos/:name', '../photos', photoFile);
}

function addEvents(app: FastifyInstance, { world }: Discord, live: Live): void {
  app.get<{ Querystring: { user?: string } }>('/events', (request, reply) => {
    const user = world.users.find((one) => one.username === request.query.user && !one.bot);
    if (!user) return reply.code(404).send({ error: 'no such person' });
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const leave = live.watch(user, (event, data) => {
      reply.raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    });
    const breathe = setInterval(() => reply.raw.write(':\n\n'), commentMs);
    reply.raw.on('close', () => {
      clearInterval(breathe);
      leave();
    });
    return reply;
  });
}

function addTricks(app: FastifyInstance, tricks: readonly Trick[], live: Live): void {
  app.post<{ Params: { name: string } }>('/tricks/:name', async (request, reply) => {
    const trick = tricks.find(({ name }) => name === request.params.name);
    const asked = trickBody.safeParse(request.body ?? {});
    if (!trick || !asked.success) return reply.code(400).send({ error: 'that is not among the tricks' });
    const { amount = trick.amount?.value ?? 0, run = '' } = asked.data;
    const { min = amount, max = amount } = trick.amount ?? {};
    if (amount < min || amount > max) return reply.code(400).send({ error: `from ${min} to ${max}` });
    try {
      return { said: await trick.run(amount, run) };
    } catch (error) {
      return reply.code(400).send({ error: error instanceof Error ? error.message : 'that did not work' });
    } finally {
      live.touch();
    }
  });
}

async function listen(app: FastifyInstance, wanted: number): Promise<string> {
  const last = wanted === 0 ? 0 : Math.min(wanted + nextPorts, 65_535);
  for (let port = wanted; ; port += 1) {
    try {
      return await app.listen({ host: '127.0.0.1', port });
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!taken || port >= last) throw error;
    }
  }
}
