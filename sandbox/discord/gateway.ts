// The gateway: WebSocket sessions that identify, send heartbeats, disconnect and resume. Each session keeps its
// numbered events: a resumed session receives those it missed, and the last one twice (delivery is at least once).
import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import type { Json } from './wire.ts';

/** How many sessions may still be started, as `/gateway/bot` tells. */
export type SessionStartLimit = { total: number; remaining: number; reset_after: number; max_concurrency: number };

export type Dispatch = { name: string; data: Json };

export type Gateway = {
  /** Sends an event to every session that `wants` it; disconnected sessions receive it when they resume. */
  dispatch(event: Dispatch, wants?: (intents: number) => boolean, guildId?: string): void;
  /** The number of connected, identified sessions. */
  sessions(): number;
  /** Shard and count of each connected session, in the order in which they identified. */
  shards(): (readonly [number, number])[];
  startLimit(): SessionStartLimit;
  /** @param shard only the sessions of this one */
  drop(code?: number, shard?: number): void;
  invalidate(): void;
  reconnect(): void;
  close(): void;
};

export type GatewayOptions = {
  token: string;
  heartbeatMs: number;
  /** How long after an IDENTIFY the next of the same shards (modulo `maxConcurrency`) is taken. */
  identifyEveryMs: number;
  maxConcurrency: number;
  /** How many sessions may be started a day. */
  startsADay: number;
  /** How many servers a shard out of so many would have. */
  guildsOf(count: number): number;
  violate(rule: string, detail: string): void;
  /** The fields of READY that do not depend on the session. */
  ready(hasGuild: boolean): Json;
  /** The events that follow READY. */
  afterReady(intents: number, hasGuild: boolean): Dispatch[];
  /** The server that the bot is in. */
  guildId: string;
  resumeUrl(): string;
  onReady(): void;
};

type Session = {
  id: string;
  intents: number;
  shard: [number, number];
  seq: number;
  events: { s: number; event: Dispatch }[];
  socket: WebSocket | undefined;
};

// Members, presences and message content: privileged intents, which this application does not have.
const PRIVILEGED = (1 << 1) | (1 << 8) | (1 << 15);
const MAX_EVENTS = 5000;
const MAX_SESSIONS = 16;
const DAY_MS = 86_400_000;
/** A shard that would have more servers than this is closed with 4011. */
const MAX_GUILDS = 2500;

/** The shard that hears of a server; direct messages go to the first one. */
const shardOf = (guildId: string | undefined, count: number) =>
  guildId === undefined ? 0 : Number((BigInt(guildId) >> 22n) % BigInt(count));

/** Libraries send the token with and without the scheme that REST wants. */
const bareToken = (token: string) => token.replace(/^Bot /, '');

const frame = z.object({ op: z.int(), d: z.unknown().optional() });
const identify = z.object({
  token: z.string(),
  intents: z.int(),
  properties: z.object({}).loose(),
  shard: z.tuple([z.int(), z.int()]).optional(),
});
const resume = z.object({ token: z.string(), session_id: z.string(), seq: z.int().nullable() });

