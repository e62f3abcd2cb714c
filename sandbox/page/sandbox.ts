// Starts the whole sandbox: both stand-ins, the real bot as a child process, and the page.
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createDiscord, type Discord, type DiscordOptions } from '../discord/discord.ts';
import { findFreePort } from '../free-port.ts';
import { movedEnvironment } from '../moved-time.ts';
import { createRunflow, type Runflow, type RunflowOptions } from '../runflow/runflow.ts';
import { createPage } from './page.ts';
import { forgetPassedTime } from './passing-time.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';

export type SandboxOptions = {
  /** The page's port; if taken, the next free one (0: any). */
  port: number;
  /** The bot's SQLite file for a page port: two sandboxes must not share one. Every start begins with a new one. */
  store: (port: string) => string;
  discord?: DiscordOptions;
  runflow?: RunflowOptions;
};

export type Sandbox = {
  /** The page's address. */
  url: string;
  discord: Discord;
  runflow: Runflow;
  supervisor: Supervisor;
  /** Resolves when the bot is ready and #review is set up; rejects with its output if it fails to start. */
  ready: Promise<void>;
  /** Stops the bot gracefully, then everything else. */
  close(): Promise<void>;
};

const secret = 'whsec_only-in-this-sandbox';

/** Starts everything. The page works at once; the bot is ready a moment later. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const discord = await createDiscord(options.discord);
  const runflow = await createRunflow({ secrets: [secret], ...options.runflow });
  const botPort = await findFreePort();
  const store = () => options.store(page ? new URL(page.url).port : '');
  const supervisor = createSupervisor(
    () => ({
      DISCORD_TOKEN: 'sandbox-token',
      DISCORD_API_URL: discord.url,
      RUNFLOW_API_KEY: 'sandbox-key',
      RUNFLOW_API_URL: runflow.url,
      RUNFLOW_CALLBACK_SECRETS: secret,
      PUBLIC_URL: `http://127.0.0.1:${botPort}`,
      HOST: '127.0.0.1',
      PORT: String(botPort),
      STORE_URL: `sqlite://${store()}`,
      ALLOW_INSECURE_URLS: 'true',
      DIRECT_MESSAGES: 'true',
      ...movedEnvironment(),
    }),
    () => page?.updates.schedule(),
  );
  let page: Awaited<ReturnType<typeof createPage>> | undefined;
  try {
    page = await createPage({ discord, runflow, supervisor }, options.port);
  } catch (error) {
    await Promise.all([discord.close(), runflow.close()]);
    throw error;
  }
  await mkdir(dirname(store()), { recursive: true });
  // The stand-ins remember nothing, so the bot must not either: it would look for messages that never were.
  await Promise.all(['', '-wal', '-shm'].map((ending) => rm(`${store()}${ending}`, { force: true })));
  const ready = supervisor.start().then(() => setUpReview(discord));
  // Avoid an unhandled rejection: callers may ignore `ready`, and the page shows the bot's state.
  ready.catch(() => {});

  return {
    url: page.url,
    discord,
    runflow,
    supervisor,
    ready,
    async close() {
      await supervisor.stop();
      await page?.close();
      await Promise.all([discord.close(), runflow.close()]);
      forgetPassedTime();
    },
  };
}

/** The server's owner sets the review channel up, as in any server: with the bot's own command. */
async function setUpReview(discord: Discord): Promise<void> {
  discord.setRestricted('review', true);
  const owner = { user: discord.world.owner.id, channel: 'review' };
  const options = { 'review-channel': { channel: 'review' } };
  await discord.slash(owner, 'settings', options, 'moderation').replied();
}
