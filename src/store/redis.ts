// The store for several processes: Redis or Valkey. Plain spaces go through keyv's adapter, whose expiry is Redis's own;
// records, lists, counters and claims through scripts (redis-scripts.ts).
import { randomUUID } from 'node:crypto';
import KeyvRedis from '@keyv/redis';
import { Keyv } from 'keyv';
import { systemClock } from '../clock.ts';
import { refuseCluster, warnOfLoss } from './redis-checks.ts';
import { type Connection, createConnection } from './redis-connection.ts';
import { createMark, isEmpty } from './redis-mark.ts';
import { prefix } from './redis-names.ts';
import { createScripts } from './redis-scripts.ts';
import {
  createReadable,
  createSpace,
  guarded,
  itemOf,
  noNews,
  type OlderEntry,
  positionOf,
  type Range,
  readJson,
  readJsonOr,
  type Space,
  type Store,
  type StoreNews,
  type Table,
  type Write,
} from './store.ts';
import { createSharedThrottle } from './throttle.ts';

const adopted = `${prefix}adopted`;
const expiring = `${prefix}expiring`;
const sweepBatch = 200;
const scanBatch = 1_000;
const readBatch = 200;

const recordName = (table: string, key: string) => `${prefix}record:${table}:${key}`;
const listName = (table: string, list: string) => `${prefix}list:${table}:${list}`;
const leadName = (table: string, list: string) => `${prefix}lead:${table}:${list}`;

type Run = ReturnType<typeof createScripts>;

/** keyv's adapter on our connection: it waits no longer for an answer than we do, and opens nothing by itself. */
class Adapter<Value> extends KeyvRedis<Value> {
  override async getClient() {
    if (!this.client.isOpen) throw new Error('the store cannot be reached, or is closed');
    return super.getClient();
  }
}

function createSpaces({ client, call }: Connection): Store['space'] {
  return <Value>(name: string): Space<Value> => {
    const namespace = `${prefix}${name}`;
    const store = new Adapter<Value>(client, { namespace, throwOnErrors: true });
    // The adapter prefixes keys itself.
    const space = createSpace<Value>(new Keyv<Value>({ store, namespace, useKeyPrefix: false, throwOnErrors: true }));
    return {
      get: (key) => call('read', () => space.get(key)),
      set: (key, value, keepMs) => call('write', () => space.set(key, value, keepMs)),
      delete: (key) => call('delete', () => space.delete(key)),
    };
  };
}

function createCommit({ call, deadline, readTime }: Connection, run: Run): Store['commit'] {
  return (writes, withinMs) => {
    const write = async (leftMs: number) => {
      const args = writes.flatMap(({ table, key, expected, value, places = [], keepMs }: Write) => [
        String(expected),
        value === undefined ? '0' : '1',
        value === undefined ? '' : JSON.stringify(value),
        JSON.stringify(
          value === undefined ? [] : places.map(({ list, rank }) => [listName(table, list), positionOf(rank, key)]),
        ),
        keepMs === undefined ? '' : String(Math.ceil(keepMs)),
      ]);
      const keys = [expiring, ...writes.map(({ table, key }) => recordName(table, key))];
      const done = await run('commit', keys, [String(Math.floor(deadline(leftMs))), ...args]);
      if (done !== -1) return done === 1;
      await readTime();
      throw new Error('the write came too late and was not done');
    };
    return call('write', write, withinMs);
  };
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : String(value));
const rowsOf = (value: unknown): unknown[][] => (Array.isArray(value) ? value.filter(Array.isArray) : []);

/** @param holder who leads, where this process does */
function createTables(
  { client, call, serverNow }: Connection,
  run: Run,
  holder: string,
  news: StoreNews,
): Store['table'] {
  const readable = createReadable(news);
  const bounds = ({ after, before }: Range) => [
    after === undefined ? '-' : `(${after}`,
    before === undefined ? '+' : `(${before}`,
  ];

  return <Value>(table: string, read: (value: unknown) => Value | undefined, otherwise?: Value): Table<Value> => ({
    get: (key) =>
      call('read', async () => {
        const [version, text, expires] = await client.hmGet(recordName(table, key), ['v', 'd', 'x']);
        if (version == null || text == null || (expires != null && Number(expires) <= serverNow())) return undefined;
        return { value: readJsonOr(text, read, otherwise), version: Number(version) };
      }),
    write: (key, value, expected, more = {}) => ({ table, key, expected, value, ...more }),
    range: (list, range) =>
      call('list', async () => {
        const [low = '-', high = '+'] = bounds(range);
        const direction = range.backwards ? 'REV' : '';
        const args = [recordName(table, ''), low, high, String(range.limit), direction];
        return readable(
          rowsOf(await run('range', [listName(table, list)], args)),
          ([at]) => `${table} ${itemOf(textOf(at)).key}`,
          ([at, version, text]) => ({
            ...itemOf(textOf(at)),
            version: Number(version),
            value: readJson(textOf(text), read),
          }),
        );
      }),
    items: (list, range) =>
      call('list', async () => {
        const [low = '-', high = '+'] = bounds(range);
        const LIMIT = { offset: 0, count: range.limit };
        const found = range.backwards
          ? await client.zRange(listName(table, list), high, low, { BY: 'LEX', REV: true, LIMIT })
          : await client.zRange(listName(table, list), low, high, { BY: 'LEX', LIMIT });
        return found.map(itemOf);
      }),
    lead: (list, range, leaseMs) =>
      call('lead', async () => {
        const keys = [leadName(table, list), listName(table, list)];
        const found = await run('lead', keys, [holder, String(leaseMs), ...bounds(range), String(range.limit)]);
        return Array.isArray(found) ? found.map((at) => itemOf(textOf(at))) : undefined;
      }),
  });
}

