// Runs the real bot the way an operator does: as a child process, configured only by environment variables.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export type LogLine = Record<string, unknown>;

export type BotProcess = {
  child: ChildProcess;
  lines: LogLine[];
  /** Everything on standard output and standard error. */
  output(): string;
  /** Resolves with the first log line, past or future, that matches; rejects if the process ends first. */
  line(predicate: (line: LogLine) => boolean, timeoutMs?: number): Promise<LogLine>;
  ready(timeoutMs?: number): Promise<LogLine>;
  /** Sends a signal and resolves with the exit code (null when the signal killed it). */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
};

const root = fileURLToPath(new URL('..', import.meta.url));
/** Same as `npm start`. Reusing compiled code halves the startup time. */
const compileCache = fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url));

const productionEntry = 'src/main.ts';
/** Same as `npm start`: memory use is part of what the sandbox shows (docs/performance.md). */
export const memoryFlags = ['--max-semi-space-size=16'];
export const memoryEnv = { MALLOC_MMAP_THRESHOLD_: '4194304' };

/** Parses a log line. Undefined for other output and for the partial line a killed process may leave behind. */
export function parseLogLine(text: string): LogLine | undefined {
  if (!text.startsWith('{') || !text.endsWith('}')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Starts a bot.
 * @param env everything in its environment except PATH and the defaults below
 * @param entry the file to run; defaults to the production entry
 * @param onLine is called with every line of its output
 */
export function startBot(
  env: Record<string, string>,
  entry = productionEntry,
  onLine: (text: string) => void = () => {},
): BotProcess {
  const base = { PATH: process.env.PATH ?? '', NODE_ENV: 'production', NODE_COMPILE_CACHE: compileCache };
  const isProduction = entry === productionEntry;
  const child = spawn(process.execPath, [...(isProduction ? memoryFlags : []), entry], {
    cwd: root,
    env: { ...base, ...(isProduction ? memoryEnv : {}), ...env },
    // Standard input closes when this process ends, so that a test bot knows to exit.
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const lines: LogLine[] = [];
  let output = '';
  const waiting = new Set<() => void>();
  const exited = once(child, 'exit');
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (text) => {
      output += `${text}\n`;
      const read = parseLogLine(text);
      if (read) lines.push(read);
      onLine(text);
      for (const wake of waiting) wake();
    });
  }

  function line(predicate: (line: LogLine) => boolean, timeoutMs = 20_000): Promise<LogLine> {
    return new Promise((resolve, reject) => {
      const check = () => {
        const found = lines.find(predicate);
        if (found) done(() => resolve(found));
      };
      const fail = (why: string) => done(() => reject(new Error(`${why}\n${output}`)));
      const timer = setTimeout(() => fail(`no such line within ${timeoutMs} ms`), timeoutMs);
      const ended = () => setImmediate(() => fail('the bot ended'));
      function done(finish: () => void): void {
        clearTimeout(timer);
        waiting.delete(check);
        child.off('exit', ended);
        finish();
      }
      waiting.add(check);
      child.once('exit', ended);
      check();
    });
  }

  return {
    child,
    lines,
    output: () => output,
    line,
    ready: (timeoutMs) => line((entry) => entry.msg === 'ready', timeoutMs),
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal);
        await exited;
      }
      return child.exitCode;
    },
  };
}
