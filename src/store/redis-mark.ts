// A mark that is written once and looked for again and again: a server that does not have it any more lost its data.
import { randomUUID } from 'node:crypto';
import { readStart } from './redis-checks.ts';
import type { RedisClient } from './redis-connection.ts';
import { prefix } from './redis-names.ts';
import type { StoreNews } from './store.ts';

const mark = `${prefix}mark`;
const scanBatch = 1_000;

/**
 * Notices that the server lost its data: it no longer has what was written at the start. One that was started anew has
 * read its last snapshot, which may be older than the newest edits.
 */
export function createMark(client: () => RedisClient, news: StoreNews): (connected: boolean) => Promise<void> {
  let known: string | undefined;
  let start: string | undefined;
  /** It was, and nobody was told yet. */
  let restarted = false;

  async function wasRestarted(): Promise<boolean> {
    const now = await readStart(client());
    const isAnother = now !== undefined && start !== undefined && now !== start;
    start = now ?? start;
    return isAnother;
  }

  return async (connected) => {
    if (connected && (await wasRestarted())) restarted = true;
    const found = await client().get(mark);
    if (found !== null && (found === known || known === undefined)) {
      known = found;
      if (restarted) news.restarted();
      restarted = false;
      return;
    }
    const lost = known !== undefined;
    await client().set(mark, randomUUID(), { condition: 'NX' });
    known = (await client().get(mark)) ?? undefined;
    if (lost) news.lost();
    restarted = false;
  };
}

/** Whether nothing of ours was ever stored there. */
export async function isEmpty(client: RedisClient): Promise<boolean> {
  if ((await client.get(mark)) !== null) return false;
  let cursor = '0';
  do {
    const page = await client.scan(cursor, { MATCH: `${prefix}*`, COUNT: scanBatch });
    if (page.keys.length > 0) return false;
    cursor = page.cursor;
  } while (cursor !== '0');
  return true;
}
