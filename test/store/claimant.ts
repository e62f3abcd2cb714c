// A process of its own for the tests: opens the SQLite store, waits for a start time, takes what claims it can get and
// writes an entry for each. Prints the keys that it won.
import { setTimeout as sleep } from 'node:timers/promises';
import { createSqliteStore } from '../../src/store/sqlite.ts';

const [path = '', startAt = '0', count = '0'] = process.argv.slice(2);

await sleep(Math.max(0, Number(startAt) - Date.now()));
const store = createSqliteStore(path);
const space = store.space<number>('won');
const won: string[] = [];
for (let index = 0; index < Number(count); index += 1) {
  const key = `key-${index}`;
  if (await store.claim(key, 60_000)) {
    won.push(key);
    await space.set(key, process.pid);
  }
}
await store.close();
process.stdout.write(JSON.stringify(won));
