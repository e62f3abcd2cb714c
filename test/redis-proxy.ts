// A relay in front of a Redis server that loses answers, is slow, or is cut.
import { createServer, type Server, type Socket, connect as tcpConnect } from 'node:net';

export type Proxy = {
  url: string;
  loseAnswerTo(command: string): void;
  lost(): boolean;
  /** Each answer takes that long. */
  delay(ms: number): void;
  /** Nothing passes any more, as when a cable is pulled: nobody is told. */
  cut(): void;
  /** Whoever connects now gets through again. */
  mend(): void;
  close(): void;
};

/** Passes everything on, until it is cut, or told to swallow the answers from a certain command on, and then to cut. */
export async function createProxy(target: URL): Promise<Proxy> {
  let delayMs = 0;
  let wanted: string | undefined;
  let lost = false;
  let isCut = false;
  const sockets = new Set<Socket>();
  const cutters = new Set<() => void>();
  const server: Server = createServer((client) => {
    const upstream = tcpConnect(Number(target.port), target.hostname);
    let swallow = false;
    // Whatever was open when it was cut stays dead.
    let dead = isCut;
    const onCut = () => {
      dead = true;
    };
    cutters.add(onCut);
    client.on('close', () => cutters.delete(onCut));
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('data', (data) => {
      if (dead) return;
      if (wanted !== undefined && data.toString('latin1').includes(wanted)) {
        wanted = undefined;
        swallow = true;
      }
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (dead) return;
      if (!swallow && delayMs > 0) return void setTimeout(() => client.write(data), delayMs);
      if (!swallow) return void client.write(data);
      lost = true;
      client.destroy();
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `redis://127.0.0.1:${port}${target.pathname}`,
    loseAnswerTo(command) {
      wanted = command;
    },
    lost: () => lost,
    delay(ms) {
      delayMs = ms;
    },
    cut() {
      isCut = true;
      for (const cut of cutters) cut();
    },
    mend() {
      isCut = false;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
