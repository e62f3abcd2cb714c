// `npm test`: brings the programs that tests want, runs them, and says in its last lines what was skipped. On a machine
// for continuous integration (CI=true) that is a failure.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { lacking, provide } from './programs.ts';

await provide();
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
const tests = spawn(process.execPath, [vitest, 'run', ...process.argv.slice(2)], { stdio: 'inherit' });
// They end first, and what they have started with them; a terminal tells both.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => tests.kill('SIGTERM'));
const [code] = await once(tests, 'exit');

const skipped = lacking();
process.stdout.write(skipped.map((line) => `${line}\n`).join(''));
process.exitCode = code !== 0 ? (code ?? 1) : skipped.length > 0 && process.env.CI === 'true' ? 1 : 0;
