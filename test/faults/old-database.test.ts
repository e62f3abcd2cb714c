// A database that an older version left behind, and one that has seen many edits come and go. `schema-1.sqlite` was
// written by a bot of schema version 1 that was stopped while one edit was running and another one delivered.

import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createAudit } from '../../src/audit/audit.ts';
import { move } from '../../src/edit/moves.ts';
import type { Edit } from '../../src/edit/record.ts';
import { createRecords } from '../../src/edit/records.ts';
import { adoptOlder } from '../../src/store/open.ts';
import { createSqliteStore } from '../../src/store/sqlite.ts';
import { accepted, delivering, paid } from '../edit/examples.ts';
import { storePath } from '../lab.ts';
import { pause } from '../support.ts';
import { delivered, inLab, pixelPng, shown } from './own-lab.ts';

const old = fileURLToPath(new URL('schema-1.sqlite', import.meta.url));
const runningId = '1574122755589144577';
const deliveredId = '1574122754465071104';

const none = async () => [];
const done = paid(move(delivering(), { type: 'posted', channelId: '1', messageId: '2' }, 4_000));

async function load(path: string, id: string): Promise<Edit | undefined> {
  const store = createSqliteStore(path);
  try {
    const records = createRecords(store, 1_000);
    await adoptOlder(store, records.adopt);
    return await records.load(id);
  } finally {
    await store.close();
  }
}

describe.concurrent('the database', { timeout: 60_000 }, () => {
  it('of schema version 1 is opened, and its edits go on', () =>
    inLab({ idle: true, callbacks: false }, async (lab) => {
      const path = storePath(lab);
      copyFileSync(old, path);
      const running = await load(path, runningId);
      if (running?.state !== 'running') throw new Error('the file has no running edit');
      // The run as Runflow would still know it, some minutes after the bot was stopped.
      lab.clock.move(running.createdAt + 5 * 60_000 - Date.now());
      lab.runflow.hold();
      await fetch(`${lab.runflow.url}/v1/models/black-forest-labs/flux-2-klein-9b/edit/runs`, {
        method: 'POST',
        headers: { authorization: 'Bearer sandbox-key', 'content-type': 'application/json' },
        body: JSON.stringify({ input: { prompt: 'blur', image_urls: [`data:image/png;base64,${pixelPng}`] } }),
      });
      const [run] = lab.runs();
      if (!run) throw new Error('no run');
      lab.runflow.runs.delete(run.id);
      lab.runflow.runs.set(running.runId, Object.assign(run, { id: running.runId, client_ref: runningId }));
      lab.runflow.release();

      await lab.start();
      await delivered(lab, [{ id: runningId }]);
      const interaction = lab.edit('sepia');
      await delivered(lab, [interaction]);
      await pause(300);
      expect(shown(lab, runningId)).toHaveLength(1);
      expect(shown(lab, deliveredId)).toEqual([]);
      await lab.stop();
      expect(await load(path, deliveredId)).toMatchObject({
        state: 'delivered',
        origin: { guildId: expect.any(String) },
      });
      const closed = await load(path, runningId);
      expect([closed?.state, closed?.reply]).toEqual(['delivered', undefined]);
    }));

  it('of an older version is brought to the schema of this one', () => {
    const folder = mkdtempSync(join(tmpdir(), 'darkroom-schema-'));
    try {
      const [from, fresh] = [join(folder, 'old.sqlite'), join(folder, 'fresh.sqlite')];
      copyFileSync(old, from);
      const schemas = [from, fresh].map((path) => {
        void createSqliteStore(path).close();
        const database = new DatabaseSync(path);
        const schema = database.prepare('SELECT name, sql FROM sqlite_master ORDER BY name').all();
        const version = database.prepare('PRAGMA user_version').get();
        database.close();
        return { schema, version };
      });
      expect(schemas[0]).toEqual(schemas[1]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('of an older version gives up its log: in order, counted, and soon, also to two that start at once', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'darkroom-log-'));
    const path = join(folder, 'old.sqlite');
    copyFileSync(old, path);
    const database = new DatabaseSync(path);
    const insert = database.prepare('INSERT INTO entry (key, value, expires) VALUES (?, ?, NULL)');
    const count = 6_000;
    database.exec('BEGIN');
    for (let index = 0; index < count; index += 1) {
      const id = `${(1_700_000_000_000 + index).toString(36).padStart(9, '0')}0000x`;
      const action = index % 2 === 0 ? 'held' : 'rejected';
      const memberId = `mia${Math.floor(index / 2) % 10}`;
      const entry = { id, at: index, action, actorId: 'vera', memberId, editId: `${Math.floor(index / 2)}` };
      insert.run(`audit:7:${id}`, JSON.stringify({ value: { ...entry, reason: 'A sentence of old' } }));
    }
    insert.run('audit:7:zzz', 'no JSON at all');
    database.exec('COMMIT');
    database.close();
    const stores = [createSqliteStore(path), createSqliteStore(path)];
    try {
      const began = performance.now();
      const told: string[] = [];
      const logs = stores.map((store) => createAudit(store, { now: Date.now }));
      const news = { unreadable: (where: string) => told.push(where) };
      await Promise.all(stores.map((store, index) => adoptOlder(store, { audit: logs[index]?.adopt ?? none }, news)));
      expect(performance.now() - began).toBeLessThan(15_000);
      expect(told).toContain('audit:7 zzz');
      for (const log of logs) {
        const entries = await Array.fromAsync(log.all('7'));
        expect(entries.map(({ at }) => at)).toEqual(Array.from({ length: count }, (_, index) => index));
        expect(entries[0]?.reason).toEqual({ note: 'A sentence of old' });
        expect(await log.history('7', 'mia3')).toMatchObject({ flagged: 300, rejected: 300, approved: 0 });
        expect(await log.list('7', { editId: '5', limit: 9 })).toHaveLength(2);
        expect(await Array.fromAsync(log.accounts('7', 0))).toHaveLength(count / 2);
      }
      const left = new DatabaseSync(path);
      expect(left.prepare("SELECT key FROM entry WHERE key LIKE 'audit:%'").all()).toEqual([{ key: 'audit:7:zzz' }]);
      left.close();
    } finally {
      for (const store of stores) await store.close();
      rmSync(folder, { recursive: true });
    }
  });

  it('does not grow with the number of edits that came and went', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'darkroom-growth-'));
    const path = join(folder, 'growth.sqlite');
    const store = createSqliteStore(path);
    try {
      const records = createRecords(store, 1);
      const sizes: number[] = [];
      for (let round = 0; round < 12; round += 1) {
        for (let index = 0; index < 100; index += 1) {
          const id = `${round * 1_000 + index}`;
          await records.admit({ ...accepted(), id });
          await records.keepOutcome(`run-${id}`, { kind: 'canceled' }, id);
          await records.save({ ...done, id }, 2);
          const lease = await records.claim(id, 1);
          if (index % 2 === 0) await lease?.release();
        }
        await pause(5);
        await store.sweep();
        sizes.push(statSync(path).size + statSync(`${path}-wal`).size);
      }
      expect(await records.load('11001')).toBeUndefined();
      const [fifth = 0, last = 0] = [sizes[4], sizes.at(-1)];
      expect(last, sizes.join(' ')).toBeLessThanOrEqual(fifth * 1.5);
    } finally {
      await store.close();
      rmSync(folder, { recursive: true });
    }
  });
});
