// Both stores against one contract, on real files and a real Redis server, and what is particular to each of them.
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { StartError, StoreError } from '../../src/errors.ts';
import { createRedisStore } from '../../src/store/redis.ts';
import { createSqliteStore } from '../../src/store/sqlite.ts';
import { noNews } from '../../src/store/store.ts';
import { closedPort } from '../http-server.ts';
import { noRedis, type RedisServer, startRedis } from '../redis-server.ts';
import { pause } from '../support.ts';
import { testContract } from './contract.ts';
import { RawRedis } from './raw-redis.ts';

const run = promisify(execFile);
const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));

const readNumber = (value: unknown) => (typeof value === 'number' ? value : undefined);

const closing: (() => unknown)[] = [];

/** Closes it after the test, also when the test has closed it already. */
function closeLater<Made extends { close(): unknown }>(made: Made): Made {
  closing.push(async () => {
    try {
      await made.close();
    } catch {
      // It was closed by the test.
    }
  });
  return made;
}

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'darkroom-store-'));
  closing.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const file = () => join(folder(), 'darkroom.sqlite');
/** @param now both the wall clock and the machine's uptime, where a test moves them */
const openLocal = (path: string, now?: () => number, boot = 'this boot') =>
  closeLater(createSqliteStore(path, now ? { now, uptime: { boot, now } } : {}));

test.skipIf(process.platform === 'win32')(
  'the database and the files beside it are for their owner alone, old ones too',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'darkroom-store-'));
    const path = join(folder, 'new', 'darkroom.sqlite');
    const mode = (file: string) => statSync(file).mode & 0o777;
    const open = async () => {
      const store = createSqliteStore(path);
      await store.probe();
      return { store, modes: [path, `${path}-wal`, `${path}-shm`].map(mode) };
    };
    try {
      const first = await open();
      expect(mode(join(folder, 'new'))).toBe(0o700);
      expect(first.modes).toEqual([0o600, 0o600, 0o600]);
      // As an earlier version left them, and another process may have them open.
      for (const file of [path, `${path}-wal`, `${path}-shm`]) chmodSync(file, 0o644);
      const second = await open();
      expect(second.modes).toEqual([0o600, 0o600, 0o600]);
      await first.store.close();
      await second.store.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

test('a backup is one moment of a store that is written to, opens by itself, and replaces nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-backup-'));
  const [path, target] = [join(folder, 'darkroom.sqlite'), join(folder, 'copy.sqlite')];
  const back = (...args: string[]) =>
    spawnSync(process.execPath, [fileURLToPath(new URL('../../src/backup.ts', import.meta.url)), ...args], {
      env: { STORE_URL: `sqlite://${path}` },
      encoding: 'utf8',
    });
  const store = createSqliteStore(path);
  try {
    await store.space('letters').set('one', 'first');
    expect(back(target)).toMatchObject({ status: 0, stdout: `${target}\n` });
    await store.space('letters').set('one', 'second');
    const copy = createSqliteStore(target);
    expect(await copy.space('letters').get('one')).toBe('first');
    await copy.close();
    expect(statSync(target).mode & 0o777).toBe(0o600);
    expect(back(target)).toMatchObject({ status: 1, stderr: expect.stringContaining('is there already') });
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
});

