// The environment: defaults, every variable, and every mistake named at once in words an operator can act on.
import { describe, expect, test } from 'vitest';
import { readConfig } from '../src/config.ts';
import { StartError } from '../src/errors.ts';
import { createScrub } from '../src/log.ts';
import { readSecrets } from '../src/secrets.ts';

const least = { DISCORD_TOKEN: 'discord-token', RUNFLOW_API_KEY: 'runflow-key' };

/** What an operator is told about these variables, one line each. */
function problems(env: Record<string, string | undefined>): readonly string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return error.problems;
  }
}

test.each([
  'redis://user:p%40ss-word@127.0.0.1:6379/3',
  'rediss://:only-password@127.0.0.1',
  'redis://me@corp.example:pass-word@127.0.0.1',
  'redis://:p@ss-word@127.0.0.1',
  'redis://user:pass:word@127.0.0.1',
  'redis://user:pa"ss\\word@127.0.0.1',
  'redis://user:pa/ss-word@127.0.0.1',
  'redis://user:100%pass-word@127.0.0.1',
  'redis://user:p%2Fass-word@127.0.0.1',
  'redis://user:p%2fäss-word%40@127.0.0.1',
  'redis://pass-word@127.0.0.1',
  'redis://p%40ss-word@127.0.0.1',
  'redis://127.0.0.1?key=p%40ss-word',
  'redis://127.0.0.1/0?auth=pass+word',
  'sqlite://user:pass-word@data/darkroom.sqlite',
  'postgres://user:pass-word@127.0.0.1/darkroom',
])('the password in %s is hidden in every spelling, whatever the kind of store', (STORE_URL) => {
  const secrets = readSecrets({ STORE_URL });
  const scrub = createScrub(secrets);
  const parsed = URL.canParse(STORE_URL) ? new URL(STORE_URL) : undefined;
  const spelt = [STORE_URL, ...secrets, parsed?.password ?? '', parsed?.href ?? '', parsed?.search ?? ''];
  for (const text of [...spelt, ...spelt.map((one) => JSON.stringify({ one }))]) {
    expect(scrub(text)).not.toMatch(/word|pass/);
  }
});

test.each(['redis://:pw@127.0.0.1', 'redis://me:p%40@127.0.0.1'])(
  'a password as short as in %s is hidden in its URL',
  (STORE_URL) => {
    const scrub = createScrub(readSecrets({ STORE_URL }));
    for (const text of [STORE_URL, new URL(STORE_URL).href, decodeURIComponent(STORE_URL)]) {
      expect(scrub(`cannot connect to ${text}`)).not.toMatch(/pw|p%40|p@/);
    }
  },
);

test('tokens, keys and callback secrets are secrets, each once; a URL without a password has none', () => {
  const env = { DISCORD_TOKEN: ' token ', RUNFLOW_API_KEY: 'key', RUNFLOW_CALLBACK_SECRETS: 'one, two,' };
  expect(readSecrets({ ...env, STORE_URL: 'redis://127.0.0.1:6379' })).toEqual(['token', 'key', 'one', 'two']);
  expect(readSecrets({ ...env, STORE_URL: 'sqlite://data/a@b.sqlite' })).toEqual(['token', 'key', 'one', 'two']);
});

test('two variables are enough', () => {
  expect(readConfig(least)).toEqual({
    role: 'all',
    discord: { token: 'discord-token', apiUrl: 'https://discord.com/api', guildId: undefined, shards: 'auto' },
    runflow: {
      apiKey: 'runflow-key',
      apiUrl: 'https://api.runflow.io',
      model: 'black-forest-labs/flux-2-klein-9b/edit',
      callbackSecrets: [],
      callbackUrl: undefined,
      syncMode: false,
    },
    http: { host: '0.0.0.0', port: 3000, metricsPort: 3000 },
    store: { kind: 'sqlite', path: 'data/darkroom.sqlite' },
    editing: { directMessages: false, promptBlocklist: [], memberEditsPerDay: undefined, dailyBudgetUsd: undefined },
    allowInsecureUrls: false,
    trustedRanges: [],
    secrets: ['discord-token', 'runflow-key'],
    logLevel: 'info',
    limits: { runTimeoutMs: 15 * 60_000, lookBackMs: 60 * 60_000 },
    keepEditsMs: 30 * 86_400_000,
  });
});

