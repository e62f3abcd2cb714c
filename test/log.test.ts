// What a log line holds and, more to the point, what it never holds, whichever way it came in.
import { DiscordAPIError } from 'discord.js';
import { describe, expect, test } from 'vitest';
import { createLog, createScrub, type Log } from '../src/log.ts';

const secrets = ['discord.bot-token', 'runflow-key', 'with"quote\\and\nline', ''];

/** The line that a call writes. */
function lineOf(write: (log: Log) => void, level = 'debug'): string {
  const lines: string[] = [];
  write(createLog(level, secrets, { write: (line) => lines.push(line) }));
  expect(lines).toHaveLength(1);
  return lines.join('');
}

test('a line is JSON with a readable time and level', () => {
  const line = lineOf((log) => log.warn({ edit: '1' }, 'edit failed'));
  expect(line.endsWith('\n')).toBe(true);
  expect(JSON.parse(line)).toEqual({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    edit: '1',
    msg: 'edit failed',
  });
});

test('a line below the level is not written', () => {
  const lines: string[] = [];
  const log = createLog('warn', [], { write: (line) => lines.push(line) });
  log.info('quiet');
  log.error('loud');
  expect(lines).toHaveLength(1);
});

describe('a secret never appears', () => {
  test.each([
    ['in a message', (log: Log) => log.info('token discord.bot-token!')],
    ['in a field', (log: Log) => log.info({ nested: { deep: ['runflow-key'] } }, 'x')],
    ['in the name of a field', (log: Log) => log.info({ 'runflow-key': 1 }, 'x')],
    ['in the message of an error', (log: Log) => log.error({ err: new Error('bad runflow-key') }, 'x')],
    ['in an error in place of fields', (log: Log) => log.error(new Error('bad runflow-key'))],
    [
      'in the cause of the cause of an error',
      (log: Log) =>
        log.error({ err: new Error('a', { cause: new Error('b', { cause: new Error('discord.bot-token') }) }) }, 'x'),
    ],
    ['in a thrown string', (log: Log) => log.error({ err: 'discord.bot-token' }, 'x')],
    ['when JSON has to escape it', (log: Log) => log.error({ err: new Error('with"quote\\and\nline') }, 'x')],
  ])('%s', (_where, write) => {
    const line = lineOf(write);
    expect(line).toContain('[hidden]');
    for (const secret of ['discord.bot-token', 'runflow-key', 'with\\"quote']) expect(line).not.toContain(secret);
    expect(() => JSON.parse(line)).not.toThrow();
  });
});

const interactionToken = 'aW50ZXJhY3Rpb246MTIzNDU2Nzg5MDpzZWNyZXQ';

describe('an interaction token is cut out of', () => {
  test.each([
    `https://discord.com/api/v10/webhooks/5000/${interactionToken}/messages/@original`,
    `https://discord.com/api/v10/webhooks/5000/${interactionToken}?wait=true`,
    `https://discord.com/api/v10/interactions/6000/${interactionToken}/callback`,
    `/webhooks/5000/${interactionToken}`,
    `"/interactions/6000/${interactionToken}" `,
  ])('%s', (url) => {
    const line = lineOf((log) => log.warn({ url }, 'x'));
    expect(line).not.toContain(interactionToken);
    expect(line).toContain('/[hidden]');
  });

  test('an error of Discord, its stack and its cause', () => {
    const url = `https://discord.com/api/v10/webhooks/5000/${interactionToken}/messages/@original`;
    const error = new DiscordAPIError({ code: 50027, message: `Invalid at ${url}` }, 50027, 401, 'PATCH', url, {
      body: { content: 'what was sent' },
      files: [{ name: 'a.png', data: Buffer.from('picture') }],
    });
    const line = lineOf((log) => log.error({ err: new Error('posting failed', { cause: error }) }, 'x'));
    expect(line).not.toContain(interactionToken);
    expect(line).not.toContain('what was sent');
    expect(JSON.parse(line)).toMatchObject({
      err: {
        cause: { code: 50027, status: 401, method: 'PATCH', url: expect.stringContaining('/webhooks/5000/[hidden]') },
      },
    });
  });

  test('the fields that it is usually kept in', () => {
    const reply = { applicationId: '5000', token: interactionToken, expiresAt: 1 };
    expect(lineOf((log) => log.info({ reply }, 'x'))).not.toContain(interactionToken);
    expect(lineOf((log) => log.info({ interaction: { token: interactionToken } }, 'x'))).not.toContain(
      interactionToken,
    );
    expect(lineOf((log) => log.info({ edit: { id: '1', reply } }, 'x'))).not.toContain(interactionToken);
  });
});