describe('the SQLite store', () => {
  testContract(async () => {
    const path = file();
    return { store: openLocal(path), another: async () => openLocal(path) };
  });

  test('makes the folders that its file needs, and remembers after it was closed', async () => {
    const path = join(folder(), 'one', 'two', 'darkroom.sqlite');
    const first = openLocal(path);
    await first.space<number>('open').set('key', 7);
    await first.close();
    expect(existsSync(path)).toBe(true);
    expect(await openLocal(path).space<number>('open').get('key')).toBe(7);
  });

  test('cannot start where no file can be', () => {
    const taken = join(folder(), 'file');
    writeFileSync(taken, 'taken');
    for (const path of [join(taken, 'darkroom.sqlite'), folder(), '/dev/null/darkroom.sqlite']) {
      expect(() => createSqliteStore(path), path).toThrow(StartError);
      expect(() => createSqliteStore(path), path).toThrow(`STORE_URL: ${path} cannot be used as a database`);
    }
  });

  test('cannot start on a file that is something else, and leaves that as it is', () => {
    const path = file();
    writeFileSync(path, 'Dear diary, '.repeat(1_000));
    expect(() => createSqliteStore(path)).toThrow(StartError);
    expect(statSync(path).size).toBe(12_000);
  });

  test('refuses the file of a newer version, and leaves that as it is', async () => {
    const path = file();
    await openLocal(path).close();
    const newer = closeLater(new DatabaseSync(path));
    newer.exec('PRAGMA user_version = 99');
    newer.close();
    expect(() => createSqliteStore(path)).toThrow('of a newer darkroom (schema 99');
    expect(closeLater(new DatabaseSync(path)).prepare('PRAGMA user_version').get()).toEqual({ user_version: 99 });
  });

  test('says so soon when somebody else locks the file, and works again afterwards', async () => {
    const path = file();
    const store = openLocal(path);
    const space = store.space<number>('open');
    await space.set('key', 1);
    const other = closeLater(new DatabaseSync(path));
    other.exec('BEGIN IMMEDIATE');
    const started = performance.now();
    await expect(space.set('key', 2)).rejects.toThrow(StoreError);
    expect(performance.now() - started).toBeLessThan(1_500);
    expect(await space.get('key')).toBe(1);
    other.exec('ROLLBACK');
    await space.set('key', 3);
    expect(await space.get('key')).toBe(3);
  });

  test('says so when the disk is full, and what was written before stays readable', async () => {
    // A limit on file sizes stands for the full disk: the write fails, as it would there.
    const command = `trap '' XFSZ; ulimit -f 1000; exec "$0" "$1" "$2"`;
    const { stdout } = await run('sh', ['-c', command, process.execPath, script('filler.ts'), file()]);
    const result: { error: string; written: number; read: number } = JSON.parse(stdout);
    expect(result.error).toBe('StoreError');
    expect(result.written).toBeGreaterThan(5);
    expect(result.read).toBe(result.written);
  });

  test('is one for several processes that start on a new file at once', async () => {
    const path = file();
    const args = [script('claimant.ts'), path, `${Date.now() + 400}`, '150'];
    const won = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const keys: string[] = JSON.parse((await run(process.execPath, args)).stdout);
        return keys;
      }),
    );
    const keys = won.flat();
    expect(keys).toHaveLength(150);
    expect(new Set(keys).size).toBe(150);
    const space = openLocal(path).space<number>('won');
    for (const key of keys) expect(await space.get(key)).toBeDefined();
  });

  test('waits at the start for a process that is just writing to a new file', async () => {
    const path = file();
    // Beside a writer, SQLite refuses the switch to WAL at once, whatever its time-out.
    const holds = `
      const { DatabaseSync } = require('node:sqlite');
      const database = new DatabaseSync(${JSON.stringify(path)});
      database.exec('CREATE TABLE held (x); BEGIN IMMEDIATE; INSERT INTO held VALUES (1)');
      console.log('held');
      setTimeout(() => database.exec('COMMIT'), 400);
    `;
    const writer = spawn(process.execPath, ['-e', holds], { stdio: ['ignore', 'pipe', 'ignore'] });
    const ended = once(writer, 'close');
    await once(writer.stdout, 'data');
    await openLocal(path).probe();
    await ended;
  });

  test('gives the room of what has expired back to the disk', async () => {
    const path = file();
    let shift = 0;
    const open = () => openLocal(path, () => Date.now() + shift);
    const first = open();
    const space = first.space<string>('closed');
    for (let index = 0; index < 300; index += 1) await space.set(`${index}`, 'x'.repeat(10_000), 3_600_000);
    await space.set('kept', 'here');
    await first.close();
    const full = statSync(path).size;
    shift = 3_601_000;
    const second = open();
    await second.sweep();
    expect(await second.space<string>('closed').get('kept')).toBe('here');
    await second.close();
    expect(full).toBeGreaterThan(3_000_000);
    expect(statSync(path).size).toBeLessThan(full / 10);
  });

  test('sweeps away claims that have lapsed, and only those', async () => {
    let now = 1_000_000;
    const path = file();
    const store = openLocal(path, () => now);
    await store.claim('short', 1_000);
    const long = await store.claim('long', 60_000);
    now += 1_000;
    await store.sweep();
    const rows = closeLater(new DatabaseSync(path)).prepare('SELECT key FROM claim').all();
    expect(rows.map(({ key }) => key)).toEqual(['long']);
    expect(await long?.renew()).toBe(true);
  });

  test('leaves out a record that cannot be read, says so once, and lists the others', async () => {
    const path = file();
    const told: string[] = [];
    const store = closeLater(createSqliteStore(path, { news: { ...noNews, unreadable: (where) => told.push(where) } }));
    const notes = store.table('note', readNumber);
    const places = [{ list: 'all', rank: '1' }];
    for (const key of ['1', '2', '3', '4']) await store.commit([notes.write(key, Number(key), 0, { places })]);
    await store.commit([{ table: 'note', key: '2', expected: 1, value: { odd: true }, places }]);
    closeLater(new DatabaseSync(path)).exec(`UPDATE record SET value = '{"half' WHERE key = 'note:3'`);
    for (let round = 0; round < 2; round += 1) {
      expect((await notes.range('all', { limit: 9 })).map(({ value }) => value)).toEqual([1, 4]);
    }
    expect(told).toEqual(['note 2', 'note 3']);
    for (const key of ['2', '3']) await expect(notes.get(key), key).rejects.toThrow(StoreError);
  });

  test('sweeps and writes past a record whose places cannot be read', async () => {
    const path = file();
    const store = closeLater(createSqliteStore(path));
    const notes = store.table('note', readNumber);
    const more = { places: [{ list: 'all', rank: '1' }], keepMs: 50 };
    for (const key of ['1', '2', '3']) await store.commit([notes.write(key, Number(key), 0, more)]);
    const database = closeLater(new DatabaseSync(path));
    const spoil = (key: string, places: string) =>
      database.prepare('UPDATE record SET places = ? WHERE key = ?').run(places, `note:${key}`);
    // Past the trigger, as damage comes.
    const trigger = database.prepare("SELECT sql FROM sqlite_master WHERE name = 'record_moved'").get();
    database.exec('DROP TRIGGER record_moved');
    spoil('1', '[["half');
    spoil('2', '["odd", 7, {"list": "all"}, []]');
    database.exec(String(trigger?.sql));
    expect(await store.commit([notes.write('1', 5, 1, more)])).toBe(true);
    await pause(80);
    await store.sweep();
    expect(database.prepare('SELECT key FROM record').all()).toEqual([]);
  });

  test('leaves nothing readable in its files of what was overwritten, from one sweep on', async () => {
    const path = file();
    const store = closeLater(createSqliteStore(path));
    const notes = store.table('note', (value) => (typeof value === 'string' ? value : undefined));
    // More than one page holds, so that pages become free, too.
    const text = 'the prompt '.repeat(2_000);
    await store.commit([notes.write('1', text, 0)]);
    await store.commit([notes.write('2', 'another prompt', 0)]);
    await store.commit([notes.write('1', 'nothing', 1), notes.write('2', 'nothing', 1)]);
    await store.sweep();
    for (const name of [path, `${path}-wal`]) expect(readFileSync(name).includes('prompt'), name).toBe(false);
  });

  test('keeps no claim beyond a reboot, whose clock begins again', async () => {
    const path = file();
    await openLocal(path, () => 9_000_000, 'first').claim('key', 60_000);
    const second = openLocal(path, () => 1_000, 'second');
    expect(await second.claim('key', 60_000)).toBeDefined();
    expect(await second.claim('key', 60_000)).toBeUndefined();
  });

  test('lets a claim lapse to the millisecond', async () => {
    let now = 1_000_000;
    const store = openLocal(file(), () => now);
    await store.claim('key', 1_000);
    now += 999;
    expect(await store.claim('key', 1_000)).toBeUndefined();
    now += 1;
    expect(await store.claim('key', 1_000)).toBeDefined();
  });
});

