// A whole faulty run of the production entry at the most talkative log level, with every kind of trouble at once: no
// token, key, secret, interaction token or presigned query in what it prints, answers, counts or says to anybody.

import { renameSync } from 'node:fs';
import { expect, it } from 'vitest';
import { startBot } from '../../sandbox/bot.ts';
import { type Interaction, rateLimited } from '../../sandbox/discord/discord.ts';
import { type Lab, secret, storePath } from '../lab.ts';
import { mia, pause } from '../support.ts';
import { createRun, downloadOutput, editReply, inLab } from './own-lab.ts';

const other = 'whsec_lab-secret-two';
/** Runflow's list, and single runs. */
const readRuns = { method: 'GET', path: /^\/v1\/runs/ };
/** What an upstream may repeat in its refusal. */
const gossip = `Bearer sandbox-key, Bot sandbox-token, ${secret}, https://files.example/a.png?signature=0123456789abcdef`;

function spoil(lab: Lab): void {
  const { standIn } = lab.runflow;
  standIn.fault({ ...createRun, kind: 'reset-after' });
  standIn.fault({ ...createRun, kind: 'answer', status: 422, body: { code: 'VALIDATION_ERROR', message: gossip } });
  standIn.fault({ ...createRun, kind: 'answer', status: 500, body: gossip });
  standIn.fault({
    ...createRun,
    kind: 'answer',
    status: 401,
    body: { error: { code: 'UNAUTHORIZED', message: gossip } },
  });
  standIn.fault({ ...readRuns, kind: 'answer', status: 500, body: { code: 'INTERNAL', message: gossip }, times: 2 });
  standIn.fault({ ...downloadOutput, kind: 'answer', status: 403 });
  standIn.fault({ ...downloadOutput, kind: 'truncate', bytes: 500 });
  standIn.fault({ ...downloadOutput, kind: 'reset' });
  const { standIn: discord } = lab.discord;
  discord.fault({ ...editReply, kind: 'reset' });
  discord.fault({ ...editReply, kind: 'answer', status: 500, body: gossip });
  discord.fault({ ...editReply, kind: 'answer', status: 400, body: { code: 50035, message: gossip } });
  discord.fault({ ...editReply, kind: 'answer', status: 401, body: { code: 50027, message: 'Invalid Webhook Token' } });
  discord.fault({ ...editReply, ...rateLimited(6) });
  discord.fault({
    method: 'POST',
    path: /\/callback/,
    kind: 'answer',
    status: 404,
    body: { code: 10062, message: gossip },
  });
  discord.fault({ method: 'POST', path: /\/callback/, kind: 'reset', skip: 1 });
  discord.fault({ method: 'POST', path: /\/messages$/, kind: 'answer', status: 502, body: gossip });
}

/** What the bot's own listener answers to all sorts of requests. */
async function knock(lab: Lab): Promise<string[]> {
  const post = (body: string, headers: Record<string, string>) =>
    fetch(`${lab.url}/webhooks/runflow`, { method: 'POST', body, headers });
  const json = { 'content-type': 'application/json' };
  const answers = await Promise.all([
    post('{', json),
    post(JSON.stringify({ run_id: gossip }), { ...json, 'runflow-signature': secret }),
    post(gossip, { 'content-type': 'text/plain', authorization: 'Bearer sandbox-key' }),
    // Refused while it is still being sent, which may break the connection before the answer is read.
    post('x'.repeat(2 ** 20 + 1), json).catch(() => new Response('')),
    fetch(`${lab.url}/nothing?token=${encodeURIComponent(secret)}`),
    fetch(`${lab.url}/webhooks/runflow/%00`),
    fetch(`${lab.url}/healthz`),
    fetch(`${lab.url}/readyz`),
    fetch(`${lab.url}/metrics`),
  ]);
  return Promise.all(answers.map((answer) => answer.text()));
}

function expectNothing(texts: Record<string, string>, hidden: readonly string[]): void {
  for (const [where, text] of Object.entries(texts)) {
    for (const word of hidden) {
      // Not with the words in the message: what fails here must not print them either.
      expect(text.includes(word), `${where} tells ${word.slice(0, 12)}…`).toBe(false);
    }
    expect(/[?&](?:signature|hm|X-Amz-Signature)=[0-9a-f]/i.test(text), `${where} tells a presigned query`).toBe(false);
  }
}

it(
  'tells no secret to anybody, whatever goes wrong',
  () =>
    inLab({ idle: true, secrets: [secret, other], env: { LOG_LEVEL: 'trace' } }, async (lab) => {
      const bot = startBot(lab.env);
      const shown: string[] = [];
      const answers: string[] = [];
      const interactions: Interaction[] = [];
      try {
        await bot.ready();
        spoil(lab);
        for (const word of ['', '', '', '', '[expired]', '[broken]', '[failed]', '[flagged]', '[badkey]', '[credit]']) {
          interactions.push(lab.edit(`blur ${word}`));
          await pause(60);
        }
        answers.push(...(await knock(lab)));
        await lab.until('one is over', () => bot.lines.some(({ msg }) => msg === 'edit delivered'), 20_000);
        lab.discord.dropGateway();
        await pause(1_500);
        const slow = lab.edit('sepia [slow]');
        interactions.push(slow);
        await lab.until('its run', () => lab.runs().some(({ client_ref }) => client_ref === slow.id));
        const path = storePath(lab);
        renameSync(path, `${path}.away`);
        interactions.push(lab.edit('blur'));
        answers.push(...(await knock(lab)));
        await lab.until('not saved', () => bot.lines.some(({ msg }) => String(msg).startsWith('an edit could not be')));
        renameSync(`${path}.away`, path);
        lab.discord.expireToken(slow);
        shown.push(...lab.discord.visible('general', mia.user).map(({ content }) => content));
        lab.discord.deleteChannel('general');
        await lab.runflow.finish(lab.runs().find(({ client_ref }) => client_ref === slow.id)?.id ?? '');
        await lab.until('refused', () => bot.lines.some(({ reason }) => reason === 'undeliverable'), 20_000);
        await bot.stop('SIGTERM');
      } finally {
        await bot.stop('SIGKILL');
      }
      // The trouble did come about, and was told of.
      const said = new Set(bot.lines.map(({ msg }) => msg));
      for (const line of [
        'delivery put off',
        'edit failed',
        'callback refused',
        'an edit could not be saved; it was refused',
        'create request failed',
      ]) {
        expect([...said]).toContain(line);
      }
      expect(bot.output()).toContain('[hidden]');
      const hidden = ['sandbox-token', 'sandbox-key', secret, other, ...interactions.map(({ token }) => token)];
      shown.push(...lab.discord.messages('dm-mia').map(({ content }) => content));
      expectNothing({ 'the output': bot.output(), 'an answer': answers.join('\n'), 'a message': shown.join('\n') }, [
        ...hidden,
        ...interactions.map(({ token }) => token.slice(40, 120)),
      ]);
      // Rights that were taken and limits that the kill cut short are the test's own doing.
      lab.discord.violations.length = 0;
    }),
  60_000,
);
