// What `npm test` does on a machine without Redis: it asks apt-get where that needs no question, and where it gets none it
// skips those tests and says so last. Tried with a PATH that holds little more than a feigned apt-get.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
/** The least that a script needs; a Chromium that is named counts as one. */
const tools = ['/bin/sh', '/usr/bin/env', '/usr/bin/true'];

function createMachine(programs: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-bare-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const tool of tools) symlinkSync(tool, join(folder, basename(tool)));
  writeFileSync(join(folder, 'asked'), '');
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\ncd ${folder}\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const run = (script: readonly string[], more: Record<string, string> = {}) =>
    spawnSync(process.execPath, script, {
      cwd: root,
      encoding: 'utf8',
      env: { PATH: folder, HOME: folder, CHROMIUM_PATH: join(folder, 'sh'), ...more },
    });
  return { run, asked: () => readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n') };
}

const letsIn = 'shift; exec "$@"';
const say = 'echo "$@" >> asked';
/** What `npm test` does first, as somebody with this user id. */
const provide = (uid: number) => [
  '-e',
  `process.getuid = () => ${uid}; import('./test/programs.ts').then(async ({ provide, lacking }) => {
    await provide();
    console.log(lacking().length);
  });`,
];

describe.skipIf(process.platform === 'win32')('npm test without a Redis', () => {
  test.each([0, 1000])('has apt-get install one where that needs no question, once (user %d)', (uid) => {
    const there = "echo '#!/bin/sh' > redis-server && /bin/chmod 755 redis-server";
    const aptGet = `${say}\ncase "$*" in *install*) ${there};; esac`;
    const { run, asked } = createMachine({ 'apt-get': aptGet, sudo: letsIn });
    for (const _time of [1, 2]) expect(run(provide(uid)).stdout).toBe('0\n');
    expect(asked().map((line) => line.replace(/^-qq (-o \S+ )+/, ''))).toEqual([
      'update',
      'install -y --no-install-recommends redis-server',
    ]);
  });

  test('asks nobody for a password', () => {
    const { run, asked } = createMachine({ 'apt-get': say, sudo: 'exit 1' });
    expect(run(provide(1000)).stdout).toBe('1\n');
    expect(asked()).toEqual(['']);
  });

  test('skips what wants one and says so last, which fails continuous integration', () => {
    const { run } = createMachine({ 'apt-get': 'exit 100', sudo: letsIn });
    const words = /\nSkipped, for want of a Redis: .*apt-get install redis-server.*\n$/;
    const somewhere = run(['test/main.ts', '--passWithNoTests', 'no-such-test']);
    expect(somewhere).toMatchObject({ status: 0, stdout: expect.stringMatching(words) });
    const only = ['test/store/statements.test.ts', '-t', 'commands of Redis'];
    const integration = run(['test/main.ts', ...only], { CI: 'true', NO_COLOR: '1' });
    expect(integration).toMatchObject({ status: 1, stdout: expect.stringMatching(words) });
    expect(integration.stdout).toMatch(/Tests +\d+ skipped/);
  });
});
