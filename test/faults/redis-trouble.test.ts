// Redis on a bad day: it hangs, takes a write and loses the answer, is away at the start, refuses us, is left behind by an
// older version, holds what cannot be read, loses everything. Nobody is billed for what was refused.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startBot } from '../../sandbox/bot.ts';
import type { Interaction } from '../../sandbox/discord/discord.ts';
import { createRecords } from '../../src/edit/records.ts';
import { createRedisStore } from '../../src/store/redis.ts';
import { accepted } from '../edit/examples.ts';
import type { Lab } from '../lab.ts';
import { createProxy } from '../redis-proxy.ts';
import { noRedis, type RedisServer, startRedis } from '../redis-server.ts';
import { RawRedis } from '../store/raw-redis.ts';
import { pause } from '../support.ts';
import { creates, delivered, expectOnce, inLab, runsOf, shown } from './own-lab.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function launch(settings: readonly string[] = []): Promise<RedisServer> {
  const server = await startRedis(settings);
  closing.push(() => server.kill());
  return server;
}

const ready = async (lab: Lab) => (await fetch(`${lab.url}/readyz`)).status;
const becomes = (lab: Lab, status: number) => expect.poll(() => ready(lab), { timeout: 10_000 }).toBe(status);

async function expectRefused(interaction: Interaction): Promise<void> {
  const { ephemeral, tookMs } = await interaction.acknowledged;
  expect({ ephemeral, inTime: tookMs < 3_000 }).toEqual({ ephemeral: true, inTime: true });
  expect(interaction.original()?.content).toContain("can't take edits right now. Nothing was charged");
}

describe.skipIf(noRedis)('a Redis that hangs', { timeout: 60_000 }, () => {
  it('is noticed in time; what was refused is never run, what was under way goes on', async () => {
    const redis = await launch();
    await inLab({ env: { STORE_URL: redis.url() } }, async (lab) => {
      lab.runflow.hold();
      const before = lab.edit('blur');
      await lab.until('the run', () => lab.runs().length === 1);
      await pause(200);
      redis.hang();
      // Both the first, whose commands are on their way, and one of later.
      const first = lab.edit('sepia');
      await expectRefused(first);
      const second = lab.edit('sepia');
      await expectRefused(second);
      expect(await ready(lab)).toBe(503);
      redis.goOn();
      await becomes(lab, 200);
      lab.runflow.release();
      const after = lab.edit('invert');
      await delivered(lab, [before, after]);
      // Longer than until another process would take up what it finds.
      await pause(6_000);
      for (const interaction of [before, after]) expectOnce(lab, interaction);
      expect([...runsOf(lab, first.id), ...runsOf(lab, second.id)]).toEqual([]);
      expect(creates(lab)).toHaveLength(2);
    });
  });
});

describe.skipIf(noRedis)('a Redis that is away for a moment', () => {
  it('is waited for before anybody is refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'darkroom-redis-'));
    closing.push(() => rmSync(folder, { recursive: true, force: true }));
    const redis = await launch(['--dir', folder, '--appendonly', 'yes', '--appendfsync', 'always']);
    await inLab({ env: { STORE_URL: redis.url() } }, async (lab) => {
      const edits: Interaction[] = [];
      for (let round = 0; round < 3; round += 1) {
        edits.push(lab.edit('blur'));
        await redis.kill();
        for (let index = 0; index < 5; index += 1) edits.push(lab.edit('sepia'));
        await redis.restart();
        const last = edits.at(-1);
        await last?.acknowledged;
        await becomes(lab, 200);
      }
      await lab.until('shown', () => edits.every(({ id }) => shown(lab, id).length > 0));
      for (const interaction of edits) expectOnce(lab, interaction);
    });
  });
});

it.skipIf(noRedis)(
  'a Redis that is too slow for an acknowledgement in time: the edit is refused in time, and not run',
  async () => {
    const redis = await launch();
    const proxy = await createProxy(new URL(redis.url()));
    closing.push(() => proxy.close());
    await inLab({ env: { STORE_URL: proxy.url } }, async (lab) => {
      await delivered(lab, [lab.edit('blur')]);
      proxy.delay(850);
      const interaction = lab.edit('sepia');
      await expectRefused(interaction);
      await pause(1_500);
      proxy.delay(0);
      await pause(6_000);
      expect(runsOf(lab, interaction.id)).toEqual([]);
      const next = lab.edit('invert');
      await delivered(lab, [next]);
      expectOnce(lab, next);
    });
  },
  60_000,
);

