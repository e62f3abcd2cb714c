// Bounds what strangers can hold of an HTTP server: connections, time, and the bytes of bodies that are not whole yet.
// When one of them is full, the connection that has kept it waiting longest is cut, so that those who are quick get in.
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { release } from './pieces.ts';

/** Connections in all, and of one address: a burst of callbacks arrives from one address at once. */
const most = { all: 512, perAddress: 256 };
/** All bodies that are not whole together. */
const mostPending = 8 * 2 ** 20;
/** An honest request arrives in milliseconds. A slower one is cut, whether it stands still or trickles. */
const timeouts = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 500,
};
/** Several requests sent at once on one connection are answered up to this many; then it is closed. */
const requestsPerConnection = 100;
/** A body starts with this much room and doubles it, so that many small pieces cost no more than few large ones. */
const firstRoom = 4_096;

/** A body is over its limit. `statusCode` is read by the error handler. */
export class BodyTooLarge extends Error {
  override name = 'BodyTooLarge';
  readonly statusCode = 413;
}

type Connection = { address: string; request?: IncomingMessage; response?: ServerResponse };

export type Connections = {
  /** A server whose connections count towards the limits. */
  createServer(handle: RequestListener): Server;
  /** Reads a body whole. Rejects when it is cut off. @throws {BodyTooLarge} beyond `limit` bytes */
  readBody(request: IncomingMessage, limit: number): Promise<Buffer>;
};

/** Whether a request brings a body that has not arrived yet. */
export function isBodyOutstanding({ headers, complete }: IncomingMessage): boolean {
  if (complete) return false;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
}

/** @param limits smaller ones for tests */
export function createConnections(limits: Partial<typeof most & typeof timeouts> = {}): Connections {
  const { all, perAddress, ...times } = { ...most, ...timeouts, ...limits };
  // In the order in which they came, or became idle.
  const open = new Map<Socket, Connection>();
  const bodies = new Map<IncomingMessage, number>();
  let pending = 0;

  /** Its request is here and its answer is not: this one waits for us, not we for it. */
  const isServed = ({ request, response }: Connection) =>
    request?.complete === true && response?.writableEnded !== true;

  function cutSlowest(among: (connection: Connection) => boolean): boolean {
    for (const [socket, connection] of open) {
      if (!among(connection) || isServed(connection)) continue;
      open.delete(socket);
      socket.destroy();
      return true;
    }
    return false;
  }

  function admit(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    let fromThere = 1;
    for (const connection of open.values()) if (connection.address === address) fromThere += 1;
    const crowded = fromThere > perAddress ? (one: Connection) => one.address === address : () => true;
    if ((fromThere > perAddress || open.size >= all) && !cutSlowest(crowded)) {
      socket.destroy();
      return;
    }
    open.set(socket, { address });
    socket.once('close', () => open.delete(socket));
  }

  function begin(request: IncomingMessage, response: ServerResponse): void {
    const connection = open.get(request.socket);
    if (!connection) return;
    Object.assign(connection, { request, response });
    response.once('finish', () => {
      // Idle from now on, and so behind those that have waited longer.
      if (connection.response !== response || !open.delete(request.socket)) return;
      open.set(request.socket, { address: connection.address });
    });
  }

  /** Notes how much room a body takes; makes room by cutting the one that has taken it longest. */
  function hold(request: IncomingMessage, room: number): void {
    pending += room - (bodies.get(request) ?? 0);
    bodies.set(request, room);
    for (const [oldest, size] of bodies) {
      if (pending <= mostPending || oldest === request) break;
      pending -= size;
      bodies.delete(oldest);
      oldest.socket.destroy();
    }
  }

  function letGo(request: IncomingMessage): void {
    pending -= bodies.get(request) ?? 0;
    bodies.delete(request);
  }

  return {
    createServer(handle) {
      const server = createServer({ ...times, maxHeaderSize: 16_384 }, handle);
      server.maxRequestsPerSocket = requestsPerConnection;
      server.setTimeout(times.requestTimeout);
      server.on('connection', admit);
      server.prependListener('request', begin);
      return server;
    },

    readBody: (request, limit) =>
      new Promise((resolve, reject) => {
        let bytes = Buffer.allocUnsafeSlow(Math.min(firstRoom, limit));
        let size = 0;
        hold(request, bytes.length);
        request.on('data', (piece: Buffer) => {
          if (size + piece.length > limit) {
            request.pause().removeAllListeners('data');
            letGo(request);
            reject(new BodyTooLarge(`a body may have ${limit} bytes`));
            return;
          }
          if (size + piece.length > bytes.length) {
            const larger = Buffer.allocUnsafeSlow(Math.min(limit, Math.max(bytes.length * 2, size + piece.length)));
            bytes.copy(larger, 0, 0, size);
            release(bytes);
            bytes = larger;
            hold(request, bytes.length);
          }
          piece.copy(bytes, size);
          size += piece.length;
          release(piece);
        });
        let isWhole = false;
        request.once('end', () => {
          isWhole = true;
          resolve(bytes.subarray(0, size));
        });
        request.once('error', reject);
        request.once('close', () => {
          letGo(request);
          if (isWhole) return;
          release(bytes);
          reject(new Error('the connection was closed in the middle of a request'));
        });
      }),
  };
}
