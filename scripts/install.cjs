// Makes sure that what an npm script needs is installed, before it runs: called as pre-script by whatever Node the
// machine has (18 or later), so plain CommonJS. node_modules/.bin/node then comes first in the script's PATH.
// Usage: node scripts/install.cjs [production]   (production: development packages are not needed)
const { spawnSync } = require('node:child_process');
const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const production = process.argv[2] === 'production';

const read = (path) => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : undefined);
const wanted = read(join(root, 'package-lock.json'));
const installed = read(join(root, 'node_modules', '.package-lock.json'));

/** Whether every package that the lockfile asks for is there in that version; optional ones are for other platforms. */
function complete() {
  if (!wanted || !installed) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || entry.optional || entry.peer || (production && (entry.dev || entry.devOptional))) return true;
    return installed[path] !== undefined && installed[path].version === entry.version;
  });
}

if (!complete()) {
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error', production ? '--omit=dev' : '--include=dev'];
  process.stderr.write('Installing packages (once) …\n');
  // Standard output stays clean: it belongs to the program that runs afterwards.
  const { status, error } = spawnSync('npm', args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    process.stderr.write(`npm ${args.join(' ')} failed${error ? `: ${error.message}` : ''}\n`);
    process.exit(1);
  }
}
