// The page's server: files, events, user actions and controls. It can kill processes, so it accepts only requests from
// this machine and from the page itself.
import { readFile } from 'node:fs/promises';
import fastify, { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Discord } from '../discord/discord.ts';
import type { Runflow } from '../runflow/runflow.ts';
import { addActionRoutes } from './action-routes.ts';
import { type Control, createControls } from './controls.ts';
import { createLiveUpdates, type LiveUpdates } from './live-updates.ts';
import type { Supervisor } from './supervisor.ts';
import { createSwitches } from './switches.ts';

export type Page = {
  url: string;
  updates: LiveUpdates;
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
// Ten pictures of Discord's largest size, with some room.
const bodyLimit = 128 * 2 ** 20;
// Browsers drop a silent connection after a while.
const keepAliveMs = 15_000;
// How many ports to try after the requested one.
const extraPorts = 20;

const controlBody = z.object({ amount: z.coerce.number().int().optional(), run: z.string().optional() });

/**
 * Serves the page on 127.0.0.1.
 * @param port the port to use; if taken, the next free one (0: any)
 */
export async function createPage(
  parts: { discord: Discord; runflow: Runflow; supervisor: Supervisor },
  port: number,
): Promise<Page> {
  const { discord, runflow, supervisor } = parts;
  const app = fastify({ bodyLimit, forceCloseConnections: true });
  const actionTexts = new Map<string, string>();
  const controls = createControls(discord, runflow, supervisor);
  const switches = createSwitches(discord);
  const updates = createLiveUpdates({ discord, runflow, supervisor, actionTexts, controls, switches });

  app.addContentTypeParser('multipart/form-data', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  guard(app, discord.standIn.origin());
  addFiles(app);
  addEvents(app, discord, updates);
  addActionRoutes(app, discord, (id, action) => actionTexts.set(id, action));
  addControlRoutes(app, controls, updates);
  switches.addRoutes(app, updates.schedule);
  const url = await listen(app, port);

  return {
    url,
    updates,
    async close() {
      updates.close();
      await app.close();
    },
  };
}

/** Keeps other sites from reading or sending anything, even through a host name that resolves to this machine. */
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

function addEvents(app: FastifyInstance, { world }: Discord, updates: LiveUpdates): void {
  app.get<{ Querystring: { user?: string } }>('/events', (request, reply) => {
    const user = world.users.find((one) => one.username === request.query.user && !one.bot);
    if (!user) return reply.code(404).send({ error: 'no such person' });
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const unsubscribe = updates.subscribe(user, (event, data) => {
      reply.raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    });
    const keepAlive = setInterval(() => reply.raw.write(':\n\n'), keepAliveMs);
    reply.raw.on('close', () => {
      clearInterval(keepAlive);
      unsubscribe();
    });
    return reply;
  });
}

function addControlRoutes(app: FastifyInstance, controls: readonly Control[], updates: LiveUpdates): void {
  app.post<{ Params: { name: string } }>('/controls/:name', async (request, reply) => {
    const control = controls.find(({ name }) => name === request.params.name);
    const asked = controlBody.safeParse(request.body ?? {});
    if (!control || !asked.success) return reply.code(400).send({ error: 'there is no such control' });
    const { amount = control.amount?.value ?? 0, run = '' } = asked.data;
    const { min = amount, max = amount } = control.amount ?? {};
    if (amount < min || amount > max) return reply.code(400).send({ error: `from ${min} to ${max}` });
    try {
      return { message: await control.run(amount, run) };
    } catch (error) {
      return reply.code(400).send({ error: error instanceof Error ? error.message : 'that did not work' });
    } finally {
      updates.schedule();
    }
  });
}

async function listen(app: FastifyInstance, wanted: number): Promise<string> {
  const last = wanted === 0 ? 0 : Math.min(wanted + extraPorts, 65_535);
  for (let port = wanted; ; port += 1) {
    try {
      return await app.listen({ host: '127.0.0.1', port });
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!taken || port >= last) throw error;
    }
  }
}
