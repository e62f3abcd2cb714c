// Finds a free port, for a bot whose callback URL must be known before it starts. Searches below the ephemeral range,
// so that no outgoing connection takes the port before the bot does.
import { createServer } from 'node:net';

// Ephemeral ports start at 32768 on Linux and 49152 elsewhere; well-known servers use the lower ports.
const [lowest, highest] = [20_000, 32_000];
const maxTries = 50;

/** Each process starts far from the next ones and never returns a port twice, so that parallel processes do not collide. */
let next = (process.pid * 7_417) % (highest - lowest);

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer().once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** @throws if no tried port is free */
export async function findFreePort(): Promise<number> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const port = lowest + next;
    next = (next + 1) % (highest - lowest);
    if (await isFree(port)) return port;
  }
  throw new Error('no free port was found');
}
