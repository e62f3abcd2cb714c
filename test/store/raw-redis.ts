// A bare connection to a Redis server, for what the store itself never does: break entries, flush, forbid commands.
import { createConnection } from 'node:net';

export class RawRedis {
  readonly #url: URL;

  constructor(url: string) {
    this.#url = new URL(url);
  }

  /** Sends one command on a connection of its own; gives the answer as it came. */
  async send(...words: readonly string[]): Promise<string> {
    const select = ['SELECT', this.#url.pathname.slice(1) || '0'];
    const socket = createConnection(Number(this.#url.port), this.#url.hostname);
    const frame = (parts: readonly string[]) =>
      `*${parts.length}\r\n${parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`;
    socket.write(frame(select) + frame(words) + frame(['QUIT']));
    const parts: Buffer[] = [];
    for await (const part of socket) parts.push(part);
    const answer = Buffer.concat(parts).toString();
    if (answer.includes('\r\n-') || answer.startsWith('-')) throw new Error(answer);
    return answer;
  }

  close(): void {}
}
