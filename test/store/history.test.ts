// Nothing that people wait for takes longer because there is more history: a card, pages of the log, the search for open
// edits, on both stores. The benchmark measures the same with ten times as much.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { noRedis } from '../redis-server.ts';

const run = promisify(execFile);
const script = fileURLToPath(new URL('history-script.ts', import.meta.url));

test.each(noRedis ? ['sqlite'] : ['sqlite', 'redis'])(
  'beside 10,000 log entries everything is there within 20 ms (%s)',
  async (store) => {
    const { stdout } = await run(process.execPath, [script, store, '10000']);
    const found: Record<'card' | 'logPage' | 'rescan' | 'blocked', number> = JSON.parse(stdout);
    expect(found.card).toBeLessThan(20);
    expect(found.logPage).toBeLessThan(20);
    expect(found.rescan).toBeLessThan(20);
  },
  30_000,
);
