// What every store has to do, whichever database holds it. Each test gets a store of its own with nothing in it.
import { describe, expect, test } from 'vitest';
import { StoreError } from '../../src/errors.ts';
import { behind, rankOf, type Space, type Store, type Table } from '../../src/store/store.ts';
import { pause } from '../support.ts';

export type Opened = {
  store: Store;
  /** A second store on the same data, as another process would have it. */
  another(): Promise<Store>;
};

/** What a space holds of these keys. */
async function held<Value>(space: Space<Value>, keys: readonly string[]): Promise<Map<string, Value>> {
  const found = new Map<string, Value>();
  for (const key of keys) {
    const value = await space.get(key);
    if (value !== undefined) found.set(key, value);
  }
  return found;
}

type Note = { text: string };
const readNote = (value: unknown): Note | undefined =>
  typeof value === 'object' && value && 'text' in value && typeof value.text === 'string'
    ? { text: value.text }
    : undefined;

/** Notes in a list, the first one the lowest. */
async function fill(store: Store, count: number, list = 'all'): Promise<Table<Note>> {
  const notes = store.table('note', readNote);
  for (let index = 0; index < count; index += 1) {
    const key = `${index}`;
    await store.commit([notes.write(key, { text: key }, 0, { places: [{ list, rank: rankOf(index) }] })]);
  }
  return notes;
}

const keysOf = (items: readonly { key: string }[]) => items.map(({ key }) => key);

const storeError = (call: () => Promise<unknown>) => expect(call()).rejects.toThrow(StoreError);

