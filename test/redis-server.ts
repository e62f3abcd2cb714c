// A real Redis server for tests: on a free port of this machine, keeping nothing, with many databases.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { closedPort } from './http-server.ts';
import { findRedis } from './programs.ts';

/** Whether this machine has one; the tests over it are skipped where it has none. */
export const noRedis = findRedis() === undefined;

export type RedisServer = {
  /** The URL of a database that nobody else was given. */
  url(): string;
  /** Ends the process at once. */
  kill(): Promise<void>;
  /** Starts it again on the same port, empty. */
  restart(): Promise<void>;
  /** Makes it stand still, as a hanging machine would: it takes what is sent and answers nothing. */
  hang(): void;
  /** Goes on, with everything that was sent meanwhile. */
  goOn(): void;
};

async function launch(port: number, more: readonly string[]): Promise<ChildProcess> {
  const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--databases', '100', '--dir', tmpdir()];
  const child = spawn(findRedis() ?? 'redis-server', [...settings, '--save', '', '--appendonly', 'no', ...more], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`redis-server ended with ${code}: ${said}`)));
    child.stdout?.on('data', (part: Buffer) => {
      said += part.toString();
      if (said.includes('Ready to accept connections')) resolve();
    });
  });
  return child;
}

/** @param more settings, as on the command line */
export async function startRedis(more: readonly string[] = []): Promise<RedisServer> {
  const port = await closedPort();
  let child = await launch(port, more);
  let databases = 0;
  return {
    url() {
      databases += 1;
      return `redis://127.0.0.1:${port}/${databases}`;
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
    hang: () => void child.kill('SIGSTOP'),
    goOn: () => void child.kill('SIGCONT'),
    async restart() {
      child = await launch(port, more);
    },
  };
}
