// The production entry as its operator runs it: a child process with environment variables.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { type BotProcess, startBot } from '../../sandbox/bot.ts';
import { findFreePort } from '../../sandbox/free-port.ts';
import { createLab, type Lab } from '../lab.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const bots: BotProcess[] = [];

async function startProcess(lab: Lab): Promise<BotProcess> {
  const bot = startBot(lab.env);
  bots.push(bot);
  await bot.ready();
  return bot;
}

afterEach(async () => {
  await Promise.all(bots.splice(0).map((bot) => bot.stop('SIGKILL')));
});

describe('the process', () => {
  it('lists every mistake in the environment at once and exits with 1', () => {
    const { status, stderr, stdout } = spawnSync(process.execPath, [main], {
      env: { PORT: 'abc', PUBLIC_URL: 'not a url', LOG_LEVEL: 'loud' },
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stdout).toBe('');
    for (const name of ['DISCORD_TOKEN', 'RUNFLOW_API_KEY', 'PORT', 'PUBLIC_URL', 'LOG_LEVEL']) {
      expect(stderr).toMatch(new RegExp(`^ {2}- ${name} `, 'm'));
    }
  });

  it('exits with 1 and says why when the token is refused, the store cannot be opened, the port is taken', async () => {
    const lab = await createLab({ idle: true });
    for (const [wrong, words] of [
      [{ DISCORD_TOKEN: 'wrong-token' }, 'DISCORD_TOKEN'],
      [{ STORE_URL: 'sqlite:///dev/null/x.sqlite' }, 'STORE_URL'],
      [{ PORT: new URL(lab.discord.url).port }, 'PORT'],
      [{ METRICS_PORT: new URL(lab.discord.url).port }, 'METRICS_PORT'],
    ] as const) {
      const bot = startBot({ ...lab.env, ...wrong });
      bots.push(bot);
      await bot.line(() => false, 20_000).catch(() => {});
      expect(await bot.stop()).toBe(1);
      expect(bot.output()).toContain(words);
      expect(bot.output()).not.toContain('wrong-token');
    }
    lab.discord.violations.length = 0;
  });

  it('says in how many servers it is and how to add it, and exits with 78 when Discord refuses the token later', async () => {
    const lab = await createLab({ idle: true });
    const bot = startBot(lab.env);
    bots.push(bot);
    const ready = await bot.ready();
    const { id } = lab.discord.world.application;
    expect(ready.servers).toBe(1);
    expect(ready.invite).toMatch(
      new RegExp(
        `^https://discord\\.com/oauth2/authorize\\?client_id=${id}&scope=bot\\+applications.commands&permissions=\\d+$`,
      ),
    );
    const body = { code: 0, message: '401: Unauthorized' };
    lab.discord.standIn.fault({ path: /gateway\/bot/, kind: 'answer', status: 401, body });
    lab.discord.dropGateway(4004);
    await bot.line(() => false, 20_000).catch(() => {});
    expect(await bot.stop()).toBe(78);
    expect(bot.output()).toContain('darkroom has to stop. Please change this:\n  - DISCORD_TOKEN: ');
  });

  it('exits with 78 at the start, too, where each further start would only cost a log-in', async () => {
    const lab = await createLab({ idle: true, discord: { guilds: 5_001 } });
    const bot = startBot({ ...lab.env, DISCORD_SHARDS: '0,1', DISCORD_SHARD_COUNT: '2' });
    bots.push(bot);
    await bot.line(() => false, 20_000).catch(() => {});
    expect(await bot.stop()).toBe(78);
    expect(bot.output()).toContain('darkroom cannot start. Please change this:\n  - DISCORD_SHARD_COUNT: ');
  });

  it('answers /metrics on METRICS_PORT alone, until it stops', async () => {
    const metricsPort = await findFreePort();
    const lab = await createLab({ env: { METRICS_PORT: String(metricsPort) } });
    const metrics = `http://127.0.0.1:${metricsPort}/metrics`;
    expect(await (await fetch(metrics)).text()).toContain('darkroom_edits_accepted_total');
    expect((await fetch(`${lab.url}/metrics`)).status).toBe(404);
    expect((await fetch(`${lab.url}/healthz`)).status).toBe(200);
    await lab.stop();
    await expect(fetch(metrics)).rejects.toThrow();
  });

  it.each([
    ['its store', { STORE_URL: 'redis://127.0.0.1:9' }],
    ['Discord', { DISCORD_API_URL: 'http://127.0.0.1:9' }],
  ])('stops on SIGTERM soon while it waits for %s, and exits with 0', async (_what, away) => {
    const lab = await createLab({ idle: true });
    const bot = startBot({ ...lab.env, ...away });
    bots.push(bot);
    await bot.line(({ level }) => level === 'warn' && bot.output().includes('ECONNREFUSED'));
    const asked = Date.now();
    expect(await bot.stop('SIGTERM')).toBe(0);
    expect(Date.now() - asked).toBeLessThan(5_000);
    expect(bot.output()).not.toContain('stopping took too long');
  });

  it('stops on SIGTERM in the middle of an edit, exits with 0 within ten seconds, and goes on after a restart', async () => {
    const lab = await createLab({ idle: true });
    const bot = await startProcess(lab);
    lab.runflow.hold();
    const interaction = lab.edit('blur');
    await lab.until('the run', () => lab.runs().length === 1);
    const asked = Date.now();
    expect(await bot.stop('SIGTERM')).toBe(0);
    expect(Date.now() - asked).toBeLessThan(10_000);
    lab.runflow.release();
    await lab.until('the run ended', () => lab.runs()[0]?.status_code === 'succeeded');
    await startProcess(lab);
    expect((await interaction.replied()).attachments).toHaveLength(1);
    expect(lab.runs()).toHaveLength(1);
  });
});
