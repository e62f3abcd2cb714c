// `npm run backup [-- file]`: copies the store while the bot runs. Redis has ways of its own: docs/operations.md.
import { readStoreUrl } from './config.ts';
import { StartError } from './errors.ts';
import { backUpDatabase } from './store/backup.ts';

try {
  const store = readStoreUrl(process.env);
  if (store.kind !== 'sqlite') throw new StartError(['STORE_URL names a Redis: see docs/operations.md for its backup']);
  const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const target = process.argv[2] ?? `${store.path}.${stamp}.backup`;
  backUpDatabase(store.path, target);
  process.stdout.write(`${target}\n`);
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  for (const problem of error.problems) process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
}
