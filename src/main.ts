// The process: environment in, start, signals, exit code out.
import { hostname } from 'node:os';
import { start } from './app.ts';
import { readConfig } from './config.ts';
import { StartError } from './errors.ts';
import { createLog, createScrub } from './log.ts';
import { readSecrets } from './secrets.ts';

/** Kubernetes, Docker and systemd kill after at least ten seconds. */
const exitWithinMs = 9_500;
/** The exit code where another start would fail as well: sysexits' EX_CONFIG. systemd can be told not to try again. */
const endedForGood = 78;
/** A start that waits for its store or for Discord has nothing under way that the next one does not find. */
const startWithinMs = 2_000;

async function main(): Promise<void> {
  const config = readConfig({ HOSTNAME: hostname(), ...process.env });
  const { runflow } = config;
  const log = createLog(config.logLevel, config.secrets);

  process.on('unhandledRejection', (err) => {
    log.fatal({ err }, 'unhandled rejection');
    process.exit(1);
  });
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'uncaught exception');
    process.exit(1);
  });

  if (config.allowInsecureUrls) log.warn('ALLOW_INSECURE_URLS is set: pictures are fetched from anywhere');
  if (runflow.callbackUrl && runflow.callbackSecrets.length === 0) {
    log.warn('RUNFLOW_CALLBACK_SECRETS is not set: callbacks are only hints, every run is read once more');
  }

  let stopping = false;
  let started = false;
  const starting = start(config, log).finally(() => {
    started = true;
  });
  const stop = (code: number) => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => {
      log.error('stopping took too long');
      process.exit(code);
    }, exitWithinMs).unref();
    setTimeout(() => {
      if (started) return;
      log.info('stopped while it was starting');
      process.exit(code);
    }, startWithinMs).unref();
    starting
      .then((app) => app.stop())
      .then(
        () => log.info('stopped'),
        (err: unknown) => log.error({ err }, 'stopping failed'),
      )
      .finally(() => process.exit(code));
  };
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.on(signal, () => {
      if (!stopping) log.info({ signal }, 'stopping');
      stop(0);
    });
  }

  const app = await starting;
  void app.ended.then((problem) => {
    log.fatal(problem);
    process.stderr.write(`darkroom has to stop. Please change this:\n  - ${problem}\n`);
    stop(endedForGood);
  });
  if (stopping) return;
  const { port, servers, invite } = app;
  log.info(
    { port, callbacks: runflow.callbackUrl !== undefined, model: runflow.model, role: config.role, servers, invite },
    'ready',
  );
}

main().catch((error: unknown) => {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write('darkroom cannot start. Please change this:\n');
  const scrub = createScrub(readSecrets(process.env));
  for (const problem of error.problems) process.stderr.write(`  - ${scrub(problem)}\n`);
  process.exitCode = error.forGood ? endedForGood : 1;
  // Exit even if parts that had already started would keep the process alive.
  setTimeout(() => process.exit(), 1_000).unref();
});
