// A laboratory for one test: both stand-ins and the bot over real sockets and a real store, with waits made short.
// What the bot logged and sent is checked at the end: no secret in a line, no body that Discord would refuse, no
// flagged picture before its time.

import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, onTestFinished } from 'vitest';
import { createDiscord, type Discord, type DiscordOptions, type Interaction } from '../sandbox/discord/discord.ts';
import { findFreePort } from '../sandbox/free-port.ts';
import { createRunflow, type Run, type Runflow, type RunflowOptions } from '../sandbox/runflow/runflow.ts';
import { type App, type Hooks, start } from '../src/app.ts';
import type { Clock } from '../src/clock.ts';
import { readConfig } from '../src/config.ts';
import type { Timing } from '../src/edit/timing.ts';
import { createLog } from '../src/log.ts';
import { expectNoLeak } from './leaks.ts';
import { mia, pause, type Who } from './support.ts';

export type LabOptions = {
  /** Runflow calls back (default), or the bot has to poll. */
  callbacks?: boolean;
  /** Callback secrets of the bot; the stand-in signs with the first (default one). */
  secrets?: string[];
  discord?: DiscordOptions;
  runflow?: RunflowOptions;
  timing?: Partial<Timing>;
  env?: Record<string, string>;
  hooks?: Omit<Hooks, 'timing'>;
  /** Do not start the bot yet. */
  idle?: boolean;
  /** The test closes the lab itself: for tests that run side by side. */
  closeMyself?: boolean;
};

export type LogEntry = { level: string; msg: string } & Record<string, unknown>;

export type Lab = {
  discord: Discord;
  runflow: Runflow;
  env: Record<string, string>;
  /** Every line of every bot that ran in this lab. */
  logs: LogEntry[];
  /** The log as it was written. */
  logText(): string;
  clock: MovableClock;
  start(more?: Omit<Hooks, 'timing'>): Promise<App>;
  stop(): Promise<void>;
  /** Stops everything and checks what the bots have said. */
  close(): Promise<void>;
  /** The bot's own listener. */
  url: string;
  /** mia's /edit in #general, with the rocket unless told. */
  edit(prompt: string, options?: Record<string, string | number | boolean>, by?: Who): Interaction;
  /** The messages with files that everybody in the channel sees. */
  results(channel?: string): ReturnType<Discord['messages']>;
  runs(): Run[];
  /** Resolves when the predicate holds; looks again after every request and every line. */
  until(what: string, predicate: () => boolean, timeoutMs?: number): Promise<void>;
};

export const secret = 'whsec_lab-secret-one';

/** Short enough to wait for in a test, long enough to be told apart. */
export const quick: Partial<Timing> = {
  leaseMs: 1_500,
  answerableMs: 1_000,
  looksMs: [50, 100, 150],
  certainMs: 800,
  refusedCertainMs: 250,
  queueLookMs: 500,
  refuseForMs: 300,
  probeMs: 400,
  recoverRestMs: 300,
  backoffMs: 40,
  backoffMaxMs: 1_000,
  pollFirstMs: 60,
  callbackOverdueMs: 400,
  pollMs: 50,
  pollMaxMs: 400,
  slowPollMs: 200,
  identifyMs: 0,
  rescanMs: 700,
  leadMs: 900,
  leadLookMs: 300,
  lateMs: 300,
  emptyEnd: { times: 3, forMs: 150 },
  leastSpeed: { afterMs: 3_000, bytesPerSecond: 32_768 },
};

/** The file of the lab's own database. */
export const storePath = ({ env }: Pick<Lab, 'env'>): string => (env.STORE_URL ?? '').replace('sqlite://', '');

export type MovableClock = Clock & {
  /** Moves the time that the bot reads; timers that were set keep their pace. */
  move(ms: number): void;
  /** What the bot read at a moment of the real clock. */
  at(realMs: number): number;
};

function createMovableClock(): MovableClock {
  let offset = 0;
  const moves: { since: number; offset: number }[] = [];
  return {
    now: () => Date.now() + offset,
    elapsed: () => performance.now(),
    after(ms, callback) {
      const timer = setTimeout(callback, Math.min(Math.max(ms, 0), 2 ** 31 - 1));
      timer.unref();
      return () => clearTimeout(timer);
    },
    move(ms) {
      offset += ms;
      moves.push({ since: Date.now(), offset });
    },
    at: (realMs) => realMs + (moves.findLast(({ since }) => since <= realMs)?.offset ?? 0),
  };
}