describe.skipIf(noRedis)('the Redis store', () => {
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await startRedis();
  });

  afterAll(async () => {
    await redis?.kill();
  });

  const open = async (url: string) => closeLater(await createRedisStore(url));

  testContract(async () => {
    const url = redis.url();
    return { store: await open(url), another: () => open(url) };
  });

  test('cannot start with a password that the server does not take, or without one, and does not repeat it', async () => {
    const url = redis.url().replace('//', '//somebody:hunter2@');
    const error: unknown = await createRedisStore(url).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StartError);
    expect(String(error)).toContain('WRONGPASS');
    expect(String(error)).not.toContain('hunter2');
    const guarded = await startRedis(['--requirepass', 'sesame']);
    closing.push(() => guarded.kill());
    const without: unknown = await createRedisStore(guarded.url()).catch((thrown: unknown) => thrown);
    expect(without).toBeInstanceOf(StartError);
    expect(String(without)).toContain('NOAUTH');
  });

  test('waits for a server that is away or only just starting, and says so once', async () => {
    const server = await startRedis();
    closing.push(() => server.kill());
    const url = server.url();
    await server.kill();
    const told: string[] = [];
    const starting = createRedisStore(url, { ...noNews, trouble: (message) => told.push(message) });
    await pause(700);
    await server.restart();
    await closeLater(await starting).probe();
    expect(told.filter((message) => message.includes('ECONNREFUSED'))).toHaveLength(1);
  });

  test('refuses a cluster in words', async () => {
    const port = await closedPort();
    const server = await startRedis([
      '--cluster-enabled',
      'yes',
      '--databases',
      '1',
      '--cluster-config-file',
      `nodes-${port}.conf`,
      '--dir',
      folder(),
    ]);
    closing.push(() => server.kill());
    const starting = createRedisStore(server.url().replace(/\d+$/, '0'));
    await expect(starting).rejects.toThrow(StartError);
    await expect(starting).rejects.toThrow('Redis Cluster');
  });

  test('warns of a server that may forget, says nothing of one that keeps, or that does not tell', async () => {
    const ask = async (settings: readonly string[], forbid = false): Promise<string[]> => {
      const server = await startRedis(settings);
      closing.push(() => server.kill());
      const url = server.url();
      if (forbid) {
        const admin = closeLater(new RawRedis(url));
        await admin.send('ACL', 'SETUSER', 'default', '-config', '-info', '-cluster');
      }
      const told: string[] = [];
      closeLater(await createRedisStore(url, { ...noNews, trouble: (message) => told.push(message) }));
      return told;
    };
    const forgets = await ask(['--maxmemory-policy', 'allkeys-lru']);
    expect(forgets).toEqual([expect.stringContaining('allkeys-lru'), expect.stringContaining('nothing on disk')]);
    expect(await ask(['--appendonly', 'yes', '--dir', folder()])).toEqual([]);
    expect(await ask(['--maxmemory-policy', 'allkeys-lru'], true)).toEqual([]);
  });

  test('notices within three seconds that the server hangs, and that it goes on', { timeout: 20_000 }, async () => {
    const server = await startRedis();
    closing.push(() => server.kill());
    const store = await open(server.url());
    const notes = store.table('note', readNumber);
    await store.commit([notes.write('1', 1, 0)]);
    server.hang();
    const started = performance.now();
    const late = store.commit([notes.write('1', 2, 1)]);
    const lateSet = store.space<number>('open').set('key', 1);
    await expect(late).rejects.toThrow(StoreError);
    await expect(lateSet).rejects.toThrow(StoreError);
    expect(performance.now() - started).toBeLessThan(3_000);
    // From now on nobody waits.
    const again = performance.now();
    await expect(store.probe()).rejects.toThrow(StoreError);
    await expect(notes.get('1')).rejects.toThrow(StoreError);
    await expect(store.claim('key', 1_000)).rejects.toThrow(StoreError);
    expect(performance.now() - again).toBeLessThan(200);
    server.goOn();
    await expect
      .poll(
        () =>
          store.probe().then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true);
    // What the server was sent while it hung came too late, and was not done.
    expect(await notes.get('1')).toEqual({ value: 1, version: 1 });
    expect(await store.commit([notes.write('1', 3, 1)])).toBe(true);
  });

  test('does not blame the server for the time in which this process stood still', async () => {
    const server = await startRedis();
    closing.push(() => server.kill());
    const store = await open(server.url());
    const notes = store.table('note', readNumber);
    const calls = [store.probe(), store.commit([notes.write('1', 1, 0)]), store.claim('key', 60_000)];
    const end = performance.now() + 2_600;
    while (performance.now() < end);
    // The second one names a moment after which the server no longer does it: that one is honestly too late.
    const [probed, , claimed] = await Promise.allSettled(calls);
    expect([probed?.status, claimed?.status]).toEqual(['fulfilled', 'fulfilled']);
    // And the connection was not given up for it.
    await store.probe();
  });

  test('notices a server that hangs while nothing is asked of it', { timeout: 20_000 }, async () => {
    const server = await startRedis();
    closing.push(() => server.kill());
    const store = closeLater(await createRedisStore(server.url(), noNews, 300));
    server.hang();
    await pause(2_300);
    const started = performance.now();
    await expect(store.probe()).rejects.toThrow(StoreError);
    expect(performance.now() - started).toBeLessThan(200);
    server.goOn();
  });

  test('says that the data is lost, after a restart and after a flush, once each', { timeout: 20_000 }, async () => {
    const server = await startRedis();
    closing.push(() => server.kill());
    const url = server.url();
    let lost = 0;
    const store = closeLater(await createRedisStore(url, { ...noNews, lost: () => (lost += 1) }, 150));
    expect(store.isNew).toBe(true);
    const other = await open(url);
    expect(other.isNew).toBe(false);
    await pause(700);
    expect(lost).toBe(0);
    await server.kill();
    await server.restart();
    await expect.poll(() => lost, { timeout: 10_000 }).toBe(1);
    await closeLater(new RawRedis(url)).send('FLUSHALL');
    await expect.poll(() => lost, { timeout: 5_000 }).toBe(2);
    await pause(700);
    expect(lost).toBe(2);
  });

  test('lets one of several lead over a list, and another when that one is gone', async () => {
    const url = redis.url();
    const [one, other] = [await open(url), await open(url)].map((store) => store.table('note', readNumber));
    const store = await open(url);
    const notes = store.table('note', readNumber);
    await store.commit([notes.write('1', 1, 0, { places: [{ list: 'all', rank: '1' }] })]);
    await store.commit([notes.write('2', 2, 0, { places: [{ list: 'all', rank: '2' }] })]);
    const items = [{ key: '1', at: '1 1' }];
    expect(await one?.lead('all', { limit: 1 }, 300)).toEqual(items);
    expect(await other?.lead('all', { limit: 1 }, 300)).toBeUndefined();
    // Another list has a lead of its own; whoever leads keeps it.
    expect(await other?.lead('none', { limit: 1 }, 300)).toEqual([]);
    expect(await one?.lead('all', { limit: 9, before: '2' }, 300)).toEqual(items);
    expect(await other?.lead('all', { limit: 1 }, 300)).toBeUndefined();
    await expect.poll(() => other?.lead('all', { limit: 1 }, 300), { interval: 20 }).toEqual(items);
    expect(await one?.lead('all', { limit: 1 }, 300)).toBeUndefined();
  });

  test('leaves out an entry that cannot be read, says so once, and lists the others', async () => {
    const url = redis.url();
    const told: string[] = [];
    const store = closeLater(await createRedisStore(url, { ...noNews, unreadable: (where) => told.push(where) }));
    const notes = store.table('note', readNumber);
    const places = [{ list: 'all', rank: '1' }];
    for (const key of ['1', '2', '3', '4', '5']) await store.commit([notes.write(key, Number(key), 0, { places })]);
    await store.commit([{ table: 'note', key: '2', expected: 1, value: { odd: true }, places }]);
    const raw = closeLater(new RawRedis(url));
    await raw.send('HSET', 'darkroom:record:note:3', 'd', '{"half');
    await raw.send('SET', 'darkroom:record:note:4', 'a text');
    for (let round = 0; round < 2; round += 1) {
      expect((await notes.range('all', { limit: 9 })).map(({ value }) => value)).toEqual([1, 5]);
    }
    expect(told).toEqual(['note 2', 'note 3', 'note 4']);
    for (const key of ['2', '3', '4']) await expect(notes.get(key), key).rejects.toThrow(StoreError);
  });

  test('sweeps and writes past a record whose places cannot be read', async () => {
    const url = redis.url();
    const store = await open(url);
    const notes = store.table('note', readNumber);
    const more = { places: [{ list: 'all', rank: '1' }], keepMs: 50 };
    for (const key of ['1', '2', '3', '4']) await store.commit([notes.write(key, Number(key), 0, more)]);
    const raw = closeLater(new RawRedis(url));
    await raw.send('HSET', 'darkroom:record:note:1', 'p', '[["half');
    await raw.send('SET', 'darkroom:record:note:2', 'a text');
    await raw.send('HSET', 'darkroom:record:note:4', 'p', '["odd"]');
    expect(await store.commit([notes.write('1', 5, 1, more)])).toBe(true);
    await raw.send('HSET', 'darkroom:record:note:1', 'p', '[["half');
    await pause(80);
    await store.sweep();
    for (const key of ['1', '2', '3', '4']) expect(await notes.get(key)).toBeUndefined();
    expect(await raw.send('KEYS', 'darkroom:record:*')).not.toContain('note');
  });

  test('throws soon while the server is away, and works again when it is back', async () => {
    const server = await startRedis();
    closing.push(() => server.kill());
    const store = await open(server.url());
    const space = store.space<number>('open');
    await space.set('key', 1);
    await server.kill();
    await pause(20);
    // Whoever comes in the first moment waits a moment; nobody after that.
    const first = performance.now();
    await expect(space.get('key')).rejects.toThrow(StoreError);
    expect(performance.now() - first).toBeLessThan(2_000);
    await pause(1_000);
    const started = performance.now();
    await expect(space.set('key', 2)).rejects.toThrow(StoreError);
    await expect(space.delete('key')).rejects.toThrow(StoreError);
    await expect(store.counts(['count'])).rejects.toThrow(StoreError);
    await expect(store.claim('key', 1_000)).rejects.toThrow(StoreError);
    await expect(store.probe()).rejects.toThrow(StoreError);
    expect(performance.now() - started).toBeLessThan(1_000);
    await server.restart();
    await expect
      .poll(
        () =>
          space.set('key', 3).then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true);
    expect(await space.get('key')).toBe(3);
  });

  test('closes soon while the server is away', async () => {
    const server = await startRedis();
    const store = await createRedisStore(server.url());
    await server.kill();
    await pause(20);
    const started = performance.now();
    await store.close();
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
