// The environment, checked once. Every mistake is listed at the same time, in words an operator can act on.
import { z } from 'zod';
import { StartError } from './errors.ts';
import { partVariables, type Role, readPart, type Shards } from './part.ts';
import { readSecrets } from './secrets.ts';
import { amount, credential, flag, http, httpWithout, list, port, ranges, url } from './variables.ts';

export type Config = {
  /** What this process does, where several share the work. */
  role: Role;
  discord: { token: string; apiUrl: string; guildId: string | undefined; shards: Shards };
  runflow: {
    apiKey: string;
    apiUrl: string;
    model: string;
    callbackSecrets: readonly string[];
    /** Absent: no callbacks, the bot polls. */
    callbackUrl: string | undefined;
    syncMode: boolean;
  };
  /** `metricsPort`: of `/metrics`; the same as `port` unless it is moved. */
  http: { host: string; port: number; metricsPort: number };
  store: { kind: 'sqlite'; path: string } | { kind: 'redis'; url: string };
  editing: {
    /** Offer edits in direct messages, where no server's moderators see them. */
    directMessages: boolean;
    /** Words and phrases that are refused in prompts everywhere. */
    promptBlocklist: readonly string[];
    /** Edits of one member within a day, wherever they are made; absent: no limit. */
    memberEditsPerDay: number | undefined;
    /** What all edits of one day (UTC) may cost; absent: no limit. */
    dailyBudgetUsd: number | undefined;
  };
  allowInsecureUrls: boolean;
  /** Addresses that pictures may come from though they are not public, in CIDR notation. */
  trustedRanges: readonly string[];
  /** Where the operator is told of what only they can mend. */
  alertWebhookUrl: string | undefined;
  /** Tokens, keys and passwords in every spelling: never show them. */
  secrets: readonly string[];
  logLevel: string;
  limits: {
    /** Tell the requester after this long without an end; a late result is still delivered. */
    runTimeoutMs: number;
    /**
     * How far back a start searches the run list for runs missing from the store; at most as long as closed edits are
     * kept, or a forgotten one would be taken for lost.
     */
    lookBackMs: number;
  };
  /** How long to keep closed edits, for their buttons and to detect duplicates. */
  keepEditsMs: number;
};

/** Path of callbacks under PUBLIC_URL. */
export const callbackPath = '/webhooks/runflow';

const minute = 60_000;
const day = 24 * 60 * minute;

const environment = z.object({
  DISCORD_TOKEN: credential('the bot token from the Discord developer portal', 'Bot'),
  DISCORD_API_URL: httpWithout('a version such as /v10', /\/v\d+$/).default('https://discord.com/api'),
  DISCORD_GUILD_ID: z
    .string()
    .regex(/^\d{17,20}$/, { error: 'must be a server id: 17 to 20 digits' })
    .optional(),
  RUNFLOW_API_KEY: credential('the API key from Runflow', 'Bearer'),
  RUNFLOW_API_URL: httpWithout('/v1', /\/v1$/).default('https://api.runflow.io'),
  RUNFLOW_MODEL: z
    .string()
    .regex(/^[\w.-]+(\/[\w.-]+)+$/, { error: 'must be a model path such as black-forest-labs/flux-2-klein-9b/edit' })
    .default('black-forest-labs/flux-2-klein-9b/edit'),
  RUNFLOW_CALLBACK_SECRETS: list,
  RUNFLOW_SYNC_MODE: flag.default(false),
  PUBLIC_URL: http
    .refine((text) => !text.endsWith(callbackPath), { error: `must not end in ${callbackPath}: the bot adds it` })
    .optional(),
  HOST: z.string().default('0.0.0.0'),
  PORT: port.default(3000),
  METRICS_PORT: port.optional(),
  STORE_URL: url(['sqlite:', 'redis:', 'rediss:'])
    .refine((text) => !text.startsWith('sqlite:') || /^sqlite:\/\/./.test(text), {
      error: 'must name a file, such as sqlite://data/darkroom.sqlite',
    })
    .default('sqlite://data/darkroom.sqlite'),
  DIRECT_MESSAGES: flag.default(false),
  PROMPT_BLOCKLIST: list,
  DAILY_BUDGET_USD: z
    .string()
    .regex(/^\d{1,6}(\.\d{1,2})?$/, { error: 'must be an amount in US dollars such as 12.50' })
    .transform(Number)
    .optional(),
  MEMBER_EDITS_PER_DAY: z
    .string()
    .regex(/^[1-9]\d{0,2}$|^1000$/, { error: 'must be a whole number from 1 to 1000' })
    .transform(Number)
    .optional(),
  ALERT_WEBHOOK_URL: http.optional(),
  ALLOW_INSECURE_URLS: flag.default(false),
  TRUSTED_RANGES: ranges,
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      error: 'must be one of fatal, error, warn, info, debug, trace, silent',
    })
    .default('info'),
  RUN_TIMEOUT_MINUTES: amount(minute, [0.01, 24 * 60], 'minutes').default(15 * minute),
  KEEP_EDITS_DAYS: amount(day, [1, 3650], 'days').default(30 * day),
  RECOVER_LOOKBACK_MINUTES: amount(minute, [0, 3 * 24 * 60], 'minutes').default(60 * minute),
});

