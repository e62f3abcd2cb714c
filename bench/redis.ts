// A Redis for the benchmark, and what it is asked there: through redis-cli, so that nothing of it counts as the bot's.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from '../sandbox/free-port.ts';

export type Redis = {
  url: string;
  pid: number;
  ask(...words: string[]): string;
  /** Counts what its clients send during that time, by command. */
  count(ms: number): Promise<Map<string, number>>;
  close(): Promise<void>;
};

export async function startRedis(): Promise<Redis> {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-bench-redis-'));
  const port = String(await findFreePort());
  const kept = ['--dir', folder, '--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''];
  const child: ChildProcess = spawn('redis-server', ['--port', port, '--bind', '127.0.0.1', ...kept], {
    stdio: 'ignore',
  });
  const ask = (...words: string[]) =>
    execFileSync('redis-cli', ['-p', port, ...words], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  while (true) {
    try {
      ask('PING');
      break;
    } catch {
      await sleep(50);
    }
  }

  return {
    url: `redis://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    ask,
    async count(ms) {
      const monitor = spawn('redis-cli', ['-p', port, 'MONITOR'], { stdio: ['ignore', 'pipe', 'ignore'] });
      let seen = '';
      monitor.stdout.on('data', (data: Buffer) => {
        seen += data.toString('latin1');
      });
      await sleep(300);
      seen = '';
      await sleep(ms);
      monitor.kill();
      const counts = new Map<string, number>();
      // What a script does inside counts as the script.
      for (const [, name = ''] of seen.matchAll(/^[\d.]+ \[\d+ 127[^\]]*\] "(\w+)"/gm)) {
        counts.set(name.toUpperCase(), (counts.get(name.toUpperCase()) ?? 0) + 1);
      }
      return counts;
    },
    async close() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
