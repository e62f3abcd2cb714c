// Supervises the bot's process: starts it, stops it gracefully or with SIGKILL, and keeps its latest output.
import { type BotProcess, type LogLine, parseLogLine, startBot } from '../bot.ts';

export type BotState = 'starting' | 'ready' | 'stopping' | 'stopped' | 'killed';

/** A line of the bot's output, numbered from 1; `line` is set if it is a log line. */
export type OutputLine = { number: number; at: number; text: string; line: LogLine | undefined };

export type Supervisor = {
  state(): BotState;
  pid(): number | undefined;
  /** The latest lines, oldest first. */
  lines: OutputLine[];
  /** Resolves when the bot is ready; rejects if it exits first. Does nothing if the bot already runs. */
  start(): Promise<void>;
  /** Sends SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** Sends SIGKILL, like a crash or a power cut. */
  kill(): Promise<void>;
};

// Enough to scroll back a few minutes.
const maxLines = 500;

/**
 * Creates a supervisor without starting the bot.
 * @param environment is called at every start
 * @param changed is called after every output line and state change
 */
export function createSupervisor(environment: () => Record<string, string>, changed: () => void): Supervisor {
  const lines: OutputLine[] = [];
  let lineCount = 0;
  let state: BotState = 'stopped';
  let bot: BotProcess | undefined;
  let ready: Promise<void> = Promise.resolve();

  function addLine(text: string): void {
    lineCount += 1;
    lines.push({ number: lineCount, at: Date.now(), text, line: parseLogLine(text) });
    if (lines.length > maxLines) lines.shift();
    changed();
  }

  function setState(next: BotState): void {
    state = next;
    changed();
  }

  function launch(): Promise<void> {
    const started = startBot(environment(), undefined, addLine);
    bot = started;
    setState('starting');
    started.child.once('exit', (_code, signal) => {
      if (bot === started) setState(signal === 'SIGKILL' ? 'killed' : 'stopped');
    });
    return started.ready().then(() => {
      if (bot === started && state === 'starting') setState('ready');
    });
  }

  return {
    lines,
    state: () => state,
    pid: () => (state === 'stopped' || state === 'killed' ? undefined : bot?.child.pid),
    async start() {
      if (state === 'stopping') await bot?.stop();
      if (state === 'stopped' || state === 'killed') ready = launch();
      await ready;
    },
    async stop() {
      if (!bot || state === 'stopped' || state === 'killed') return bot?.child.exitCode ?? null;
      setState('stopping');
      return bot.stop();
    },
    async kill() {
      await bot?.stop('SIGKILL');
    },
  };
}
