// Which Node the npm scripts run on, how they call it, and what to say when there is none: decisions only, nothing is
// done here. Read by scripts/install.cjs under the machine's own Node (18 or later), so plain CommonJS.
const { join } = require('node:path');

const least = 24;
const remedy = `Install Node ${least} or later from nodejs.org.`;

/** What a production process has in its environment; docs/performance.md says why. */
const startSettings = { MALLOC_MMAP_THRESHOLD_: '4194304', NODE_COMPILE_CACHE: 'node_modules/.cache/compile' };

const isNewEnough = (version) => Number(/^v(\d+)\./.exec(version)?.[1] ?? 0) >= least;

/**
 * Decides between the machine's own Node, the packaged one for this machine, and (undefined) none.
 * @param machine version, platform and arch, as `process` has them
 * @param packages the packages of scripts/node/package-lock.json
 */
function choose({ version, platform, arch }, packages) {
  if (isNewEnough(version)) return { own: true };
  for (const [path, { os, cpu, ...entry }] of Object.entries(packages)) {
    if (![os].flat().includes(platform) || ![cpu].flat().includes(arch)) continue;
    const name = `${path.replace('node_modules/', '')} ${entry.version}`;
    return { own: false, name, path, file: join(path, entry.bin.node) };
  }
}

/** Says what is wrong with a Node of which `--version` was asked, and what helps; undefined when it is a good one. */
function findFault({ status, signal, stdout, stderr, error }) {
  if (status === 0 && isNewEnough(stdout)) return undefined;
  const library = /error while loading shared libraries: ([^\s:]+)/.exec(stderr ?? '')?.[1];
  if (library) {
    const install = library.startsWith('libatomic.') ? 'apt-get install libatomic1' : 'the package that holds it';
    return `the shared library ${library} is missing.\nInstall it (Debian, Ubuntu: ${install}). Or: ${remedy}`;
  }
  // The file is there, so what is missing is its loader; where something stands in for that, musl's own words follow.
  if (error?.code === 'ENOENT' || /^Error (loading|relocating) /m.test(stderr ?? '')) {
    return `it needs glibc, and this system has another C library (musl, as on Alpine).
Install Node ${least} or later from the system's packages (Alpine: apk add nodejs, if that is ${least} or later).`;
  }
  const said = error?.message ?? stderr?.trim().split('\n').at(-1);
  return `${said || `it ended with ${signal ?? `exit code ${status}`}`}\n${remedy}`;
}

/**
 * The commands for node_modules/.bin, by file name. They hand over to Node, so that on POSIX no shell stays behind;
 * darkroom-start adds the environment of production, which cmd.exe has no way to write into an npm script. `npm start`
 * says `exec`, or the shell that npm starts would take the SIGTERM and leave the bot alone; cmd.exe is given a command of
 * that name.
 */
function launchers(platform, node) {
  const settings = Object.entries(startSettings).map(([name, value]) => `${name}=${value}`);
  if (platform === 'win32') {
    const run = `@"${node.replaceAll('%', '%%')}" %*\r\n`;
    const set = settings.map((setting) => `@set ${setting}\r\n`).join('');
    return { 'darkroom-node.cmd': run, 'darkroom-start.cmd': `@setlocal\r\n${set}${run}`, 'exec.cmd': '@%*\r\n' };
  }
  const run = `exec '${node.replaceAll("'", "'\\''")}' "$@"\n`;
  return { 'darkroom-node': `#!/bin/sh\n${run}`, 'darkroom-start': `#!/bin/sh\nexport ${settings.join(' ')}\n${run}` };
}

module.exports = { choose, findFault, launchers, least, remedy, startSettings };
