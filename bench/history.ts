// What a long history costs: a process of its own fills a store with log entries and times what people wait for in it.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Bench, note } from './trials.ts';

const run = promisify(execFile);
const script = fileURLToPath(new URL('../test/store/history-script.ts', import.meta.url));

export const historyStores = ['sqlite', 'redis'] as const;

/** Filling takes longest, and the times do not depend on how much there is: `--quick` takes a tenth. */
export async function runHistory(bench: Bench, store: (typeof historyStores)[number], quick: boolean): Promise<void> {
  const { stdout } = await run(process.execPath, [script, store, quick ? '10000' : '100000']);
  const found: Record<'card' | 'logPage' | 'rescan' | 'blocked', number> = JSON.parse(stdout);
  const { card, logPage, rescan, blocked } = found;
  note(
    bench,
    'darkroom',
    store === 'sqlite'
      ? { cardSqlite: card, logPageSqlite: logPage, rescanSqlite: rescan, blockedSqlite: blocked }
      : { cardRedis: card, logPageRedis: logPage, rescanRedis: rescan, blockedRedis: blocked },
  );
}
