// The gateway: sessions over WebSocket that identify, beat, miss things, and resume. Events are numbered per session and
// kept, so that a resumed session gets everything it has not confirmed, and the last one twice (delivery is at least once).
import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import type { Json } from './wire.ts';

export type Dispatch = { name: string; data: Json };

export type Gateway = {
  /** Sends to every session that `wants` it; sessions without a connection get it when they resume. */
  dispatch(event: Dispatch, wants?: (intents: number) => boolean, guildId?: string): void;
  /** Connected and identified sessions. */
  sessions(): number;
  drop(code?: number): void;
  invalidate(): void;
  reconnect(): void;
  close(): void;
};

export type GatewayOptions = {
  token: string;
  heartbeatMs: number;
  /** What READY says beyond the session, and the events that follow it. */
  ready(): Json;
  afterReady(intents: number): Dispatch[];
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

// Members, presences and message content: an application must be granted these in the developer portal, this one is not.
const PRIVILEGED = (1 << 1) | (1 << 8) | (1 << 15);
const MAX_EVENTS = 5000;
const MAX_SESSIONS = 16;

const frame = z.object({ op: z.int(), d: z.unknown().optional() });
const identify = z.object({
  token: z.string(),
  intents: z.int(),
  properties: z.object({}).loose(),
  shard: z.tuple([z.int(), z.int()]).optional(),
});
const resume = z.object({ token: z.string(), session_id: z.string(), seq: z.int().nullable() });

/** Serves the gateway on the HTTP server's `/gateway` path. */
export function createGateway(server: Server, options: GatewayOptions): Gateway {
  const sockets = new WebSocketServer({ noServer: true });
  const sessions = new Map<string, Session>();

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
    if (token !== options.token) return refuse(socket, 4004, 'Authentication failed.');
    if (shard[0] < 0 || shard[0] >= shard[1]) return refuse(socket, 4010, 'Invalid shard.');
    if (intents < 0 || intents >= 2 ** 27) return refuse(socket, 4013, 'Invalid intent(s).');
    if (intents & PRIVILEGED) return refuse(socket, 4014, 'Disallowed intent(s).');
    const id = randomBytes(16).toString('hex');
    const session: Session = { id, intents, shard, seq: 0, events: [], socket };
    sessions.set(id, session);
    const disconnected = [...sessions.values()].filter((one) => !one.socket);
    for (const old of disconnected.slice(0, Math.max(0, disconnected.length - MAX_SESSIONS))) sessions.delete(old.id);
    const data = { v: 10, ...options.ready(), session_id: id, resume_gateway_url: options.resumeUrl(), shard };
    deliver(session, { name: 'READY', data });
    for (const event of options.afterReady(intents)) deliver(session, event);
    options.onReady();
    return session;
  }

  function resumeSession(socket: WebSocket, d: unknown): Session | undefined {
    const asked = resume.safeParse(d);
    if (!asked.success) return refuse(socket, 4002, 'Error while decoding payload.');
    if (asked.data.token !== options.token) return refuse(socket, 4004, 'Authentication failed.');
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
      // 120 events a minute for each connection.
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
      // A client that says goodbye with 1000 or 1001 gives its session up; any other end can be resumed.
      if (code === 1000 || code === 1001) sessions.delete(session.id);
    });
  }

  return {
    dispatch(event, wants = () => true, guildId) {
      for (const session of sessions.values()) {
        const [shard, count] = session.shard;
        const guildShard = guildId ? Number((BigInt(guildId) >> 22n) % BigInt(count)) : 0;
        if (guildShard === shard && wants(session.intents)) deliver(session, event);
      }
    },
    sessions: () => [...sessions.values()].filter((session) => session.socket).length,
    drop(code) {
      for (const session of sessions.values()) {
        const { socket } = session;
        session.socket = undefined;
        if (code === undefined) socket?.terminate();
        else socket?.close(code);
        // Discord closes with 1000 or one of these when the session is over (4007: bad sequence, 4009: timed out).
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
