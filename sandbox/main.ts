// `npm run sandbox`: runs the stand-ins, the real bot and a web page to try it on, until Ctrl-C.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startSandbox } from './page/sandbox.ts';
import { triggers } from './runflow/triggers.ts';

const usualPort = 4000;

function readPort(): number {
  const { values } = parseArgs({ options: { port: { type: 'string' } } });
  const asked = values.port ?? process.env.PORT_SANDBOX ?? String(usualPort);
  const port = Number(asked);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`"${asked}" is no port: choose a number from 0 to 65535`);
}

const print = (text = '') => process.stdout.write(`${text}\n`);

async function main(): Promise<void> {
  const port = readPort();
  const data = fileURLToPath(new URL('../data/sandbox', import.meta.url));
  const sandbox = await startSandbox({ port, store: (pagePort) => join(data, `${pagePort}.sqlite`) });

  let stoppingSince = 0;
  const stop = () => {
    // One Ctrl-C arrives twice: from the terminal and forwarded by npm. A later one means: exit now.
    if (stoppingSince > 0 && Date.now() > stoppingSince + 1000) process.exit(1);
    if (stoppingSince > 0) return;
    stoppingSince = Date.now();
    print('\nStopping the bot …');
    sandbox.close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);

  const width = Math.max(...triggers.map(({ word }) => word.length)) + 2;
  print('Words in square brackets inside a prompt choose what happens:');
  for (const { word, what } of triggers) print(`  ${`[${word}]`.padEnd(width)}  ${what}`);
  print();
  try {
    await sandbox.ready;
    print('The bot is running: the real one, against stand-ins for Discord and Runflow.');
  } catch (error) {
    print(`The bot did not start:\n${error instanceof Error ? error.message : String(error)}`);
  }
  if (stoppingSince > 0) return;
  print(`Open ${sandbox.url} and type /edit. Ctrl-C ends it.`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
