// The programs that tests want beside Node, a Redis server and a Chromium: where they are, how `npm test` brings them
// where they are not, and what it says where it cannot.
import { spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync, createBrotliDecompress } from 'node:zlib';

export type Chromium = { path: string; env: Record<string, string> };

const packages = fileURLToPath(new URL('../node_modules/', import.meta.url));

/** The first of these commands that there is. */
function findCommand(...names: string[]): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A Redis server of this machine, or a Valkey. */
export const findRedis = (): string | undefined => findCommand('redis-server', 'valkey-server');

/** The browser that CHROMIUM_PATH names, one of this machine, or the packaged one as far as `npm test` has unpacked it. */
export function findChromium(): Chromium | undefined {
  const named = process.env.CHROMIUM_PATH;
  if (named) return isProgram(named) ? { path: named, env: {} } : undefined;
  const own = findCommand('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable');
  return own === undefined ? findPackaged() : { path: own, env: {} };
}

function packaged(): { source: string; folder: string } | undefined {
  const source = join(packages, '@sparticuz/chromium');
  if (process.platform !== 'linux' || process.arch !== 'x64' || !existsSync(source)) return undefined;
  const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  return { source: join(source, 'bin'), folder: join(packages, `.cache/chromium-${version}`) };
}

/** It has the libraries with it that a bare system lacks; the letters are those of the statistics' chart. */
function findPackaged(): Chromium | undefined {
  const folder = packaged()?.folder;
  if (folder === undefined || !existsSync(folder)) return undefined;
  return {
    path: join(folder, 'chromium'),
    env: { LD_LIBRARY_PATH: join(folder, 'lib'), FONTCONFIG_FILE: join(folder, 'fonts.conf') },
  };
}

async function unpackChromium(): Promise<void> {
  const place = packaged();
  if (place === undefined) return;
  process.stderr.write('Unpacking Chromium (once) …\n');
  const part = `${place.folder}.${process.pid}`;
  mkdirSync(part, { recursive: true });
  const program = createWriteStream(join(part, 'chromium'), { mode: 0o755 });
  await pipeline(createReadStream(join(place.source, 'chromium.br')), createBrotliDecompress(), program);
  const libraries = brotliDecompressSync(readFileSync(join(place.source, 'al2023.tar.br')));
  spawnSync('tar', ['-x', '-C', part], { input: libraries });
  const fonts = `<dir>${join(packages, 'dejavu-fonts-ttf/ttf')}</dir><cachedir>${join(place.folder, 'fonts')}</cachedir>`;
  writeFileSync(join(part, 'fonts.conf'), `<?xml version="1.0"?><fontconfig>${fonts}</fontconfig>\n`);
  // In one step: whoever is killed on the way leaves nothing that looks whole.
  rmSync(place.folder, { recursive: true, force: true });
  renameSync(part, place.folder);
}

/** Asks apt-get for it where that needs no question: as root, or with a sudo that lets us in. */
function installRedis(): void {
  if (findCommand('apt-get') === undefined) return;
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status !== 0) return;
  process.stderr.write('Installing redis-server (once) …\n');
  const patience = ['DPkg::Lock::Timeout=60', 'Acquire::http::Timeout=20'].flatMap((option) => ['-o', option]);
  for (const what of [['update'], ['install', '-y', '--no-install-recommends', 'redis-server']]) {
    const command = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', ...patience, ...what];
    const [program = '', ...args] = isRoot ? command : ['sudo', '-n', ...command];
    spawnSync(program, args, { stdio: ['ignore', 'ignore', 2] });
  }
}

/** Brings what is not there, as far as this machine allows. */
export async function provide(): Promise<void> {
  if (findRedis() === undefined) installRedis();
  if (findChromium() === undefined && !process.env.CHROMIUM_PATH) await unpackChromium();
}

/** What was not to be had: which tests are skipped for it, and how to get it. */
export function lacking(): string[] {
  const lines: string[] = [];
  if (findRedis() === undefined) {
    lines.push(
      'Skipped, for want of a Redis: the tests over it. Debian: apt-get install redis-server (or a valkey-server).',
    );
  }
  if (findChromium() === undefined) {
    lines.push(
      'Skipped, for want of a Chromium: the test of the sandbox’s page. Install one, or name it in CHROMIUM_PATH.',
    );
  }
  return lines;
}
