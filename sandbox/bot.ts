// Runs the real bot as its operator would: a child process with environment variables, nothing else.
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
  /** Resolves with the first line, past or to come, that the predicate accepts; rejects when the process ends first. */
  line(predicate: (line: LogLine) => boolean, timeoutMs?: number): Promise<LogLine>;
  ready(timeoutMs?: number): Promise<LogLine>;
  /** Sends a signal and resolves with the exit code (null when the signal killed it). */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
};

const root = fileURLToPath(new URL('..', import.meta.url));
/** As `npm start` has it: code that was compiled once is not compiled at every start. Halves the time to start. */
const compileCache = fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url));

const productionEntry = 'src/main.ts';
/** As `npm start` has them: how much memory is taken and kept is part of what is tried out (docs/performance.md). */
export const memoryFlags = ['--max-semi-space-size=16'];
export const memoryEnv = { MALLOC_MMAP_THRESHOLD_: '4194304' };

/** A line of the log. A killed process may leave half a line behind, which is none. */
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
 * @param env its whole environment, apart from PATH
 * @param entry the file to run; the production entry unless told
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
    // Standard input ends when we do: by that a bot made for tests knows that nobody needs it any more.
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
