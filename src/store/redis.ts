// The store for several processes: Redis or Valkey through keyv's adapter. Expiry is Redis's own.
import { randomUUID } from 'node:crypto';
import KeyvRedis, { createClient } from '@keyv/redis';
import { Keyv } from 'keyv';
import { asError, StartError } from '../errors.ts';
import { createSpace, guarded, type Store } from './store.ts';

const renewScript = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0`;
const releaseScript = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0`;

/** keyv's adapter, but a closed connection stays closed instead of reopening. */
class Adapter<Value> extends KeyvRedis<Value> {
  override async getClient() {
    if (!this.client.isOpen) throw new Error('the store is closed');
    return super.getClient();
  }
}

/**
 * @param patienceMs how long to wait for a server that is still starting
 * @throws {StartError} when no server answers at that URL
 */
export async function createRedisStore(url: string, patienceMs = 10_000): Promise<Store> {
  const client = createClient({
    url,
    // Fail at once if the server is down, so that a member gets an answer instead of waiting.
    disableOfflineQueue: true,
    socket: { connectTimeout: 5_000, reconnectStrategy: (attempts) => Math.min(100 * 2 ** attempts, 5_000) },
    commandOptions: { timeout: 5_000 },
  });
  // The failing calls report errors; without a listener, the client would end the process.
  let trouble = 'no answer';
  client.on('error', (error: unknown) => {
    trouble = asError(error).message;
  });
  // Every space adds one of its own.
  client.setMaxListeners(0);
  try {
    await Promise.race([
      client.connect(),
      new Promise((_resolve, reject) => setTimeout(() => reject(new Error(trouble)), patienceMs).unref()),
    ]);
  } catch (thrown) {
    client.destroy();
    throw new StartError([`STORE_URL: no Redis can be reached there: ${asError(thrown).message}`]);
  }

  return {
    space<Value>(name: string) {
      const store = new Adapter<Value>(client, { namespace: `darkroom:${name}`, throwOnErrors: true });
      // The adapter prefixes keys itself.
      return createSpace(
        new Keyv<Value>({ store, namespace: `darkroom:${name}`, useKeyPrefix: false, throwOnErrors: true }),
      );
    },

    claim: (key, leaseMs) =>
      guarded('claim', async () => {
        const holder = randomUUID();
        const name = `darkroom:claim:${key}`;
        const taken = await client.set(name, holder, {
          condition: 'NX',
          expiration: { type: 'PX', value: leaseMs },
        });
        if (taken === null) return undefined;
        return {
          renew: () =>
            guarded('renew a claim', async () => {
              return (await client.eval(renewScript, { keys: [name], arguments: [holder, String(leaseMs)] })) === 1;
            }),
          release: () =>
            guarded('release a claim', async () => {
              await client.eval(releaseScript, { keys: [name], arguments: [holder] });
            }),
        };
      }),

    probe: () =>
      guarded('write', async () => {
        await client.set('darkroom:probe', String(Date.now()));
      }),

    async sweep() {},

    async close() {
      await client.close();
    },
  };
}
