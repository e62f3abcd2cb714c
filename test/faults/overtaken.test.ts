// Two that write the same record: a process that stood still and lost its lease, and whoever decided meanwhile. No
// decision is overwritten, on either store.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { move } from '../../src/edit/moves.ts';
import type { Edit } from '../../src/edit/record.ts';
import { createRecords, type Records } from '../../src/edit/records.ts';
import { createSettings, readSettings } from '../../src/settings/settings.ts';
import { createRedisStore } from '../../src/store/redis.ts';
import { createSqliteStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import { type Lab, storePath } from '../lab.ts';
import { noRedis, type RedisServer, startRedis } from '../redis-server.ts';
import { pause } from '../support.ts';
import { delivered, expectOnce, inLab, postMessage, shown } from './own-lab.ts';

let redis: RedisServer | undefined;
beforeAll(async () => {
  if (!noRedis) redis = await startRedis();
});
afterAll(() => redis?.kill());

/** Another process on the lab's store. */
async function inOther(lab: Lab, work: (records: Records, store: Store) => Promise<void>): Promise<void> {
  const url = lab.env.STORE_URL ?? '';
  const store = url.startsWith('redis') ? await createRedisStore(url) : createSqliteStore(storePath(lab));
  try {
    await work(createRecords(store, 3_600_000), store);
  } finally {
    await store.close();
  }
}

const load = async (lab: Lab, id: string): Promise<Edit | undefined> => {
  let edit: Edit | undefined;
  await inOther(lab, async (records) => {
    edit = await records.load(id);
  });
  return edit;
};

const stores = [{ name: 'SQLite' }, ...(noRedis ? [] : [{ name: 'Redis' }])];
const envOf = (name: string): Record<string, string> => (name === 'Redis' && redis ? { STORE_URL: redis.url() } : {});

describe.each(stores)('on $name', { timeout: 60_000 }, ({ name }) => {
  it('a moderator decides while the card is being posted: the decision stands', () =>
    inLab({ idle: true, env: envOf(name) }, async (lab) => {
      const reviewChannel = lab.discord.world.channel('review').id;
      await inOther(lab, async (_records, store) => {
        await createSettings(store, systemClock).update(lab.discord.world.guild.id, () => ({
          ...readSettings(undefined),
          reviewChannel,
        }));
      });
      await lab.start();
      const path = new RegExp(`/channels/${reviewChannel}/messages$`);
      lab.discord.standIn.fault({ method: 'POST', path, kind: 'delay', ms: 1_500 });
      const interaction = lab.edit('blur [flagged]');
      await lab.discord.standIn.request((request) => request.method === 'POST' && path.test(request.path));
      await inOther(lab, async (records) => {
        const found = await records.find(interaction.id);
        if (!found) throw new Error('no record');
        const verdict = { kind: 'rejected', by: 'vera', at: lab.clock.now(), reason: undefined } as const;
        const rejected = move(found.edit, { type: 'decided', verdict }, lab.clock.now());
        expect(rejected.state).toBe('rejected');
        expect(await records.save(rejected, found.version)).toBeDefined();
      });
      await expect.poll(async () => (await load(lab, interaction.id))?.review?.card, { timeout: 10_000 }).toBeDefined();
      await lab.until('the word', () => (interaction.original()?.content ?? '').includes('not'));
      await pause(500);
      expect(await load(lab, interaction.id)).toMatchObject({ state: 'rejected', review: { verdict: { by: 'vera' } } });
      expect(shown(lab, interaction.id)).toEqual([]);
    }));

  it('a process stands still beyond its lease while another one delivers: once, and nothing is saved over', () => {
    const still = Promise.withResolvers<void>();
    let stops = 0;
    const at = (moment: string) => {
      if (moment !== 'settled' || stops > 0) return undefined;
      stops += 1;
      return still.promise;
    };
    return inLab({ idle: true, env: envOf(name), timing: { leaseMs: 300, rescanMs: 200 } }, async (lab) => {
      // Its lease is renewed while it waits, so the other takes the record, not the lease: what a lost one amounts to.
      await lab.start({ at });
      const interaction = lab.edit('sepia');
      await lab.until('the stop', () => stops > 0);
      await inOther(lab, async (records) => {
        const found = await records.find(interaction.id);
        if (found?.edit.state !== 'settled') throw new Error(`not settled: ${found?.edit.state}`);
        const { outcome } = found.edit;
        const told = { type: 'failed', reason: 'timeout', detail: 'by the other', told: true } as const;
        expect(outcome.kind).toBe('succeeded');
        expect(await records.save(move(found.edit, told, 5), found.version)).toBeDefined();
      });
      still.resolve();
      await pause(1_000);
      expect(await load(lab, interaction.id)).toMatchObject({ state: 'failed', detail: 'by the other' });
      expect(shown(lab, interaction.id)).toEqual([]);
      const next = lab.edit('blur');
      await delivered(lab, [next]);
      expectOnce(lab, next);
    });
  });

  it('a post that was on its way when the record changed is noted in what it has become', () =>
    inLab({ env: envOf(name) }, async (lab) => {
      lab.discord.standIn.fault({ method: 'PATCH', path: /%40original/, kind: 'delay', ms: 1_000 });
      const interaction = lab.edit('sepia');
      await lab.discord.standIn.request(({ method, path }) => method === 'PATCH' && /%40original/.test(path));
      await inOther(lab, async (records) => {
        const found = await records.find(interaction.id);
        if (!found) throw new Error('no record');
        const changed = move(found.edit, { type: 'put-off', until: lab.clock.now() + 60_000 }, lab.clock.now());
        expect(await records.save(changed, found.version)).toBeDefined();
      });
      await delivered(lab, [interaction]);
      expectOnce(lab, interaction);
      expect(await load(lab, interaction.id)).toMatchObject({ state: 'delivered' });
      expect(
        lab.discord.standIn.requests.filter(({ method, path }) => method === 'POST' && postMessage.path.test(path)),
      ).toEqual([]);
    }));

  it('a post that was on its way when its picture turned out to be flagged comes down again', () =>
    inLab({ env: envOf(name) }, async (lab) => {
      lab.runflow.hold();
      const interaction = lab.edit('sepia');
      await interaction.acknowledged;
      await lab.until('the run', () => lab.runs().length === 1);
      lab.discord.expireToken(interaction);
      const when = ({ files }: { files: unknown[] }) => files.length > 0;
      lab.discord.standIn.fault({ ...postMessage, when, kind: 'delay', ms: 1_000 });
      lab.runflow.release();
      await lab.discord.standIn.request(({ path, files }) => postMessage.path.test(path) && files.length > 0);
      await inOther(lab, async (records) => {
        const found = await records.find(interaction.id);
        if (found?.edit.state !== 'delivering') throw new Error(`not delivering: ${found?.edit.state}`);
        const outcome = { ...found.edit.outcome, nsfw: true };
        const flagged = move(found.edit, { type: 'refreshed', outcome }, lab.clock.now());
        expect(await records.save(flagged, found.version)).toBeDefined();
      });
      const { requests } = lab.discord.standIn;
      await lab.until('taken down', () => requests.some(({ method, status }) => method === 'DELETE' && status === 204));
      await expect.poll(async () => load(lab, interaction.id)).toMatchObject({ state: 'rejected', told: true });
      expect(shown(lab, interaction.id)).toEqual([]);
    }));
});