test('every variable is read', () => {
  const config = readConfig({
    ...least,
    DISCORD_API_URL: 'http://127.0.0.1:4000/api',
    DISCORD_GUILD_ID: '123456789012345678',
    DISCORD_SHARDS: '1, 0',
    DISCORD_SHARD_COUNT: '2',
    DISCORD_SHARD_FROM_ORDINAL: 'false',
    ROLE: 'all',
    RUNFLOW_API_URL: 'http://127.0.0.1:5000',
    RUNFLOW_MODEL: 'somebody/model-1.5/edit',
    RUNFLOW_CALLBACK_SECRETS: 'whsec_one, whsec_two',
    RUNFLOW_SYNC_MODE: 'true',
    PUBLIC_URL: 'https://bot.example/darkroom',
    HOST: '::1',
    PORT: '65535',
    METRICS_PORT: '9100',
    STORE_URL: 'sqlite:///var/lib/darkroom.sqlite',
    DIRECT_MESSAGES: 'true',
    PROMPT_BLOCKLIST: ' blood bath, gore* ,,',
    MEMBER_EDITS_PER_DAY: '1000',
    DAILY_BUDGET_USD: '12.50',
    ALLOW_INSECURE_URLS: 'true',
    TRUSTED_RANGES: '198.18.0.0/15, fd00::/8,10.1.2.3',
    LOG_LEVEL: 'silent',
    RUN_TIMEOUT_MINUTES: '0.5',
    KEEP_EDITS_DAYS: '7',
    RECOVER_LOOKBACK_MINUTES: '0',
  });
  expect(config).toEqual({
    role: 'all',
    discord: {
      token: 'discord-token',
      apiUrl: 'http://127.0.0.1:4000/api',
      guildId: '123456789012345678',
      shards: { ids: [1, 0], count: 2 },
    },
    runflow: {
      apiKey: 'runflow-key',
      apiUrl: 'http://127.0.0.1:5000',
      model: 'somebody/model-1.5/edit',
      callbackSecrets: ['whsec_one', 'whsec_two'],
      callbackUrl: 'https://bot.example/darkroom/webhooks/runflow',
      syncMode: true,
    },
    http: { host: '::1', port: 65_535, metricsPort: 9_100 },
    store: { kind: 'sqlite', path: '/var/lib/darkroom.sqlite' },
    editing: {
      directMessages: true,
      promptBlocklist: ['blood bath', 'gore*'],
      memberEditsPerDay: 1000,
      dailyBudgetUsd: 12.5,
    },
    allowInsecureUrls: true,
    trustedRanges: ['198.18.0.0/15', 'fd00::/8', '10.1.2.3'],
    secrets: ['discord-token', 'runflow-key', 'whsec_one', 'whsec_two'],
    logLevel: 'silent',
    limits: { runTimeoutMs: 30_000, lookBackMs: 0 },
    keepEditsMs: 7 * 86_400_000,
  });
});

test('an empty variable counts as absent, and space around a value is not part of it', () => {
  const config = readConfig({
    ...least,
    DISCORD_TOKEN: ' token\n',
    DISCORD_GUILD_ID: '',
    PORT: '  ',
    PUBLIC_URL: undefined,
  });
  expect(config.discord).toMatchObject({ token: 'token', guildId: undefined });
  expect(config.http.port).toBe(3000);
});

