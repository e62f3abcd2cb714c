// The bot as a child process that dies at a named moment, as a power cut would have it: the hook that allows this is an
// argument of `start`, which the production entry does not pass. CRASH_AT names the moment, TIMING shortens the waits.
import { start } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';

const { CRASH_AT, TIMING, ...env } = process.env;
const config = readConfig(env);
const { discord, runflow } = config;
const log = createLog('debug', [discord.token, runflow.apiKey, ...runflow.callbackSecrets]);

const app = await start(config, log, {
  timing: JSON.parse(TIMING ?? '{}'),
  unasked: true,
  at(moment) {
    if (moment !== CRASH_AT) return undefined;
    process.kill(process.pid, 'SIGKILL');
    // Not one line more is run before the signal takes effect.
    return new Promise(() => {});
  },
});
// Whoever started it may be killed, too; then nobody would stop it.
process.stdin.resume().on('end', () => process.exit(1));
process.on('SIGTERM', () => void app.stop().then(() => process.exit(0)));
log.info('ready');