/** Serves the gateway on `/gateway` of the HTTP server. */
export function createGateway(server: Server, options: GatewayOptions): Gateway {
  const sockets = new WebSocketServer({ noServer: true });
  const sessions = new Map<string, Session>();
  const starts = { used: 0, resetAt: Date.now() + DAY_MS, last: new Map<number, number>() };

  function startLimit(): SessionStartLimit {
    const now = Date.now();
    if (now >= starts.resetAt) Object.assign(starts, { used: 0, resetAt: now + DAY_MS });
    const remaining = Math.max(0, options.startsADay - starts.used);
    const { startsADay: total, maxConcurrency: max_concurrency } = options;
    return { total, remaining, reset_after: starts.resetAt - now, max_concurrency };
  }

  /** Counts an IDENTIFY. `spent`: Discord would end every session and reset the token. `early`: to be sent again. */
  function countStart(shard: number): 'fine' | 'early' | 'spent' {
    if (startLimit().remaining === 0) {
      options.violate('session-start-limit', `more than ${options.startsADay} a day`);
      return 'spent';
    }
    starts.used += 1;
    const now = performance.now();
    const key = shard % options.maxConcurrency;
    if (now < (starts.last.get(key) ?? Number.NEGATIVE_INFINITY) + options.identifyEveryMs) return 'early';
    starts.last.set(key, now);
    return 'fine';
  }

  server.on('upgrade', (request, socket, head) => {
    if (!request.url?.startsWith('/gateway')) socket.destroy();
    else sockets.handleUpgrade(request, socket, head, (opened) => connected(opened));
  });

  function send(
    socket: WebSocket,
    op: number,
    d: unknown,
    more: { s: number; t: string } | undefined = undefined,
  ): void {
    if (socket.readyState === socket.OPEN) {
      socket.send(JSON.stringify({ op, d, s: more?.s ?? null, t: more?.t ?? null }));
    }
  }

  function deliver(session: Session, event: Dispatch): void {
    session.seq += 1;
    session.events.push({ s: session.seq, event });
    if (session.events.length > MAX_EVENTS) session.events.shift();
    if (session.socket) send(session.socket, 0, event.data, { s: session.seq, t: event.name });
  }

  function startSession(socket: WebSocket, d: unknown): Session | undefined {
    const asked = identify.safeParse(d);
    if (!asked.success) return refuse(socket, 4002, 'Error while decoding payload.');
    const { token, intents, shard = [0, 1] } = asked.data;
    if (bareToken(token) !== options.token) return refuse(socket, 4004, 'Authentication failed.');
    if (shard[0] < 0 || shard[0] >= shard[1]) return refuse(socket, 4010, 'Invalid shard.');
    if (options.guildsOf(shard[1]) > MAX_GUILDS) return refuse(socket, 4011, 'Sharding required.');
    if (intents < 0 || intents >= 2 ** 27) return refuse(socket, 4013, 'Invalid intent(s).');
    if (intents & PRIVILEGED) return refuse(socket, 4014, 'Disallowed intent(s).');
    const start = countStart(shard[0]);
    if (start === 'spent') return refuse(socket, 4004, 'Authentication failed.');
    if (start === 'early') {
      send(socket, 9, false);
      return undefined;
    }
    const id = randomBytes(16).toString('hex');
    const session: Session = { id, intents, shard, seq: 0, events: [], socket };
    sessions.set(id, session);
    const disconnected = [...sessions.values()].filter((one) => !one.socket);
    for (const old of disconnected.slice(0, Math.max(0, disconnected.length - MAX_SESSIONS))) sessions.delete(old.id);
    const hasGuild = shardOf(options.guildId, shard[1]) === shard[0];
    const data = { v: 10, ...options.ready(hasGuild), session_id: id, resume_gateway_url: options.resumeUrl(), shard };
    deliver(session, { name: 'READY', data });
    for (const event of options.afterReady(intents, hasGuild)) deliver(session, event);
    options.onReady();
    return session;
  }

  function resumeSession(socket: WebSocket, d: unknown): Session | undefined {
    const asked = resume.safeParse(d);
    if (!asked.success) return refuse(socket, 4002, 'Error while decoding payload.');
    if (bareToken(asked.data.token) !== options.token) return refuse(socket, 4004, 'Authentication failed.');
    const session = sessions.get(asked.data.session_id);
    if (!session) {
      send(socket, 9, false);
      return undefined;
    }
    const seq = asked.data.seq ?? 0;
    if (seq > session.seq) return refuse(socket, 4007, 'Invalid seq.');
    session.socket?.terminate();
    session.socket = socket;
    const setup = ['READY', 'GUILD_CREATE', 'RESUMED'];
    const last = session.events.findLast((one) => one.s <= seq && !setup.includes(one.event.name));
    const missed = session.events.filter((one) => one.s > seq);
    for (const { s, event } of last ? [last, ...missed] : missed) send(socket, 0, event.data, { s, t: event.name });
    deliver(session, { name: 'RESUMED', data: {} });
    options.onReady();
    return session;
  }

  function refuse(socket: WebSocket, code: number, reason: string): undefined {
    socket.close(code, reason);
  }

  function connected(socket: WebSocket): void {
    let session: Session | undefined;
    let lastHeartbeat = Date.now();
    let received: number[] = [];
    const heartbeatTimer = setInterval(() => {
      if (Date.now() - lastHeartbeat > options.heartbeatMs * 1.5) socket.terminate();
    }, options.heartbeatMs / 4);
    send(socket, 10, { heartbeat_interval: options.heartbeatMs, _trace: [] });

    function receive(raw: RawData): undefined {
      const now = Date.now();
      // Limit: 120 events a minute per connection.
      received = received.filter((at) => at > now - 60_000);
      received.push(now);
      if (received.length > 120) return refuse(socket, 4008, 'You are being rate limited.');
      let parsed: ReturnType<typeof frame.safeParse>;
      try {
        parsed = frame.safeParse(JSON.parse(String(raw)));
      } catch {
        return refuse(socket, 4002, 'Error while decoding payload.');
      }
      if (!parsed.success) return refuse(socket, 4002, 'Error while decoding payload.');
      const { op, d } = parsed.data;
      switch (op) {
        case 1:
          lastHeartbeat = now;
          send(socket, 11, null);
          return undefined;
        case 2:
        case 6:
          if (session && sessions.has(session.id)) return refuse(socket, 4005, 'Already authenticated.');
          session = op === 2 ? startSession(socket, d) : resumeSession(socket, d);
          return undefined;
        case 3:
        case 4:
        case 8:
          if (!session) refuse(socket, 4003, 'Not authenticated.');
          return undefined;
        default:
          return refuse(socket, 4001, 'Unknown opcode.');
      }
    }

    socket.on('message', receive);
    socket.on('error', () => {});
    socket.on('close', (code) => {
      clearInterval(heartbeatTimer);
      if (session?.socket !== socket) return;
      session.socket = undefined;
      // A client that closes with 1000 or 1001 ends its session; after any other close it can resume.
      if (code === 1000 || code === 1001) sessions.delete(session.id);
    });
  }

  return {
    dispatch(event, wants = () => true, guildId) {
      for (const session of sessions.values()) {
        const [shard, count] = session.shard;
        if (shardOf(guildId, count) === shard && wants(session.intents)) deliver(session, event);
      }
    },
    startLimit,
    sessions: () => [...sessions.values()].filter((session) => session.socket).length,
    shards: () => [...sessions.values()].filter((session) => session.socket).map(({ shard }) => shard),
    drop(code, shard) {
      for (const session of sessions.values()) {
        if (shard !== undefined && session.shard[0] !== shard) continue;
        const { socket } = session;
        session.socket = undefined;
        if (code === undefined) socket?.terminate();
        else socket?.close(code);
        // These codes end the session (4007: bad sequence, 4009: timed out).
        if (code && [1000, 1001, 4004, 4007, 4009].includes(code)) sessions.delete(session.id);
      }
    },
    invalidate() {
      for (const { socket } of sessions.values()) if (socket) send(socket, 9, false);
      sessions.clear();
    },
    reconnect() {
      for (const { socket } of sessions.values()) if (socket) send(socket, 7, null);
    },
    close() {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      sessions.clear();
    },
  };
}
