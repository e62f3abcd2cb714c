// What every store has to do, whichever database holds it. Each test gets a store of its own with nothing in it.
import { describe, expect, test } from 'vitest';
import { StoreError } from '../../src/errors.ts';
import type { Space, Store } from '../../src/store/store.ts';
import { pause } from '../support.ts';

export type Opened = {
  store: Store;
  /** A second store on the same data, as another process would have it. */
  another(): Promise<Store>;
};

async function listed<Value>(space: Space<Value>): Promise<Map<string, Value>> {
  const found = new Map<string, Value>();
  for await (const [key, value] of space.entries()) found.set(key, value);
  return found;
}

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
      expect(await listed(space)).toEqual(new Map());
    });

    test('keeps the last value of a key', async () => {
      const { store } = await open();
      const space = store.space<number>('open');
      for (let value = 0; value < 20; value += 1) await space.set('key', value);
      expect(await listed(space)).toEqual(new Map([['key', 19]]));
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
      expect(await listed(space)).toEqual(new Map(keys.map((key) => [key, key])));
      for (const key of keys) expect(await space.get(key)).toBe(key);
    });

    test('takes a large value', async () => {
      const { store } = await open();
      const space = store.space<string>('open');
      const large = 'x'.repeat(2_000_000);
      await space.set('key', large);
      expect(await space.get('key')).toHaveLength(large.length);
    });

    test('lists thousands of entries, and only its own beside spaces whose names begin alike', async () => {
      const { store } = await open();
      const sizes = { open: 1_700, opened: 300, ope: 40, 'open-2': 5, closed: 0 };
      for (const [name, size] of Object.entries(sizes)) {
        const space = store.space<string>(name);
        const keys = Array.from({ length: size }, (_, index) => `${index}`);
        await Promise.all(keys.map((key) => space.set(key, `${name} ${key}`)));
      }
      for (const [name, size] of Object.entries(sizes)) {
        const found = await listed(store.space<string>(name));
        expect(found.size, name).toBe(size);
        expect(
          [...found].every(([key, value]) => value === `${name} ${key}`),
          name,
        ).toBe(true);
      }
    });

    test('can be changed while it is listed, and no other entry is missed for it', async () => {
      const { store } = await open();
      const space = store.space<number>('open');
      const keys = Array.from({ length: 1_200 }, (_, index) => `key-${index}`);
      await Promise.all(keys.map((key, index) => space.set(key, index)));
      const seen = new Set<string>();
      for await (const [key] of space.entries()) {
        seen.add(key);
        await space.delete(key);
        if (seen.size % 100 === 0) await space.set(`new-${seen.size}`, 1);
      }
      expect(keys.filter((key) => !seen.has(key))).toEqual([]);
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
      const left = await listed(space);
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
      expect(await listed(store.space<number>('claim'))).toEqual(new Map());
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

  test('probing and sweeping leave what is kept', async () => {
    const { store } = await open();
    const space = store.space<number>('open');
    await space.set('key', 1);
    await space.set('later', 2, 60_000);
    const lease = await store.claim('key', 10_000);
    await store.probe();
    await store.sweep();
    expect(await listed(space)).toEqual(
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
    await storeError(() => listed(space));
    await storeError(() => store.claim('other', 10_000));
    await storeError(async () => lease?.renew());
    await storeError(async () => lease?.release());
    await storeError(() => store.probe());
  });
}
