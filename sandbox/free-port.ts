// A port that nobody listens on now: for a bot whose callback address must be known before it starts. Taken from below
// the range that systems give to outgoing connections, so that none of those takes it before the bot does.
import { createServer } from 'node:net';

// Linux gives out 32768 and up, other systems 49152 and up; the lower ones here belong to well-known servers.
const [lowest, highest] = [20_000, 32_000];
const maxTries = 50;

/** Each process begins elsewhere and never gives a port twice, so that processes side by side keep out of each other's way. */
let next = (process.pid * 211) % (highest - lowest);

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer().once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** @throws when no free one was found in a number of tries */
export async function findFreePort(): Promise<number> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const port = lowest + next;
    next = (next + 1) % (highest - lowest);
    if (await isFree(port)) return port;
  }
  throw new Error('no free port was found');
}
