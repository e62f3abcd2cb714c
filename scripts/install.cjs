// Makes sure that what an npm script needs is there before it runs: a Node that is new enough, the packages, and the
// commands by which scripts call that Node. Run by whatever Node the machine has (18 or later), so plain CommonJS.
// Usage: node scripts/install.cjs [production]   (production: development packages are not needed)
const { spawnSync } = require('node:child_process');
const { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { choose, findFault, launchers, least, remedy } = require('./node.cjs');

const root = join(__dirname, '..');
const production = process.argv[2] === 'production';

function fail(text) {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** The packages in a lockfile; undefined when there is none, or only the half that a killed npm wrote. */
function readPackages(path) {
  try {
    return JSON.parse(readText(path) ?? '{}').packages;
  } catch {
    return undefined;
  }
}

/** Whether what is installed is what the lockfile says: all that is needed, in that version, and nothing it lacks. */
function complete(folder, isNeeded) {
  const wanted = readPackages(join(folder, 'package-lock.json'));
  const installed = readPackages(join(folder, 'node_modules', '.package-lock.json'));
  if (!wanted || !installed) return false;
  const agrees = (path) => installed[path]?.version === wanted[path]?.version;
  return (
    Object.keys(installed).every(agrees) &&
    Object.keys(wanted).every((path) => !isNeeded(path, wanted[path]) || agrees(path))
  );
}

function install(folder, what, ...options) {
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error', ...options];
  process.stderr.write(`Installing ${what} (once) …\n`);
  // Standard output stays clean: it belongs to the program that runs afterwards.
  const { status, error } = spawnSync('npm', args, {
    cwd: folder,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) fail(`npm ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`);
}

/** The Node for the scripts: a file that was seen to run. Every run asks, since libraries come and go. */
function provideNode() {
  const folder = join(__dirname, 'node');
  const choice = choose(process, readPackages(join(folder, 'package-lock.json')) ?? {});
  if (choice?.own) return process.execPath;
  const need = `darkroom needs Node ${least} or later; ${process.execPath} is ${process.version}.\n`;
  if (!choice) fail(`${need}There is no packaged one for ${process.platform} on ${process.arch}.\n${remedy}`);
  const file = join(folder, choice.file);
  const isThere = () => complete(folder, (path) => path === choice.path) && existsSync(file);
  if (!isThere()) install(folder, choice.name, '--include=optional');
  // npm passes over an optional package that it cannot get.
  if (!isThere()) fail(`${need}npm could not get the packaged one, ${choice.name}.\n${remedy}`);
  const fault = findFault(spawnSync(file, ['--version'], { encoding: 'utf8' }));
  if (fault) fail(`${need}The packaged one, ${choice.name}, does not run here: ${fault}`);
  return file;
}

/** Optional packages are for other platforms. */
function isNeeded(path, entry) {
  return !(path === '' || entry.optional || entry.peer || (production && (entry.dev || entry.devOptional)));
}

const node = provideNode();
if (!complete(root, isNeeded)) install(root, 'packages', production ? '--omit=dev' : '--include=dev');

const bin = join(root, 'node_modules', '.bin');
for (const [name, text] of Object.entries(launchers(process.platform, node))) {
  const path = join(bin, name);
  if (readText(path) === text) continue;
  mkdirSync(bin, { recursive: true });
  // In one step: another script may be about to call it.
  writeFileSync(`${path}.${process.pid}`, text, { mode: 0o755 });
  renameSync(`${path}.${process.pid}`, path);
}
