// Two processes of the bot on one store, started by mistake: both connected, both hear every interaction. Everything
// happens once, both come to rest, and when one of them is killed in the middle the other takes over after the lease.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BotProcess } from '../../sandbox/bot.ts';
import type { Interaction } from '../../sandbox/discord/discord.ts';
import { findFreePort } from '../../sandbox/free-port.ts';
import type { Lab } from '../lab.ts';
import { noRedis, type RedisServer, startRedis } from '../redis-server.ts';
import { pause } from '../support.ts';
import { asked, expectOnce, inLab, startBotProcess } from './own-lab.ts';

const perPhase = 16;

let redis: RedisServer | undefined;
beforeAll(async () => {
  if (!noRedis) redis = await startRedis();
});
afterAll(() => redis?.kill());

async function startTwo(lab: Lab): Promise<[BotProcess, BotProcess]> {
  const first = startBotProcess(lab.env, 600);
  const second = startBotProcess({ ...lab.env, PORT: String(await findFreePort()) }, 600);
  await Promise.all([first.ready(60_000), second.ready(60_000)]);
  return [first, second];
}

const deliveredBy = (bot: BotProcess) =>
  bot.lines.filter(({ msg }) => msg === 'edit delivered').map(({ edit }) => String(edit));

/** Edits with every course that matters here: lost answers, replays, callbacks that do not come. */
function askForMany(lab: Lab): Interaction[] {
  return Array.from({ length: perPhase }, (_, index) => {
    if (index % 4 === 1) lab.runflow.standIn.fault({ method: 'POST', path: /\/runs$/, kind: 'reset-after' });
    const word = index % 4 === 2 ? '[nocallback]' : index % 4 === 3 ? '[twice]' : '';
    const interaction = lab.edit(`sepia ${word}`);
    if (index % 3 === 0) lab.discord.replay(interaction);
    return interaction;
  });
}

async function comeToRest(lab: Lab): Promise<void> {
  const quietMs = 1_200;
  const end = Date.now() + 10_000;
  const last = () => Math.max(...asked(lab, 'GET', /^\/v1\//).map(({ at }) => at), 0);
  while (Date.now() - last() < quietMs) {
    if (Date.now() > end) throw new Error('Runflow is still asked although nothing is waiting');
    await pause(100);
  }
}

async function tryTwo(lab: Lab): Promise<void> {
  const [first, second] = await startTwo(lab);
  try {
    const early = askForMany(lab);
    const all = () => [...deliveredBy(first), ...deliveredBy(second)];
    await lab.until('the first half', () => early.every(({ id }) => all().includes(id)), 20_000);
    for (const interaction of early) expectOnce(lab, interaction);
    expect(new Set(all()).size).toBe(all().length);
    expect(early.map((interaction) => interaction.original()?.loading)).toEqual(early.map(() => false));
    await comeToRest(lab);

    const late = askForMany(lab);
    await lab.until('most are running', () => lab.runs().length > perPhase + 10);
    await first.stop('SIGKILL');
    const pictures = () => new Set(lab.results().map(({ components }) => JSON.stringify(components)));
    await lab.until('the second half', () => pictures().size === 2 * perPhase, 40_000);
    await comeToRest(lab);
    for (const interaction of [...early, ...late]) expectOnce(lab, interaction);
    expect(asked(lab, 'POST', /\/runs$/)).toHaveLength(2 * perPhase);
  } finally {
    await Promise.all([first.stop('SIGKILL'), second.stop('SIGKILL')]);
    // A request that the kill cut may reach Discord in two pieces of time: that is the kill's doing.
    lab.discord.violations.length = 0;
  }
}

describe.concurrent('two processes on one store', { timeout: 120_000 }, () => {
  const stores = noRedis ? ['SQLite'] : ['SQLite', 'Redis'];
  it.each(stores.flatMap((store) => ['callback', 'poll'].map((way) => ({ store, way }))))(
    'do everything once, and one goes on without the other ($store, $way)',
    ({ store, way }) => {
      const env: Record<string, string> = store === 'Redis' && redis ? { STORE_URL: redis.url() } : {};
      return inLab({ idle: true, callbacks: way === 'callback', runflow: { runMs: 300 }, env }, tryTwo);
    },
    120_000,
  );
});