const storeOf = (url: string): Config['store'] =>
  url.startsWith('sqlite:') ? { kind: 'sqlite', path: url.slice('sqlite://'.length) } : { kind: 'redis', url };

/** The store alone, for whoever needs neither token nor key. @throws {StartError} */
export function readStoreUrl({ STORE_URL = '' }: Record<string, string | undefined>): Config['store'] {
  const checked = environment.shape.STORE_URL.safeParse(STORE_URL.trim() || undefined);
  if (!checked.success) throw new StartError(checked.error.issues.map(({ message }) => `STORE_URL ${message}`));
  return storeOf(checked.data);
}

/**
 * Reads the configuration from environment variables. An empty variable counts as absent.
 * @throws {StartError} with one line per missing or malformed variable
 */
export function readConfig(env: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(
    Object.entries(env)
      .map(([name, value]) => [name, value?.trim()] as const)
      .filter(([, value]) => value !== undefined && value !== ''),
  );
  const quoted = Object.keys({ ...environment.shape, ...partVariables }).filter((name) =>
    /^(["'`]).*\1$/s.test(given[name] ?? ''),
  );
  const checked = environment.safeParse(given);
  const part = readPart(given);
  const wrong = [
    ...(checked.error?.issues.map(({ path, message }) => ({ name: path.join('.'), message })) ?? []),
    ...('role' in part ? [] : part),
  ];
  if (!checked.success || !('role' in part) || quoted.length > 0) {
    throw new StartError([
      // Docker's --env-file and systemd's Environment= take quotes as part of the value.
      ...quoted.map((name) => `${name} must be written without quotes around it`),
      ...wrong.filter(({ name }) => !quoted.includes(name)).map(({ name, message }) => `${name} ${message}`),
    ]);
  }
  const values = checked.data;
  return {
    role: part.role,
    discord: {
      token: values.DISCORD_TOKEN,
      apiUrl: values.DISCORD_API_URL,
      guildId: values.DISCORD_GUILD_ID,
      shards: part.shards,
    },
    runflow: {
      apiKey: values.RUNFLOW_API_KEY,
      apiUrl: values.RUNFLOW_API_URL,
      model: values.RUNFLOW_MODEL,
      callbackSecrets: values.RUNFLOW_CALLBACK_SECRETS,
      callbackUrl: values.PUBLIC_URL === undefined ? undefined : values.PUBLIC_URL + callbackPath,
      syncMode: values.RUNFLOW_SYNC_MODE,
    },
    http: { host: values.HOST, port: values.PORT, metricsPort: values.METRICS_PORT ?? values.PORT },
    store: storeOf(values.STORE_URL),
    editing: {
      directMessages: values.DIRECT_MESSAGES,
      promptBlocklist: values.PROMPT_BLOCKLIST,
      memberEditsPerDay: values.MEMBER_EDITS_PER_DAY,
      dailyBudgetUsd: values.DAILY_BUDGET_USD,
    },
    alertWebhookUrl: values.ALERT_WEBHOOK_URL,
    allowInsecureUrls: values.ALLOW_INSECURE_URLS,
    trustedRanges: values.TRUSTED_RANGES,
    secrets: readSecrets(given),
    logLevel: values.LOG_LEVEL,
    limits: {
      runTimeoutMs: values.RUN_TIMEOUT_MINUTES,
      lookBackMs: Math.min(values.RECOVER_LOOKBACK_MINUTES, values.KEEP_EDITS_DAYS),
    },
    keepEditsMs: values.KEEP_EDITS_DAYS,
  };
}