/** @param open gives a new store; whoever opens it closes it and its others after the test */
export function testContract(open: () => Promise<Opened>): void {
  describe('a space', () => {
    test('remembers values as they are, until they are deleted', async () => {
      const { store } = await open();
      const space = store.space<unknown>('open');
      const values = {
        object: { deep: [{ a: null, b: 'Schön 🎨\u0000"\\' }] },
        list: [1, 2],
        text: '',
        zero: 0,
        no: false,
      };
      for (const [key, value] of Object.entries(values)) await space.set(key, value);
      for (const [key, value] of Object.entries(values)) expect(await space.get(key)).toEqual(value);
      await space.delete('object');
      expect(await space.get('object')).toBeUndefined();
      expect(await space.get('zero')).toBe(0);
    });

    test('knows nothing of what was never set, and deleting that is fine', async () => {
      const { store } = await open();
      const space = store.space<number>('open');
      expect(await space.get('nothing')).toBeUndefined();
      await space.delete('nothing');
      expect(await held(space, ['nothing'])).toEqual(new Map());
    });

    test('keeps the last value of a key', async () => {
      const { store } = await open();
      const space = store.space<number>('open');
      for (let value = 0; value < 20; value += 1) await space.set('key', value);
      expect(await space.get('key')).toBe(19);
    });

    test('takes any key', async () => {
      const { store } = await open();
      const space = store.space<string>('open');
      const keys = [
        'a:b',
        '*',
        'a*?[x]',
        '%',
        '_',
        "'; DROP TABLE entry; --",
        'Schön 🎨',
        ' ',
        '__proto__',
        'x'.repeat(500),
      ];
      for (const key of keys) await space.set(key, key);
      expect(await held(space, keys)).toEqual(new Map(keys.map((key) => [key, key])));
    });

    test('takes a large value', async () => {
      const { store } = await open();
      const space = store.space<string>('open');
      const large = 'x'.repeat(2_000_000);
      await space.set('key', large);
      expect(await space.get('key')).toHaveLength(large.length);
    });

    test('holds only its own beside spaces whose names begin alike', async () => {
      const { store } = await open();
      const names = ['open', 'opened', 'ope', 'open-2', 'open:1'];
      for (const name of names) await store.space<string>(name).set('key', name);
      for (const name of names) expect(await store.space<string>(name).get('key')).toBe(name);
    });

    test('forgets what was to be kept for a while, and nothing else', async () => {
      const { store } = await open();
      const space = store.space<number>('draft');
      await space.set('short', 1, 60);
      await space.set('long', 2, 60_000);
      await space.set('forever', 3);
      await space.set('renewed', 4, 60);
      await space.set('renewed', 5, 60_000);
      await space.set('kept', 6, 60);
      await space.set('kept', 7);
      expect(await space.get('short')).toBe(1);
      await pause(120);
      expect(await space.get('short')).toBeUndefined();
      expect(await space.get('renewed')).toBe(5);
      const left = await held(space, ['short', 'long', 'forever', 'renewed', 'kept']);
      expect([...left.keys()].sort()).toEqual(['forever', 'kept', 'long', 'renewed']);
    });

    test('is one of as many as there need to be, without a warning', async () => {
      const warnings: Error[] = [];
      const listen = (warning: Error) => warnings.push(warning);
      process.on('warning', listen);
      const { store } = await open();
      for (let index = 0; index < 40; index += 1) await store.space<number>(`space-${index}`).set('key', index);
      process.off('warning', listen);
      expect(warnings).toEqual([]);
      expect(await store.space<number>('space-39').get('key')).toBe(39);
    });

    test('is the same one under the same name, also in another process', async () => {
      const { store, another } = await open();
      const other = await another();
      await store.space<string>('open').set('key', 'here');
      expect(await store.space<string>('open').get('key')).toBe('here');
      expect(await other.space<string>('open').get('key')).toBe('here');
      await other.space<string>('open').set('key', 'there');
      expect(await store.space<string>('open').get('key')).toBe('there');
      await other.space<string>('open').delete('key');
      expect(await store.space<string>('open').get('key')).toBeUndefined();
    });
  });

  describe('a record', () => {
    test('is written only by whoever knows its version', async () => {
      const { store, another } = await open();
      const other = await another();
      const notes = store.table('note', readNote);
      const write = (text: string, expected: number) => notes.write('1', { text }, expected);
      expect(await notes.get('1')).toBeUndefined();
      expect(await store.commit([write('early', 1)])).toBe(false);
      expect(await store.commit([write('one', 0)])).toBe(true);
      expect(await other.commit([write('again', 0)])).toBe(false);
      expect(await notes.get('1')).toEqual({ value: { text: 'one' }, version: 1 });
      expect(await other.commit([write('two', 1)])).toBe(true);
      expect(await store.commit([write('late', 1)])).toBe(false);
      expect(await notes.get('1')).toEqual({ value: { text: 'two' }, version: 2 });
    });

    test('takes one of many writes that expect the same version', async () => {
      const { store, another } = await open();
      const desks = [store, await another()];
      const notes = store.table('note', readNote);
      const tries = Array.from({ length: 40 }, (_, index) => notes.write('1', { text: `${index}` }, 0));
      const done = await Promise.all(tries.map((write, index) => desks[index % 2]?.commit([write])));
      expect(done.filter(Boolean)).toHaveLength(1);
      expect(await notes.get('1')).toEqual({ value: { text: `${done.indexOf(true)}` }, version: 1 });
    });

    test('is written together with others, or none of them', async () => {
      const { store } = await open();
      const notes = await fill(store, 2);
      const changed = [notes.write('0', { text: 'a' }, 1), notes.write('1', { text: 'b' }, 7)];
      expect(await store.commit(changed)).toBe(false);
      expect((await notes.get('0'))?.value.text).toBe('0');
      expect(await notes.range('all', { limit: 9 })).toHaveLength(2);
      const all = [
        notes.write('0', { text: 'a' }, 1),
        notes.write('1', { text: 'b' }, 1),
        notes.write('2', { text: 'c' }, 0),
      ];
      expect(await store.commit(all)).toBe(true);
      expect((await notes.get('2'))?.version).toBe(1);
      // It left the list with the write that named no place.
      expect(await notes.range('all', { limit: 9 })).toEqual([]);
    });

    test('moves in its lists, leaves them, and goes, in one write each', async () => {
      const { store } = await open();
      const notes = store.table('note', readNote);
      const put = (expected: number, ...places: { list: string; rank: string }[]) =>
        store.commit([notes.write('1', { text: '1' }, expected, { places })]);
      await put(0, { list: 'a', rank: '5' }, { list: 'b', rank: '1' });
      await put(1, { list: 'a', rank: '7' }, { list: 'c', rank: '1' });
      expect(await notes.items('a', { limit: 9 })).toEqual([{ key: '1', at: '7 1' }]);
      expect(await notes.items('b', { limit: 9 })).toEqual([]);
      expect(keysOf(await notes.items('c', { limit: 9 }))).toEqual(['1']);
      expect(await store.commit([{ table: 'note', key: '1', expected: 1 }])).toBe(false);
      expect(await store.commit([{ table: 'note', key: '1', expected: 2 }])).toBe(true);
      expect(await notes.get('1')).toBeUndefined();
      expect(await notes.items('a', { limit: 9 })).toEqual([]);
      expect(await put(0, { list: 'a', rank: '1' })).toBe(true);
    });

    test('that expired is none, leaves its lists with the next sweep, and can be written anew', async () => {
      const { store } = await open();
      const notes = store.table('note', readNote);
      const places = [{ list: 'all', rank: '1' }];
      await store.commit([notes.write('1', { text: 'short' }, 0, { places, keepMs: 400 })]);
      await store.commit([notes.write('2', { text: 'long' }, 0, { places, keepMs: 60_000 })]);
      await store.commit([notes.write('3', { text: 'renewed' }, 0, { places, keepMs: 400 })]);
      await store.commit([notes.write('3', { text: 'renewed' }, 1, { places })]);
      await store.commit([notes.write('4', { text: 'anew' }, 0, { keepMs: 400 })]);
      await pause(450);
      expect(await notes.get('1')).toBeUndefined();
      expect(await store.commit([notes.write('4', { text: 'anew' }, 0)])).toBe(true);
      expect((await notes.get('4'))?.version).toBe(1);
      await store.sweep();
      expect(keysOf(await notes.items('all', { limit: 9 }))).toEqual(['2', '3']);
      expect((await notes.get('3'))?.value.text).toBe('renewed');
      expect((await notes.get('4'))?.value.text).toBe('anew');
    });

    test('is found by range: both directions, from a rank or an item on, as many as wanted', async () => {
      const { store } = await open();
      const notes = await fill(store, 30);
      const read = async (range: Parameters<typeof notes.items>[1]) => {
        const items = await notes.items('all', range);
        // With its value or without, a range is the same.
        expect(keysOf(await notes.range('all', range))).toEqual(keysOf(items));
        return keysOf(items).map(Number);
      };
      expect(await read({ limit: 3 })).toEqual([0, 1, 2]);
      expect(await read({ limit: 3, backwards: true })).toEqual([29, 28, 27]);
      expect(await read({ after: behind(rankOf(9)), limit: 3 })).toEqual([10, 11, 12]);
      expect(await read({ after: rankOf(9), before: rankOf(12), limit: 9 })).toEqual([9, 10, 11]);
      expect(await read({ before: rankOf(12), limit: 2, backwards: true })).toEqual([11, 10]);
      const [, last] = await notes.items('all', { limit: 2 });
      expect(await read({ after: last?.at, limit: 2 })).toEqual([2, 3]);
      expect(await notes.items('none', { limit: 9 })).toEqual([]);
    });

    test('stands in the order of bytes, and by its key among equals', async () => {
      const { store } = await open();
      const notes = store.table('note', readNote);
      const keys = ['b', 'a:b', 'Schön 🎨', 'x'.repeat(300), '~', 'B', "'; DROP TABLE record; --"];
      for (const key of keys)
        await store.commit([notes.write(key, { text: key }, 0, { places: [{ list: 'l', rank: '5' }] })]);
      await store.commit([notes.write('z', { text: 'z' }, 0, { places: [{ list: 'l', rank: '49' }] })]);
      const sorted = keys.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
      expect(keysOf(await notes.range('l', { limit: 99 }))).toEqual(['z', ...sorted]);
      for (const key of keys) expect((await notes.get(key))?.value.text).toBe(key);
    });

    test('that goes while others are listed takes none of them with it', async () => {
      const { store, another } = await open();
      const other = await another();
      const notes = await fill(store, 300);
      const seen = new Set<string>();
      let after: string | undefined;
      while (true) {
        const page = await notes.range('all', { after, limit: 40 });
        for (const { key, at } of page) {
          seen.add(key);
          after = at;
          if (Number(key) % 3 === 0) await other.commit([{ table: 'note', key: `${Number(key) + 1}`, expected: 1 }]);
        }
        if (page.length === 0) break;
      }
      const missed = Array.from({ length: 300 }, (_, index) => `${index}`).filter((key) => !seen.has(key));
      // Only those that were gone before their page was read.
      expect(missed.every((key) => Number(key) % 3 === 1)).toBe(true);
    });
  });

  test('a counter adds up what many add at once, and expires', async () => {
    const { store, another } = await open();
    const desks = [store, await another()];
    await Promise.all(Array.from({ length: 100 }, (_, index) => desks[index % 2]?.add('edits', 2, 60_000)));
    await store.add('short', 1, 400);
    expect(await store.counts(['edits', 'none', 'short'])).toEqual([200, 0, 1]);
    await pause(450);
    await store.sweep();
    expect(await store.counts(['short', 'edits'])).toEqual([0, 200]);
    expect(await store.counts([])).toEqual([]);
  });

  describe('a claim', () => {
    test('is won by one of many that ask at once', async () => {
      const { store, another } = await open();
      const other = await another();
      const asked = Array.from({ length: 40 }, (_, index) => (index % 2 ? store : other).claim('edit:1', 10_000));
      const won = (await Promise.all(asked)).filter((lease) => lease !== undefined);
      expect(won).toHaveLength(1);
    });

    test('is on one key only, and not in the way of an entry of that name', async () => {
      const { store } = await open();
      expect(await store.claim('edit:1', 10_000)).toBeDefined();
      expect(await store.claim('edit:10', 10_000)).toBeDefined();
      expect(await store.space<number>('edit').get('1')).toBeUndefined();
      expect(await store.space<number>('claim').get('edit:1')).toBeUndefined();
    });

    test('can be taken again once it is released', async () => {
      const { store, another } = await open();
      const other = await another();
      const lease = await store.claim('key', 10_000);
      expect(await other.claim('key', 10_000)).toBeUndefined();
      await lease?.release();
      expect(await other.claim('key', 10_000)).toBeDefined();
    });

    test('lapses by itself', async () => {
      const { store, another } = await open();
      const other = await another();
      expect(await store.claim('key', 60)).toBeDefined();
      expect(await other.claim('key', 60)).toBeUndefined();
      await pause(120);
      expect(await other.claim('key', 60)).toBeDefined();
    });

    test('lasts longer when it is renewed', async () => {
      const { store, another } = await open();
      const other = await another();
      const lease = await store.claim('key', 400);
      for (let time = 0; time < 3; time += 1) {
        await pause(200);
        expect(await lease?.renew()).toBe(true);
      }
      expect(await other.claim('key', 400)).toBeUndefined();
    });

    test('cannot be renewed or released by a holder that somebody else has replaced', async () => {
      const { store, another } = await open();
      const other = await another();
      const former = await store.claim('key', 40);
      await pause(80);
      const present = await other.claim('key', 10_000);
      expect(present).toBeDefined();
      expect(await former?.renew()).toBe(false);
      await former?.release();
      expect(await store.claim('key', 10_000)).toBeUndefined();
      expect(await present?.renew()).toBe(true);
    });

    test('cannot be renewed once it was released, and releasing twice is fine', async () => {
      const { store } = await open();
      const lease = await store.claim('key', 10_000);
      await lease?.release();
      await lease?.release();
      expect(await lease?.renew()).toBe(false);
      expect(await store.claim('key', 10_000)).toBeDefined();
    });
  });

  describe('a pace', () => {
    const pace = { most: 3, everyMs: 200 };

    test('grants so many at once, and one more each while', async () => {
      const { throttle } = (await open()).store;
      expect(await throttle.take('pace', pace, 2)).toEqual({ granted: 2, waitMs: 0 });
      expect((await throttle.take('pace', pace, 9)).granted).toBe(1);
      const { granted, waitMs } = await throttle.take('pace', pace, 1);
      expect(granted).toBe(0);
      expect(waitMs).toBeGreaterThan(0);
      expect(waitMs).toBeLessThanOrEqual(200);
      await pause(waitMs + 5);
      expect((await throttle.take('pace', pace, 9)).granted).toBe(1);
      expect((await throttle.take('another', pace, 9)).granted).toBe(3);
    });

    test('grants nothing during a pause, and of several the longest counts', async () => {
      const { throttle } = (await open()).store;
      const free = { most: 1, everyMs: 0 };
      expect((await throttle.take('pace', free, 5)).granted).toBe(5);
      await throttle.pause('pace', 150);
      await throttle.pause('pace', 20);
      const { granted, waitMs } = await throttle.take('pace', free, 1);
      expect(granted).toBe(0);
      expect(waitMs).toBeGreaterThan(50);
      await pause(waitMs + 5);
      expect(await throttle.take('pace', free, 1)).toEqual({ granted: 1, waitMs: 0 });
    });

    test('is kept, with its pauses, while the store cannot be reached', async () => {
      const { store } = await open();
      await store.throttle.pause('paused', 60_000);
      await store.close();
      expect((await store.throttle.take('pace', pace, 9)).granted).toBe(3);
      expect((await store.throttle.take('pace', pace, 9)).granted).toBe(0);
      expect((await store.throttle.take('paused', pace, 9)).granted).toBe(0);
    });
  });

  test('probing and sweeping leave what is kept', async () => {
    const { store } = await open();
    const space = store.space<number>('open');
    await space.set('key', 1);
    await space.set('later', 2, 60_000);
    const lease = await store.claim('key', 10_000);
    await store.probe();
    await store.sweep();
    expect(await held(space, ['key', 'later'])).toEqual(
      new Map([
        ['key', 1],
        ['later', 2],
      ]),
    );
    expect(await lease?.renew()).toBe(true);
  });

  test('a store that is closed throws at everything and never says "none"', async () => {
    const { store } = await open();
    const space = store.space<number>('open');
    await space.set('key', 1);
    const lease = await store.claim('key', 10_000);
    await store.close();
    await storeError(() => space.get('key'));
    await storeError(() => space.set('key', 2));
    await storeError(() => space.set('key', 2, 1_000));
    await storeError(() => space.delete('key'));
    const notes = store.table('note', readNote);
    await storeError(() => notes.get('key'));
    await storeError(() => notes.range('all', { limit: 1 }));
    await storeError(() => notes.items('all', { limit: 1 }));
    await storeError(() => store.commit([notes.write('key', { text: '' }, 0)]));
    await storeError(() => store.add('count', 1, 1_000));
    await storeError(() => store.counts(['count']));
    await storeError(() => Array.fromAsync(store.older('open')));
    await storeError(() => store.claim('other', 10_000));
    await storeError(async () => lease?.renew());
    await storeError(async () => lease?.release());
    await storeError(() => store.probe());
  });
}