test('slashes at the end of a URL are dropped', () => {
  const config = readConfig({
    ...least,
    DISCORD_API_URL: 'https://discord.example/api/',
    RUNFLOW_API_URL: 'https://runflow.example//',
    PUBLIC_URL: 'https://bot.example/',
  });
  expect(config.discord.apiUrl).toBe('https://discord.example/api');
  expect(config.runflow).toMatchObject({
    apiUrl: 'https://runflow.example',
    callbackUrl: 'https://bot.example/webhooks/runflow',
  });
});

describe('callback secrets', () => {
  test.each([',', ' , ,', ''])('%j are none', (list) => {
    expect(readConfig({ ...least, RUNFLOW_CALLBACK_SECRETS: list }).runflow.callbackSecrets).toEqual([]);
  });

  test('may have commas too many', () => {
    const config = readConfig({ ...least, RUNFLOW_CALLBACK_SECRETS: ',one,,two ,' });
    expect(config.runflow.callbackSecrets).toEqual(['one', 'two']);
  });
});

test.each(['redis://127.0.0.1:6379', 'rediss://:secret@redis.example:6380/2'])('%s is a Redis store', (url) => {
  expect(readConfig({ ...least, STORE_URL: url }).store).toEqual({ kind: 'redis', url });
});

test('what is missing is named with what it is', () => {
  expect(problems({})).toEqual([
    'DISCORD_TOKEN is required: the bot token from the Discord developer portal',
    'RUNFLOW_API_KEY is required: the API key from Runflow',
  ]);
});

test('every mistake is listed at the same time', () => {
  const wrong = {
    DISCORD_API_URL: 'discord.com/api',
    DISCORD_GUILD_ID: 'my server',
    DISCORD_SHARDS: 'some',
    DISCORD_SHARD_COUNT: '0',
    DISCORD_SHARD_FROM_ORDINAL: 'perhaps',
    ROLE: 'gate',
    RUNFLOW_API_URL: 'ftp://api.runflow.io',
    RUNFLOW_MODEL: 'edit',
    RUNFLOW_SYNC_MODE: 'yes',
    PUBLIC_URL: 'https://',
    PORT: '65536',
    METRICS_PORT: '-1',
    STORE_URL: 'postgres://db',
    DIRECT_MESSAGES: 'sometimes',
    ALLOW_INSECURE_URLS: '1',
    TRUSTED_RANGES: '10.0.0.0/33',
    LOG_LEVEL: 'loud',
    RUN_TIMEOUT_MINUTES: 'soon',
    KEEP_EDITS_DAYS: '0',
    RECOVER_LOOKBACK_MINUTES: '-1',
  };
  const named = problems(wrong).map((line) => line.split(' ')[0]);
  expect(named.sort()).toEqual(['DISCORD_TOKEN', 'RUNFLOW_API_KEY', ...Object.keys(wrong)].sort());
});

const trustedRanges = (wrong: string) =>
  `must be addresses or ranges such as 198.18.0.0/15, separated by commas; “${wrong}” is none`;

