// What is looked at when Redis is opened: that it is no cluster, and that it keeps what it is given.
import { StartError } from '../errors.ts';
import type { RedisClient } from './redis-connection.ts';
import type { StoreNews } from './store.ts';

/** An account may forbid these commands; then nothing is known and nothing is said. */
async function ask<Answer>(question: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await question();
  } catch {
    return undefined;
  }
}

/** @throws {StartError} for a cluster: its keys lie on several servers, and no script reaches them all */
export async function refuseCluster(client: RedisClient): Promise<void> {
  const info = (await ask(() => client.info('cluster'))) ?? '';
  const state = (await ask(() => client.sendCommand<string>(['CLUSTER', 'INFO']))) ?? '';
  if (/cluster_enabled:1/.test(info) || /cluster_state:/.test(String(state))) {
    throw new StartError([
      'STORE_URL: this is a Redis Cluster, which darkroom cannot use. Name a single Redis or Valkey.',
    ]);
  }
}

/** What tells one start of the server from the next; undefined where it is not told. */
export async function readStart(client: RedisClient): Promise<string | undefined> {
  const info = (await ask(() => client.info('server'))) ?? '';
  return /run_id:(\w+)/.exec(info)?.[1];
}

/** Says what could make Redis forget edits. */
export async function warnOfLoss(client: RedisClient, news: StoreNews): Promise<void> {
  const settings = (await ask(() => client.configGet(['maxmemory-policy', 'save', 'appendonly']))) ?? {};
  const info = (await ask(() => client.info('memory'))) ?? '';
  const policy = settings['maxmemory-policy'] ?? /maxmemory_policy:(\S+)/.exec(info)?.[1];
  if (policy !== undefined && policy !== 'noeviction') {
    news.trouble(`Redis may throw edits away when its memory is full: maxmemory-policy is ${policy}, not noeviction`);
  }
  if (settings.save === '' && settings.appendonly === 'no') {
    news.trouble('Redis keeps nothing on disk (save is empty, appendonly is no): a restart of it loses the edits');
  }
}