export const photo = await readFile(new URL('../sandbox/photos/rocket.jpg', import.meta.url));
export const rocket = { name: 'rocket.jpg', type: 'image/jpeg', bytes: photo, width: 640, height: 427 };

/** A picture that costs next to nothing: where hundreds are edited and their pixels do not matter. */
export const stamp = {
  name: 'stamp.png',
  type: 'image/png',
  width: 96,
  height: 64,
  bytes: await sharp({ create: { width: 96, height: 64, channels: 3, background: '#3366ff' } })
    .png()
    .toBuffer(),
};

export async function createLab(options: LabOptions = {}): Promise<Lab> {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-lab-'));
  const secrets = options.secrets ?? [secret];
  // Bots of a test start again at once; the wait between log-ins has a test of its own.
  const discord = await createDiscord({ identifyEveryMs: 0, ...options.discord });
  const runflow = await createRunflow({
    runMs: 60,
    callbackRetryMs: [50, 100],
    secrets: secrets.slice(0, 1),
    ...options.runflow,
  });
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const env: Record<string, string> = {
    DISCORD_TOKEN: 'sandbox-token',
    DISCORD_API_URL: discord.url,
    RUNFLOW_API_KEY: 'sandbox-key',
    RUNFLOW_API_URL: runflow.url,
    RUNFLOW_CALLBACK_SECRETS: secrets.join(','),
    ...(options.callbacks === false ? {} : { PUBLIC_URL: url }),
    HOST: '127.0.0.1',
    PORT: String(port),
    STORE_URL: `sqlite://${join(folder, 'darkroom.sqlite')}`,
    ALLOW_INSECURE_URLS: 'true',
    // Every kind of place; that it is off unless asked for is tested by itself.
    DIRECT_MESSAGES: 'true',
    LOG_LEVEL: 'debug',
    ...options.env,
  };
  const logs: LogEntry[] = [];
  let logText = '';
  const clock = createMovableClock();
  const apps: App[] = [];
  let closed = false;
  const log = createLog('debug', ['sandbox-token', 'sandbox-key', ...secrets], {
    write(line) {
      logText += line;
      logs.push(JSON.parse(line));
    },
  });

  async function stop(): Promise<void> {
    for (const app of apps.splice(0)) await app.stop();
  }

  const lab: Lab = {
    discord,
    runflow,
    env,
    logs,
    logText: () => logText,
    clock,
    url,
    async start(more = {}) {
      const timing = { ...quick, ...options.timing };
      const app = await start(readConfig(env), log, { clock, unasked: true, ...options.hooks, ...more, timing });
      apps.push(app);
      return app;
    },
    stop,
    async close() {
      if (closed) return;
      closed = true;
      await stop();
      await Promise.all([discord.close(), runflow.close()]);
      try {
        await expectNoLeak({ discord, runflow, storeUrl: env.STORE_URL, clockAt: clock.at });
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
      expectDiscreet(lab, secrets);
      expect(discord.violations, 'what Discord would have refused').toEqual([]);
    },
    edit: (prompt, more = {}, by = mia) => discord.slash(by, 'edit', { image: rocket, prompt, ...more }),
    results: (channel = 'general') => discord.messages(channel).filter((message) => message.attachments.length > 0),
    runs: () => [...runflow.runs.values()],
    async until(what, predicate, timeoutMs = 20_000) {
      const end = Date.now() + timeoutMs;
      while (!predicate()) {
        if (Date.now() > end) throw new Error(`${what}: not within ${timeoutMs} ms\n${logText.slice(-4_000)}`);
        await pause(10);
      }
    },
  };

  // Asked for at each lab: a hook of this module would only run for the first file that imports it.
  if (!options.closeMyself) onTestFinished(() => lab.close());
  if (!options.idle) await lab.start();
  return lab;
}

/** No secret, no interaction token and no presigned query may be in the log, whatever went wrong. */
function expectDiscreet(lab: Lab, secrets: readonly string[]): void {
  const text = lab.logText();
  for (const hidden of ['sandbox-token', 'sandbox-key', ...secrets]) expect(text).not.toContain(hidden);
  for (const { path } of lab.discord.standIn.requests) {
    const token = /\/(?:webhooks|interactions)\/\d+\/([^/?]{20,})/.exec(path)?.[1];
    if (token) expect(text).not.toContain(token);
  }
  expect(text).not.toMatch(/[?&](?:signature|X-Amz-Signature|hm)=[0-9a-f]/i);
}
