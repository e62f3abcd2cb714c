// The clock that the sandbox moves for a process which does not know: the present changes, and nothing else does.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const dayMs = 86_400_000;
const preload = new URL('../../sandbox/moved-time.ts', import.meta.url).href;
const code = `
  const made = new Date();
  const birthday = new Date(2000, 0, 2);
  console.log(JSON.stringify({
    now: Date.now(), made: made.getTime(), said: Date.parse(Date()), is: made instanceof Date,
    birthday: birthday.getDate(), epoch: new Date(0).toISOString(), utc: Date.UTC(1970, 0, 2), tag: structuredClone(made).getTime(),
  }));
`;

test('a process that was given a moved clock reads it everywhere, and dates that are given stay', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { PATH: process.env.PATH ?? '', SANDBOX_AHEAD_MS: String(3 * dayMs), NODE_OPTIONS: `--import=${preload}` },
  });
  const read = JSON.parse(stdout);
  for (const name of ['now', 'made', 'said', 'tag']) {
    expect(Math.abs(read[name] - Date.now() - 3 * dayMs), name).toBeLessThan(60_000);
  }
  expect(read).toMatchObject({ is: true, birthday: 2, epoch: '1970-01-01T00:00:00.000Z', utc: dayMs });
});