test.each([
  ['DISCORD_API_URL', 'discord.com/api', 'must be a URL that starts with http:// or https://'],
  ['DISCORD_GUILD_ID', '1234', 'must be a server id: 17 to 20 digits'],
  ['RUNFLOW_MODEL', '../../etc passwd', 'must be a model path such as black-forest-labs/flux-2-klein-9b/edit'],
  ['RUNFLOW_SYNC_MODE', 'TRUE', 'must be true or false'],
  ['DISCORD_TOKEN', 'Bot MTIz.abc.def', 'must not start with "Bot ": the bot adds it'],
  ['DISCORD_TOKEN', '"MTIz.abc.def"', 'must be written without quotes around it'],
  ['DISCORD_TOKEN', 'MTIz.abc .def', 'must be one word of plain letters, digits and signs'],
  ['RUNFLOW_API_KEY', 'bearer rf_live_1', 'must not start with "Bearer ": the bot adds it'],
  ['RUNFLOW_API_KEY', "'rf_live_1'", 'must be written without quotes around it'],
  ['RUNFLOW_API_KEY', 'rf_live_…', 'must be one word of plain letters, digits and signs'],
  ['DISCORD_API_URL', 'https://discord.com/api/v10/', 'must not end in a version such as /v10: the bot adds it'],
  ['RUNFLOW_API_URL', 'https://api.runflow.io/v1', 'must not end in /v1: the bot adds it'],
  ['RUNFLOW_API_URL', 'https://me:pw@api.runflow.io', 'must not contain a user or password'],
  ['PUBLIC_URL', 'https://bot.example/?token=1', 'must end before ? and #: paths are added to it'],
  ['PUBLIC_URL', 'https://bot.example/#top', 'must end before ? and #: paths are added to it'],
  ['PUBLIC_URL', 'https://bot.example/webhooks/runflow', 'must not end in /webhooks/runflow: the bot adds it'],
  ['PUBLIC_URL', '"https://bot.example"', 'must be written without quotes around it'],
  ['STORE_URL', "'sqlite://data/darkroom.sqlite'", 'must be written without quotes around it'],
  ['LOG_LEVEL', '"info"', 'must be written without quotes around it'],
  ['TRUSTED_RANGES', '10.0.0.0/8, intranet', trustedRanges('intranet')],
  ['TRUSTED_RANGES', 'fd00::/129', trustedRanges('fd00::/129')],
  ['TRUSTED_RANGES', '10.0.0.0/', trustedRanges('10.0.0.0/')],
  ['TRUSTED_RANGES', 'fe80::1%eth0', trustedRanges('fe80::1%eth0')],
  ['TRUSTED_RANGES', '10.0.0.0 - 10.1.0.0', trustedRanges('10.0.0.0 - 10.1.0.0')],
  ['DAILY_BUDGET_USD', '-1', 'must be an amount in US dollars such as 12.50'],
  ['DAILY_BUDGET_USD', '$5', 'must be an amount in US dollars such as 12.50'],
  ['MEMBER_EDITS_PER_DAY', '0', 'must be a whole number from 1 to 1000'],
  ['MEMBER_EDITS_PER_DAY', '10.5', 'must be a whole number from 1 to 1000'],
  ['PORT', '80a', 'must be a port number'],
  ['METRICS_PORT', '9100.5', 'must be a port number'],
  ['METRICS_PORT', '65536', 'must be a port number up to 65535'],
  ['PORT', '99999', 'must be a port number up to 65535'],
  ['STORE_URL', 'data/darkroom.sqlite', 'must be a URL that starts with sqlite:// or redis:// or rediss://'],
  ['STORE_URL', 'sqlite:data/darkroom.sqlite', 'must name a file, such as sqlite://data/darkroom.sqlite'],
  ['STORE_URL', 'sqlite://', 'must name a file, such as sqlite://data/darkroom.sqlite'],
  ['RUN_TIMEOUT_MINUTES', '1441', 'must be at most 1440 minutes'],
  ['RUN_TIMEOUT_MINUTES', 'NaN', 'must be a number of minutes'],
  ['KEEP_EDITS_DAYS', '0.5', 'must be at least 1 days'],
])('%s=%s is refused in plain words', (name, value, words) => {
  expect(problems({ ...least, [name]: value })).toEqual([`${name} ${words}`]);
});

