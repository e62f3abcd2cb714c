// `npm run demo`: sends a photograph through /edit with the real bot and both stand-ins, prints a timeline, and saves
// the result.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBot } from './bot.ts';
import { createDiscord } from './discord/discord.ts';
import { findFreePort } from './free-port.ts';
import { createRunflow } from './runflow/runflow.ts';

const givenPrompts = process.argv.slice(2);
const prompts = givenPrompts.length > 0 ? givenPrompts : ['make it black and white with a #ff8800 border'];

const photo = fileURLToPath(new URL('photos/rocket.jpg', import.meta.url));
const out = fileURLToPath(new URL('../out', import.meta.url));
const started = Date.now();
const print = (text: string) => process.stdout.write(`${`${Date.now() - started} ms`.padStart(9)}  ${text}\n`);

const folder = await mkdtemp(join(tmpdir(), 'darkroom-demo-'));
const secret = 'whsec_only-in-this-demo';
const discord = await createDiscord();
const runflow = await createRunflow({ secrets: [secret] });
print(`stand-ins for Discord (${discord.url}) and Runflow (${runflow.url})`);

const freePort = await findFreePort();
const bot = startBot({
  DISCORD_TOKEN: 'sandbox-token',
  DISCORD_API_URL: discord.url,
  RUNFLOW_API_KEY: 'sandbox-key',
  RUNFLOW_API_URL: runflow.url,
  RUNFLOW_CALLBACK_SECRETS: secret,
  PUBLIC_URL: `http://127.0.0.1:${freePort}`,
  HOST: '127.0.0.1',
  PORT: String(freePort),
  STORE_URL: `sqlite://${join(folder, 'darkroom.sqlite')}`,
  ALLOW_INSECURE_URLS: 'true',
});

try {
  await bot.ready();
  print('the bot is ready (the real one, as its own process)');
  const image = { name: 'rocket.jpg', type: 'image/jpeg', bytes: await readFile(photo), width: 640, height: 427 };
  await mkdir(out, { recursive: true });
  for (const [index, prompt] of prompts.entries()) {
    print(`mia types /edit image:rocket.jpg prompt:${prompt}`);
    const interaction = discord.slash({ user: 'mia', channel: 'general' }, 'edit', { image, prompt });
    const { tookMs } = await interaction.acknowledged;
    print(`acknowledged after ${tookMs} ms`);
    const stopListening = [
      runflow.on('created', (run) => print(`Runflow has the run ${run.id}`)),
      runflow.on('finished', (run) => print(`the run is ${run.status_code}; Runflow calls back`)),
    ];
    const message = await interaction.replied(30_000);
    for (const stop of stopListening) stop();
    const [picture] = message.attachments;
    if (!picture) throw new Error(`no picture came: ${message.content}`);
    const path = join(out, `demo-${index + 1}.${picture.filename.split('.').at(-1)}`);
    await writeFile(path, picture.bytes);
    print(`posted in #general:\n${message.content.replace(/^/gm, '             ')}`);
    print(`the picture lies in ${relative(process.cwd(), path)} (${picture.bytes.length} bytes)`);
  }
} catch (error) {
  process.exitCode = 1;
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n${bot.output()}`);
} finally {
  const code = await bot.stop();
  print(`the bot has stopped (exit code ${code})`);
  await Promise.all([discord.close(), runflow.close()]);
  await rm(folder, { recursive: true, force: true });
}
