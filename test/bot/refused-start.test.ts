// A start with values that the services refuse: each is named, all of them at once, and nobody pays to find out.
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { StartError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { createRunflowCheck } from '../../src/runflow/check.ts';
import { createLab, type Lab } from '../lab.ts';
import { privateText } from '../support.ts';

async function problems(lab: Lab, env: Record<string, string>): Promise<readonly string[]> {
  const before = { ...lab.env };
  Object.assign(lab.env, env);
  try {
    await lab.start({ unasked: false });
    await lab.stop();
    return [];
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return error.problems.map((line) => line.split(' ')[0] ?? '');
  } finally {
    for (const name of Object.keys(env)) delete lab.env[name];
    Object.assign(lab.env, before);
  }
}

describe('a start names', () => {
  it('every value that is refused, also several at once, and makes no run', async () => {
    const lab = await createLab({ idle: true });
    const token = { DISCORD_TOKEN: 'wrong-token' };
    const key = { RUNFLOW_API_KEY: 'wrong-key' };
    const model = { RUNFLOW_MODEL: 'nobody/knows/this' };
    const store = { STORE_URL: 'sqlite:///dev/null/x.sqlite' };
    // In /proc the system takes no folder, and says that there is none.
    const nowhere = { STORE_URL: 'sqlite:///proc/nowhere/x.sqlite' };
    const waiting = { STORE_URL: 'redis://127.0.0.1:9' };
    expect(await problems(lab, key)).toEqual(['RUNFLOW_API_KEY:']);
    const unknown = { code: 'MODEL_NOT_FOUND', message: 'no such model' };
    lab.runflow.standIn.fault({ path: /models\/nobody/, kind: 'answer', status: 404, body: unknown });
    expect(await problems(lab, model)).toEqual(['RUNFLOW_MODEL:']);
    expect(await problems(lab, { ...token, ...store })).toEqual(['DISCORD_TOKEN:', 'STORE_URL:']);
    expect(await problems(lab, { ...token, ...key, ...store })).toHaveLength(3);
    expect(await problems(lab, nowhere)).toEqual(['STORE_URL:']);
    // Redis is waited for, but not with a token that will not do.
    expect(await problems(lab, { ...token, ...waiting })).toEqual(['DISCORD_TOKEN:']);
    expect(await problems(lab, {})).toEqual([]);
    expect(lab.runs()).toHaveLength(0);
    expect(lab.runflow.standIn.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(lab.discord.sessions()).toBe(0);
    lab.discord.violations.length = 0;
  });

  it('a model that is not found where another one is, and none where no model is found in that way', async () => {
    const lab = await createLab({ idle: true });
    const model = { RUNFLOW_MODEL: 'black-forest-labs/flux-2-klein-9b/edti' };
    const missing = { kind: 'answer', status: 404, body: { code: 'NOT_FOUND', message: 'no such page' } } as const;
    lab.runflow.standIn.fault({ path: /v1\/models\//, ...missing, times: 8 });
    expect(await problems(lab, model)).toEqual([]);
    lab.runflow.standIn.clearFaults();
    const page = { kind: 'answer', status: 200, body: '# FLUX.2' } as const;
    lab.runflow.standIn.fault({
      path: /models\/black-forest-labs\/flux-2-klein-9b\/edit\/llms\.txt/,
      ...page,
      times: 8,
    });
    expect(await problems(lab, model)).toEqual(['RUNFLOW_MODEL:']);
    expect(await problems(lab, {})).toEqual([]);
  });

  it.each([
    ['nothing of Discord', 404, { code: 0, message: '404: Not Found' }],
    ['a page that welcomes everything', 200, '<html>welcome</html>'],
    ['something else that speaks JSON', 200, { status: 'ok' }],
  ])('a DISCORD_API_URL at which there is %s', async (_what, status, body) => {
    const lab = await createLab({ idle: true });
    lab.discord.standIn.fault({ path: /gateway\/bot/, kind: 'answer', status, body });
    expect(await problems(lab, {})).toEqual(['DISCORD_API_URL:']);
    expect(lab.discord.sessions()).toBe(0);
  });

  it('nothing of a store that is new at the first start of all', async () => {
    const lab = await createLab();
    await lab.stop();
    expect(lab.logs.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
    expect(
      lab.logs.some(({ msg }) => msg === 'gateway reconnecting'),
      'a stop is no trouble',
    ).toBe(false);
  });

  it('nothing while the services are away, and goes on', async () => {
    const lab = await createLab({ idle: true });
    lab.discord.standIn.fault({ path: /gateway\/bot/, kind: 'answer', status: 503, times: 2 });
    lab.runflow.standIn.fault({ path: /\/runs\?/, kind: 'reset' });
    expect(await problems(lab, {})).toEqual([]);
    expect(lab.logs.some(({ msg }) => msg.includes('key and model'))).toBe(true);
  });
});

it('a key that is refused once Runflow is back is said, keeps the bot from being ready, and is asked for again', async () => {
  const lab = await createLab({ idle: true });
  const lines: string[] = [];
  const timers: (() => void)[] = [];
  const after = (_ms: number, callback: () => void) => {
    timers.push(callback);
    return () => {};
  };
  const clock = { ...lab.clock, after };
  const log = createLog('debug', [], { write: (line) => lines.push(line) });
  const check = createRunflowCheck({ apiUrl: lab.runflow.url, apiKey: 'wrong-key', model: 'a/b', clock, log });
  const path = /\/runs\?/;
  lab.runflow.standIn.fault({ path, kind: 'answer', status: 502, body: '<html>' });
  expect(await check.ask()).toBeUndefined();
  expect(check.troubles()).toEqual([]);
  timers.shift()?.();
  await lab.until('asked again', () => timers.length === 1);
  expect(check.troubles()).toEqual([expect.stringMatching(/^RUNFLOW_API_KEY: /)]);
  expect(lines.filter((line) => line.includes('"level":"error"'))).toHaveLength(1);
  lab.runflow.standIn.fault({
    path,
    kind: 'answer',
    status: 422,
    body: { code: 'VALIDATION_ERROR', message: 'input' },
  });
  timers.shift()?.();
  await lab.until('mended', () => check.troubles().length === 0);
});

it('a key that is taken back while the bot runs keeps it from being ready and from taking edits, until it is accepted again', async () => {
  const after = (ms: number, callback: () => void) => {
    const timer = setTimeout(callback, Math.min(ms, ms === 30_000 ? 100 : 2 ** 31 - 1)).unref();
    return () => clearTimeout(timer);
  };
  const lab = await createLab({ hooks: { clock: { ...systemClock, after } } });
  const readyz = async () => (await fetch(`${lab.url}/readyz`)).json();
  expect(await readyz()).toMatchObject({ status: 'ready' });
  const body = { code: 'UNAUTHORIZED', message: 'key revoked' };
  lab.runflow.standIn.fault({ path: /\/v1\//, kind: 'answer', status: 401, body, times: 1_000 });
  const first = lab.edit('blur');
  await lab.until('the failure', () => first.followups().length === 1);
  expect(first.followups()[0]?.content).toContain('They have been told.');
  await lab.until('known', () => lab.logs.some(({ msg }) => msg.startsWith('RUNFLOW_API_KEY: ')));
  expect(await readyz()).toMatchObject({ unready: [expect.stringContaining('RUNFLOW_API_KEY')] });
  const refused = await privateText(lab.edit('sepia'));
  expect(refused).toMatch(/^I can't take edits now: .* whoever operates this bot\. Nothing was charged\.$/);

  lab.runflow.standIn.clearFaults();
  await lab.until('accepted again', () => lab.logs.some(({ msg }) => msg === 'Runflow accepts key and model again'));
  expect(await readyz()).toMatchObject({ status: 'ready' });
  expect((await lab.edit('sepia').replied()).attachments).toHaveLength(1);
});

it.each([
  [404, '<html>not found</html>', 'RUNFLOW_API_URL: what answers there is not Runflow'],
  [401, 'who are you', 'RUNFLOW_API_URL: what answers there is not Runflow'],
  [302, '', 'RUNFLOW_API_URL: what answers there is not Runflow'],
  [200, '<html>welcome</html>', 'RUNFLOW_API_URL: what answers there is not Runflow'],
  [200, { status: 'ok' }, 'RUNFLOW_API_URL: what answers there is not Runflow'],
])('an answer %i that is none of Runflow’s says nothing of key or model', async (status, body, words) => {
  const lab = await createLab({ idle: true });
  const lines: string[] = [];
  const log = createLog('debug', [], { write: (line) => lines.push(line) });
  const check = createRunflowCheck({ apiUrl: lab.runflow.url, apiKey: 'k', model: 'a/b', clock: lab.clock, log });
  lab.runflow.standIn.fault({ path: /\/runs\?/, kind: 'answer', status, body });
  expect(await check.ask()).toBeUndefined();
  check.stop();
  expect(lines.join('')).toContain(words);
});

it('a refusal without a code that names its fields is Runflow’s: key and model are right', async () => {
  const lab = await createLab({ idle: true });
  const lines: string[] = [];
  const log = createLog('debug', [], { write: (line) => lines.push(line) });
  const check = createRunflowCheck({ apiUrl: lab.runflow.url, apiKey: 'k', model: 'a/b', clock: lab.clock, log });
  const detail = [{ loc: ['body', 'input'], msg: 'Field required' }];
  lab.runflow.standIn.fault({ path: /\/runs\?/, kind: 'answer', status: 422, body: { detail } });
  expect(await check.ask()).toBeUndefined();
  check.stop();
  expect(lines).toEqual([]);
});
