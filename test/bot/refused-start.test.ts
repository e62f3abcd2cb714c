// A start with values that the services refuse: each is named, all of them at once, and nobody pays to find out.
import { describe, expect, it } from 'vitest';
import { StartError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { createRunflowCheck } from '../../src/runflow/check.ts';
import { createLab, type Lab } from '../lab.ts';

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