it.skipIf(noRedis)(
  'an edit whose record was taken and whose answer was lost is not run after its requester was refused',
  async () => {
    const redis = await launch();
    const proxy = await createProxy(new URL(redis.url()));
    closing.push(() => proxy.close());
    await inLab({ env: { STORE_URL: proxy.url } }, async (lab) => {
      // From now on the server knows the scripts, and does at once what it is sent.
      await delivered(lab, [lab.edit('blur')]);
      proxy.loseAnswerTo('darkroom:record:edit:');
      const interaction = lab.edit('sepia');
      await interaction.acknowledged;
      expect(proxy.lost()).toBe(true);
      // Refused in words, or taken: but then it goes on.
      const refused = interaction.original()?.content.includes('Nothing was charged') ?? false;
      await pause(7_000);
      expect(runsOf(lab, interaction.id)).toHaveLength(refused ? 0 : 1);
      const next = lab.edit('blur');
      await delivered(lab, [next]);
    });
  },
  60_000,
);

describe.skipIf(noRedis)('a start', { timeout: 60_000 }, () => {
  /** What follows a log-in; that the token is asked about before costs none. */
  const discordCalls = (lab: Lab) =>
    lab.discord.standIn.requests.filter(({ path }) => !path.endsWith('/gateway/bot')).length;

  it('waits for a Redis that is away, without a log-in to Discord, and says so', async () => {
    const redis = await launch();
    const url = redis.url();
    await redis.kill();
    await inLab({ idle: true, env: { STORE_URL: url } }, async (lab) => {
      const bot = startBot(lab.env);
      try {
        await bot.line(({ msg }) => String(msg).includes('waiting for it'));
        await pause(1_000);
        expect(bot.child.exitCode).toBeNull();
        expect(discordCalls(lab)).toBe(0);
        await redis.restart();
        await bot.ready();
        const interaction = lab.edit('sepia');
        await lab.until('the picture', () => shown(lab, interaction.id).length === 1);
      } finally {
        await bot.stop('SIGKILL');
      }
    });
  });

  it('waits for a Redis that hangs, and for one that takes no writes yet', async () => {
    const redis = await launch();
    const url = redis.url();
    await inLab({ idle: true, env: { STORE_URL: url } }, async (lab) => {
      redis.hang();
      const bot = startBot(lab.env);
      try {
        await bot.line(({ msg }) => String(msg).includes('no answer within'));
        redis.goOn();
        await bot.ready();
      } finally {
        await bot.stop('SIGKILL');
      }
      const calls = discordCalls(lab);
      // As while another server takes over.
      await new RawRedis(url).send('REPLICAOF', '127.0.0.1', '1');
      const next = startBot(lab.env);
      try {
        await next.line(({ msg }) => /READONLY|MASTERDOWN/.test(String(msg)));
        expect(discordCalls(lab)).toBe(calls);
        await new RawRedis(url).send('REPLICAOF', 'NO', 'ONE');
        await next.ready();
      } finally {
        await next.stop('SIGKILL');
      }
    });
  });

  it('ends at once, in words and without a log-in, where the password is missing', async () => {
    const redis = await launch(['--requirepass', 'open-sesame']);
    await inLab({ idle: true, env: { STORE_URL: redis.url() } }, async (lab) => {
      const bot = startBot(lab.env);
      await expect.poll(() => bot.child.exitCode, { timeout: 10_000 }).toBe(1);
      expect(bot.output()).toContain('STORE_URL: Redis does not let us in');
      expect(discordCalls(lab)).toBe(0);
    });
  });

  it('leaves out an open edit that cannot be read, and goes on with the others', async () => {
    const redis = await launch();
    const url = redis.url();
    await inLab({ idle: true, env: { STORE_URL: url }, callbacks: false }, async (lab) => {
      await lab.start();
      lab.runflow.hold();
      const interaction = lab.edit('sepia');
      await lab.until('the run', () => lab.runs().length === 1);
      await lab.stop();
      const raw = new RawRedis(url);
      await raw.send('HSET', 'darkroom:record:edit:77', 'v', '1', 'd', '{"half', 'p', '[]');
      await raw.send('ZADD', 'darkroom:list:edit:open', '0', '000000000 77');
      lab.runflow.release();
      await lab.start();
      await delivered(lab, [interaction]);
      await pause(1_500);
      expect(lab.logs.filter(({ entry }) => entry === 'edit 77')).toHaveLength(1);
    });
  });

  it('moves what an older version stored, also when two start at once', async () => {
    const redis = await launch();
    const url = redis.url();
    const raw = new RawRedis(url);
    const put = (space: string, key: string, value: unknown) =>
      raw.send('SET', `darkroom:${space}::${key}`, JSON.stringify({ value }));
    const edit = { ...accepted(), id: '1300000000000000009' };
    const running = { ...edit, state: 'running', runId: 'run-9', submittedAt: 5, givenUp: false };
    await put('open', edit.id, running);
    await put('outcome', 'run-9', { outcome: { kind: 'canceled' }, editId: edit.id });
    await put('open', '1300000000000000010', { nothing: 'of use' });
    for (let index = 0; index < 30; index += 1) {
      const id = `00000000${index % 10}${index}`;
      const action = index % 2 === 0 ? 'held' : 'approved';
      const entry = { id, at: index, action, actorId: 'vera', memberId: 'mia', editId: `${Math.floor(index / 2)}` };
      await put('audit:7', id, entry);
    }
    const { adoptOlder } = await import('../../src/store/open.ts');
    const { createAudit } = await import('../../src/audit/audit.ts');
    const told: string[] = [];
    const stores = await Promise.all([createRedisStore(url), createRedisStore(url)]);
    closing.push(...stores.map((store) => () => store.close()));
    expect(stores.map(({ isNew }) => isNew)).toContain(false);
    const desks = stores.map((store) => {
      return { store, records: createRecords(store, 1_000), audit: createAudit(store, { now: Date.now }) };
    });
    await Promise.all(
      desks.map(({ store, records, audit }) =>
        adoptOlder(store, { ...records.adopt, audit: audit.adopt }, { unreadable: (where) => told.push(where) }),
      ),
    );
    for (const { records, audit } of desks) {
      const outcome = { kind: 'canceled' };
      expect(await records.load(edit.id)).toMatchObject({ state: 'running', ended: { runId: 'run-9', outcome } });
      expect((await records.dueIds(Date.now(), undefined, 9)).map(({ key }) => key)).toEqual([edit.id]);
      expect(await Array.fromAsync(audit.all('7'))).toHaveLength(30);
      expect(await audit.list('7', { memberId: 'mia', limit: 5 })).toHaveLength(5);
    }
    expect(told).toContain('open 1300000000000000010');
    expect(await raw.send('KEYS', 'darkroom:audit:*')).not.toContain('audit:7');
  });
});

