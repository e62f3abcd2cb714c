// What the bot stores, behind one interface for every database: keyed spaces (keyv), and claims, which keyv lacks and
// each database makes atomic. A failing store throws; it never answers "none" instead.
import type { Keyv } from 'keyv';
import { asError, StoreError } from '../errors.ts';

/** A keyed collection of JSON values. */
export type Space<Value> = {
  get(key: string): Promise<Value | undefined>;
  /** @param keepMs milliseconds until the entry expires; without it, it stays */
  set(key: string, value: Value, keepMs?: number): Promise<void>;
  delete(key: string): Promise<void>;
  entries(): AsyncIterable<[key: string, value: Value]>;
};

/** The right to work on something; lapses by itself when its holder dies. */
export type Lease = {
  /** Restarts the lease's time; false when it lapsed and somebody else took it. */
  renew(): Promise<boolean>;
  release(): Promise<void>;
};

export type Store = {
  space<Value>(name: string): Space<Value>;
  /** Takes the lease on a key for `leaseMs`; undefined when somebody else holds it. */
  claim(key: string, leaseMs: number): Promise<Lease | undefined>;
  /** Resolves when the store can be written now. @throws {StoreError} */
  probe(): Promise<void>;
  /** Removes expired entries. */
  sweep(): Promise<void>;
  close(): Promise<void>;
};

/** Runs a database call; turns anything it throws into a StoreError. */
export async function guarded<Result>(what: string, call: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (thrown) {
    throw new StoreError(`the store failed to ${what}: ${asError(thrown).message}`, { cause: thrown });
  }
}

/** A space over a keyv instance that was made with `throwOnErrors`. */
export function createSpace<Value>(keyv: Keyv<Value>): Space<Value> {
  // keyv reports each failure twice, thrown and emitted; the thrown one is handled where the call was made.
  keyv.on('error', () => {});
  // keyv's own JSON format supports Buffers and takes several times as long; our values have none.
  keyv.serialize = (data) => JSON.stringify(data);
  keyv.deserialize = (text) => JSON.parse(text);
  return {
    get: (key) => guarded('read', () => keyv.get(key)),
    set: (key, value, keepMs) =>
      guarded('write', async () => {
        if (!(await keyv.set(key, value, keepMs))) throw new Error('the value was not stored');
      }),
    delete: (key) =>
      guarded('delete', async () => {
        await keyv.delete(key);
      }),
    async *entries() {
      if (!keyv.iterator) throw new StoreError('the store cannot be listed');
      const iterator = keyv.iterator({});
      while (true) {
        const step = await guarded('list', () => iterator.next());
        if (step.done) return;
        yield step.value;
      }
    },
  };
}
