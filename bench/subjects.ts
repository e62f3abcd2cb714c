// Starts the subjects: each is its own process, with the bot's production environment.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BotProcess, startBot } from '../sandbox/bot.ts';
import { findFreePort } from '../sandbox/free-port.ts';
import type { Answer } from './protocol.ts';

/** `polling`: darkroom without a public address. */
export type SubjectName = 'floor' | 'baseline' | 'darkroom' | 'polling';

const entries: Record<SubjectName, string> = {
  floor: 'bench/floor.ts',
  baseline: 'bench/baseline.ts',
  darkroom: 'src/main.ts',
  polling: 'src/main.ts',
};

export type Subject = {
  name: SubjectName;
  pid: number;
  /** Of its listener. */
  port: number;
  /** Folder of its store; the other subjects leave it empty. */
  folder: string;
  /** Rejects when it exits on its own. */
  died: Promise<never>;
  /** Restarts it with its store after `stop`. @returns milliseconds until it was ready */
  restart(): Promise<number>;
  stop(): Promise<void>;
  /** Stops it and removes its store. */
  remove(): Promise<void>;
};

/** Starts a subject against open stand-ins and waits until it reports ready. */
export async function startSubject(name: SubjectName, stage: Answer, profiles?: string): Promise<Subject> {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-bench-'));
  const port = await findFreePort();
  const env = {
    DISCORD_TOKEN: 'sandbox-token',
    DISCORD_API_URL: stage.discordUrl,
    RUNFLOW_API_KEY: 'sandbox-key',
    RUNFLOW_API_URL: stage.runflowUrl,
    ...(name === 'polling' ? {} : { PUBLIC_URL: `http://127.0.0.1:${port}` }),
    RUNFLOW_CALLBACK_SECRETS: 'whsec_bench',
    HOST: '127.0.0.1',
    PORT: String(port),
    STORE_URL: `sqlite://${join(folder, 'darkroom.sqlite')}`,
    ALLOW_INSECURE_URLS: 'true',
    ...(profiles === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profiles}/${name}` }),
  };
  const died = Promise.withResolvers<never>();
  died.promise.catch(() => {});
  let stopping = false;

  async function launch(): Promise<BotProcess> {
    const launched = startBot(env, entries[name]);
    stopping = false;
    launched.child.once('exit', (code) => {
      if (!stopping) died.reject(new Error(`${name} ended (${code}): ${launched.output().slice(-2_000)}`));
    });
    await launched.ready(60_000);
    return launched;
  }

  async function stop(): Promise<void> {
    stopping = true;
    await bot.stop();
  }

  let bot = await launch();

  return {
    name,
    port,
    folder,
    died: died.promise,
    get pid() {
      return bot.child.pid ?? 0;
    },
    async restart() {
      const start = performance.now();
      bot = await launch();
      return performance.now() - start;
    },
    stop,
    async remove() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