function createClaims({ client, call }: Connection, run: Run): Store['claim'] {
  return (key, leaseMs) =>
    call('claim', async () => {
      const holder = randomUUID();
      const name = `${prefix}claim:${key}`;
      const taken = await client.set(name, holder, { condition: 'NX', expiration: { type: 'PX', value: leaseMs } });
      if (taken === null) return undefined;
      return {
        renew: () => call('renew a claim', async () => (await run('renew', [name], [holder, String(leaseMs)])) === 1),
        release: () =>
          call('release a claim', async () => {
            await run('release', [name], [holder]);
          }),
      };
    });
}

function createOlder({ client, call }: Connection): Pick<Store, 'older' | 'forgetOlder' | 'settleOlder'> {
  function read(name: string, text: string | null): OlderEntry {
    const split = name.indexOf('::');
    let value: unknown;
    try {
      value = JSON.parse(text ?? '')?.value;
    } catch {
      // Whoever asked says that it cannot be read.
    }
    return { space: name.slice(prefix.length, split), key: name.slice(split + 2), value };
  }

  return {
    async *older(name) {
      // One pass over all keys is affordable once, not at every start.
      if ((await call('read', () => client.get(adopted))) !== null) return;
      const names = new Set<string>();
      let cursor = '0';
      do {
        const page = await call('list', () => client.scan(cursor, { MATCH: `${prefix}${name}:*`, COUNT: scanBatch }));
        cursor = page.cursor;
        for (const found of page.keys) if (found.includes('::')) names.add(found);
      } while (cursor !== '0');
      const all = [...names];
      for (let start = 0; start < all.length; start += readBatch) {
        const part = all.slice(start, start + readBatch);
        const texts = await call('read', () => client.mGet(part));
        for (const [index, found] of part.entries()) yield read(found, texts[index] ?? null);
      }
    },
    async forgetOlder(entries) {
      for (let start = 0; start < entries.length; start += readBatch) {
        const part = entries.slice(start, start + readBatch).map(({ space, key }) => `${prefix}${space}::${key}`);
        await call('delete', () => client.del(part));
      }
    },
    async settleOlder() {
      await call('write', () => client.set(adopted, '1'));
    },
  };
}

/**
 * Waits for a server that is away or still loading.
 * @throws {StartError} when it refuses us, or is a cluster
 */
export async function createRedisStore(url: string, news: StoreNews = noNews, watchMs?: number): Promise<Store> {
  let isNew: boolean | undefined;
  const look = createMark(() => connection.client, news);
  const check = async (connected: boolean) => {
    if (isNew === undefined) {
      await refuseCluster(connection.client);
      isNew = await isEmpty(connection.client);
    }
    await look(connected);
  };
  const connection: Connection = createConnection(url, news, check, watchMs);
  await connection.open();
  const { client, call } = connection;
  await warnOfLoss(client, news);
  const run = createScripts(client);
  const holder = randomUUID();

  return {
    isNew: isNew ?? false,
    space: createSpaces(connection),
    table: createTables(connection, run, holder, news),
    commit: createCommit(connection, run),
    add: (counter, by, keepMs) =>
      call('count', async () => {
        await run('add', [`${prefix}count:${counter}`], [String(by), String(Math.ceil(keepMs))]);
      }),
    counts: (counters) =>
      call('read', async () => {
        if (counters.length === 0) return [];
        const values = await client.mGet(counters.map((counter) => `${prefix}count:${counter}`));
        return values.map((value) => Number(value ?? 0));
      }),
    claim: createClaims(connection, run),
    throttle: createSharedThrottle(systemClock, (name, numbers) =>
      call('count', () => run('throttle', [`${prefix}pace:${name}`], numbers.map(String))),
    ),
    ...createOlder(connection),

    probe: () =>
      call('write', async () => {
        await client.set(`${prefix}probe`, String(Date.now()));
      }),

    async sweep() {
      const step = () => call('sweep', () => run('sweep', [expiring], [String(sweepBatch)]));
      while ((await step()) === sweepBatch);
    },

    close: () => guarded('close', () => connection.close()),
  };
}