describe('what grants access to a picture is cut out', () => {
  test.each([
    'https://media.runflow.io/1.png?X-Amz-Signature=5ec7e7&X-Amz-Expires=1',
    'https://cdn.discordapp.com/attachments/1/2/a.png?ex=1&is=2&hm=5ec7e7',
    'http://127.0.0.1:9/1.png?sig=5ec7e7#part',
    'see (https://media.runflow.io/1.png?sig=5ec7e7), twice: https://media.runflow.io/2.png?sig=5ec7e7',
  ])('%s', (text) => {
    const line = lineOf((log) => log.warn({ err: new Error(text) }, text));
    expect(line).not.toContain('5ec7e7');
    expect(line).toContain('.png?[hidden]');
  });

  test('the rest of the URL stays readable', () => {
    expect(lineOf((log) => log.info({ url: 'https://a.example/b?c=d', next: 'kept' }, 'x'))).toContain(
      '"url":"https://a.example/b?[hidden]","next":"kept"',
    );
  });
});

test.each([
  ['a header', 'authorization: Bearer eyJhbGciOi.x-y_z~1+/=', 'eyJhbGciOi'],
  ['a bot header', 'Authorization: Bot MTIzNDU2Nzg5.abc.def', 'MTIzNDU2Nzg5'],
  ['a callback secret', 'created whsec_Zm9vYmFy+/==', 'Zm9vYmFy'],
  ['an inline picture', `url data:image/png;base64,${'iVBORw0KGgo'.repeat(100)}==`, 'iVBORw0KGgo'],
  ['an inline picture with a parameter', 'data:image/png;name=a.png;base64,iVBORw0KGgo=', 'iVBORw0KGgo'],
])('%s is recognised by its shape', (_what, text, hidden) => {
  const line = lineOf((log) => log.error({ err: new Error('x', { cause: new Error(text) }) }, text));
  expect(line).not.toContain(hidden);
});

test('ordinary words are left alone', () => {
  const scrub = createScrub(['']);
  const text = 'Bearer of news, Bot ready, https://docs.runflow.io/llms.txt, data: none, 12 webhooks/day?';
  expect(scrub(text)).toBe(text);
});

test('an error keeps what helps: type, message, stack, causes and codes', () => {
  const cause = Object.assign(new TypeError('socket closed'), { code: 'UND_ERR_SOCKET', body: { large: true } });
  const { err } = JSON.parse(lineOf((log) => log.error({ err: new Error('polling failed', { cause }) }, 'x')));
  expect(err).toEqual({
    type: 'Error',
    message: 'polling failed',
    stack: expect.stringContaining('log.test.ts'),
    cause: {
      type: 'TypeError',
      message: 'socket closed',
      stack: expect.any(String),
      code: 'UND_ERR_SOCKET',
    },
  });
});

test('an error that is its own cause is still logged', () => {
  const error = new Error('round and round');
  error.cause = error;
  expect(lineOf((log) => log.error({ err: error }, 'x'))).toContain('round and round');
});

test('a very long line is scrubbed quickly', () => {
  const started = performance.now();
  lineOf((log) => log.info({ text: 'https://a'.repeat(20_000), more: '/webhooks/1'.repeat(20_000) }, 'x'));
  expect(performance.now() - started).toBeLessThan(1_500);
});
