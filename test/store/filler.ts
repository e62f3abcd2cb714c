// A process of its own for the tests: writes to the SQLite store until that fails, then says how the failure looks,
// how much was written before, and whether all of that can still be read.
import { createSqliteStore } from '../../src/store/sqlite.ts';

const store = createSqliteStore(process.argv[2] ?? '');
const space = store.space<string>('open');
const text = 'x'.repeat(20_000);
let written = 0;
let error = 'none';
try {
  for (; written < 1_000; written += 1) await space.set(`${written}`, text);
} catch (thrown) {
  error = thrown instanceof Error ? thrown.name : String(thrown);
}
let read = 0;
for (let key = 0; key < written; key += 1) if ((await space.get(`${key}`)) === text) read += 1;
process.stdout.write(JSON.stringify({ error, written, read }));