it.skipIf(noRedis)(
  'a Redis that lost its data while the bot runs: its edits are taken up again without a restart',
  async () => {
    const redis = await launch();
    await inLab({ env: { STORE_URL: redis.url() }, callbacks: false }, async (lab) => {
      lab.runflow.hold();
      const interaction = lab.edit('sepia');
      await lab.until('the run', () => lab.runs().length === 1);
      await pause(300);
      await redis.kill();
      await redis.restart();
      await lab.until('the notice', () => lab.logs.some(({ msg }) => msg.startsWith('the store lost its data')));
      lab.runflow.release();
      await delivered(lab, [interaction]);
      expectOnce(lab, interaction);
    });
  },
  60_000,
);

it.skipIf(noRedis)(
  'a Redis that came back as it was some time ago: what is newer is taken up again without a restart',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'darkroom-redis-'));
    closing.push(() => rmSync(folder, { recursive: true, force: true }));
    const redis = await launch(['--dir', folder, '--save', '3600', '1']);
    const url = redis.url();
    await inLab({ env: { STORE_URL: url }, callbacks: false }, async (lab) => {
      const before = lab.edit('blur');
      await delivered(lab, [before]);
      await new RawRedis(url).send('SAVE');
      lab.runflow.hold();
      const interaction = lab.edit('sepia');
      await lab.until('the run', () => lab.runs().length === 2);
      await pause(300);
      await redis.kill();
      await redis.restart();
      await lab.until('the notice', () => lab.logs.some(({ msg }) => msg.startsWith('the store was started anew')));
      lab.runflow.release();
      await delivered(lab, [interaction]);
      expectOnce(lab, before);
      expectOnce(lab, interaction);
    });
  },
  60_000,
);
