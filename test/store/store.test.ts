// Both stores against one contract, on real files and a real Redis server, and what is particular to each of them.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { StartError, StoreError } from '../../src/errors.ts';
import { createRedisStore } from '../../src/store/redis.ts';
import { createSqliteStore } from '../../src/store/sqlite.ts';
import { closedPort } from '../http-server.ts';
import { type RedisServer, startRedis } from '../redis-server.ts';
import { pause } from '../support.ts';
import { testContract } from './contract.ts';

const run = promisify(execFile);
const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));

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
const openLocal = (path: string, now?: () => number) => closeLater(createSqliteStore(path, now));

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

describe('the Redis store', () => {
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

  test('cannot start where no server answers', async () => {
    const url = `redis://127.0.0.1:${await closedPort()}`;
    const starting = createRedisStore(url, 300);
    await expect(starting).rejects.toThrow(StartError);
    await expect(starting).rejects.toThrow('STORE_URL: no Redis can be reached there: connect ECONNREFUSED');
  });

  test('cannot start with a password that the server does not take, and does not repeat it', async () => {
    const url = redis.url().replace('//', '//somebody:hunter2@');
    const error: unknown = await createRedisStore(url, 300).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StartError);
    expect(String(error)).toContain('WRONGPASS');
    expect(String(error)).not.toContain('hunter2');
  });

  test('waits for a server that is only just starting', async () => {
    const server = await startRedis();
    closing.push(() => server.kill());
    const url = server.url();
    await server.kill();
    const starting = open(url);
    await pause(250);
    await server.restart();
    await (await starting).probe();
  });

  test('throws soon while the server is away, and works again when it is back', async () => {
    const server = await startRedis();
    closing.push(() => server.kill());
    const store = await open(server.url());
    const space = store.space<number>('open');
    await space.set('key', 1);
    await server.kill();
    await pause(20);
    const started = performance.now();
    await expect(space.get('key')).rejects.toThrow(StoreError);
    await expect(space.set('key', 2)).rejects.toThrow(StoreError);
    await expect(space.delete('key')).rejects.toThrow(StoreError);
    await expect(Array.fromAsync(space.entries())).rejects.toThrow(StoreError);
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