describe('the part of a process', () => {
  const redis = { ...least, STORE_URL: 'redis://127.0.0.1:6379' };

  test.each([
    [
      { DISCORD_SHARDS: '0,1,2', DISCORD_SHARD_COUNT: '16' },
      { ids: [0, 1, 2], count: 16 },
    ],
    [
      { DISCORD_SHARD_FROM_ORDINAL: 'true', DISCORD_SHARD_COUNT: '16', HOSTNAME: 'darkroom-15' },
      { ids: [15], count: 16 },
    ],
    [{ DISCORD_SHARDS: 'auto', ROLE: 'gateway' }, 'auto'],
    // It opens none, and may have the variables of those that do.
    [{ DISCORD_SHARD_FROM_ORDINAL: 'true', DISCORD_SHARD_COUNT: '2', HOSTNAME: 'worker-7', ROLE: 'worker' }, 'auto'],
  ])('%j', (env, shards) => {
    const config = readConfig({ ...redis, ...env });
    expect(config.discord.shards).toEqual(shards);
    expect(config.role).toBe('ROLE' in env ? env.ROLE : 'all');
  });

  const alone = 'processes that share the work need STORE_URL=redis://…';
  const ordinal = { DISCORD_SHARD_FROM_ORDINAL: 'true' };
  test.each([
    [
      { DISCORD_SHARDS: '0,1' },
      'DISCORD_SHARD_COUNT is required with DISCORD_SHARDS: how many shards all processes have together',
    ],
    [
      { DISCORD_SHARDS: '0,4', DISCORD_SHARD_COUNT: '4' },
      'DISCORD_SHARDS leads to shard 4, but of 4 (DISCORD_SHARD_COUNT) the last is 3',
    ],
    [{ DISCORD_SHARDS: '1,1', DISCORD_SHARD_COUNT: '4' }, 'DISCORD_SHARDS names shard 1 twice'],
    [
      { DISCORD_SHARDS: '0-3', DISCORD_SHARD_COUNT: '4' },
      'DISCORD_SHARDS must be auto, or the numbers of shards such as 0,1,2',
    ],
    [
      { DISCORD_SHARD_COUNT: '4' },
      'DISCORD_SHARD_COUNT must be left out where Discord recommends how many; to open some of 4, set DISCORD_SHARDS or DISCORD_SHARD_FROM_ORDINAL',
    ],
    [
      { ...ordinal, DISCORD_SHARD_COUNT: '4' },
      'DISCORD_SHARD_FROM_ORDINAL needs a HOSTNAME that ends in a number, such as darkroom-3',
    ],
    [
      { ...ordinal, DISCORD_SHARD_COUNT: '4', HOSTNAME: 'darkroom' },
      'DISCORD_SHARD_FROM_ORDINAL needs a HOSTNAME that ends in a number, such as darkroom-3',
    ],
    [
      { ...ordinal, HOSTNAME: 'darkroom-3' },
      'DISCORD_SHARD_COUNT is required with DISCORD_SHARD_FROM_ORDINAL: how many shards all processes have together',
    ],
    [
      { ...ordinal, DISCORD_SHARD_COUNT: '4', HOSTNAME: 'darkroom-4' },
      'DISCORD_SHARD_FROM_ORDINAL leads to shard 4, but of 4 (DISCORD_SHARD_COUNT) the last is 3',
    ],
    [
      { ...ordinal, DISCORD_SHARDS: '1', DISCORD_SHARD_COUNT: '4', HOSTNAME: 'darkroom-1' },
      'DISCORD_SHARD_FROM_ORDINAL must be false where DISCORD_SHARDS names the shards',
    ],
    [{ ROLE: 'worker', STORE_URL: '' }, `ROLE must be all with SQLite: ${alone}`],
    [
      { DISCORD_SHARDS: '1', DISCORD_SHARD_COUNT: '2', STORE_URL: 'sqlite://x.sqlite' },
      `DISCORD_SHARD_COUNT leaves shards to others, but with SQLite there are none: ${alone}`,
    ],
  ])('%j is refused in plain words', (env, words) => {
    expect(problems({ ...redis, ...env })).toEqual([words]);
  });
});

test('a problem does not repeat the value, which may be a secret', () => {
  expect(problems({ ...least, STORE_URL: 'http://user:hunter2@redis.example' }).join()).not.toContain('hunter2');
});
