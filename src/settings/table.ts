// A server's settings, one row each: check, default, and how to ask for a value and show it. The command's options, the
// list of values and the log of a change all derive from these rows.
import { z } from 'zod';
import type { Texts } from '../texts/texts.ts';

export const policies = ['hold', 'spoiler', 'post', 'block'] as const;
export type Policy = (typeof policies)[number];

/** Reminders and expiry, in whole hours: from one hour to 30 days. */
export const hoursRange = [1, 720] as const;

/** How many edits: none up to what one record can count. */
export const limitRange = [0, 1_000] as const;
/** Between two edits: at most a day. */
export const secondsRange = [0, 86_400] as const;

/** How to ask for a value and show it. An unset channel, role or limit is undefined. */
export type SettingKind = 'policy' | 'channel' | 'role' | 'yes-no' | 'deletion' | 'hours' | 'limit' | 'seconds';

/** What belongs together: a subcommand of /settings, and its list. */
export type SettingPage = 'moderation' | 'limits';

const rows = z.registry<{ kind: SettingKind; page: SettingPage }>();
const row = (kind: SettingKind, page: SettingPage = 'moderation') => ({ kind, page });
const policy = z.enum(policies);
const hours = z.int().min(hoursRange[0]).max(hoursRange[1]);
const limit = z.union([z.int().min(limitRange[0]).max(limitRange[1]), z.undefined()]);
const seconds = z.union([z.int().min(secondsRange[0]).max(secondsRange[1]), z.undefined()]);
const snowflake = z.union([z.string().regex(/^\d{1,20}$/), z.undefined()]);

/** No channel has this id: stands for one that was set and cannot be read, so that results wait instead of ending. */
export const unreadChannel = '0';

/**
 * In display order. `default` is for what is not set; `catch` for what cannot be read, such as the value of a newer
 * version: never more open than what it may have meant.
 */
export const settingsTable = z.object({
  /** For `true` and for `null` (not checked), elsewhere and in age-restricted channels. */
  flagged: policy.default('hold').catch('hold').register(rows, row('policy')),
  flaggedRestricted: policy.default('hold').catch('hold').register(rows, row('policy')),
  unchecked: policy.default('post').catch('hold').register(rows, row('policy')),
  uncheckedRestricted: policy.default('post').catch('hold').register(rows, row('policy')),
  reviewChannel: snowflake.catch(unreadChannel).register(rows, row('channel')),
  moderatorRole: snowflake.catch(undefined).register(rows, row('role')),
  /** Who is pinged when something comes into the review channel. */
  ping: snowflake.catch(undefined).register(rows, row('role')),
  /** Whether a moderator may decide on their own edit. */
  selfApproval: z.boolean().catch(false).register(rows, row('yes-no')),
  reminderHours: hours.catch(12).register(rows, row('hours')),
  expiryHours: hours.catch(72).register(rows, row('hours')),
  deleteExpiredFiles: z.boolean().catch(false).register(rows, row('deletion')),
  /** Edits of one member; role-limits.ts says who may have more. */
  atOnce: limit.catch(0).register(rows, row('limit', 'limits')),
  perHour: limit.catch(0).register(rows, row('limit', 'limits')),
  perDay: limit.catch(0).register(rows, row('limit', 'limits')),
  cooldownSeconds: seconds.catch(secondsRange[1]).register(rows, row('seconds', 'limits')),
  serverPerDay: limit.catch(0).register(rows, row('limit', 'limits')),
});

export type SettingValues = z.infer<typeof settingsTable>;
export type SettingName = keyof SettingValues;
export type SettingValue = SettingValues[SettingName];

export const settingNames: readonly SettingName[] = settingsTable.keyof().options;

function rowOf(name: SettingName) {
  const found = rows.get(settingsTable.shape[name]);
  if (!found) throw new Error(`the setting ${name} has no row`);
  return found;
}

export const settingKind = (name: SettingName): SettingKind => rowOf(name).kind;

/** The settings of one page, in display order. */
export const settingsOn = (page: SettingPage): SettingName[] =>
  settingNames.filter((name) => rowOf(name).page === page);

/** A setting's name in the command's options and the audit log: `reviewChannel` becomes `review-channel`. */
export function optionName(name: SettingName): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

export function readSettingName(option: string): SettingName | undefined {
  return settingNames.find((name) => optionName(name) === option);
}

/** A value in words. One that an older version logged is shown as is. */
export function settingText(t: Texts, name: SettingName, value: unknown): string {
  const { values } = t.settings;
  switch (settingKind(name)) {
    case 'policy': {
      const known = policies.find((one) => one === value);
      return known ? values.policies[known] : String(value);
    }
    case 'channel':
      return value === undefined ? values.none : `<#${value}>`;
    case 'role':
      return value === undefined ? values.noRole : `<@&${value}>`;
    case 'yes-no':
      return value === true ? values.yes : values.no;
    case 'deletion':
      return value === true ? values.deleted : values.kept;
    case 'hours':
      return values.hours(Number(value));
    case 'limit':
      return value === undefined ? values.noLimit : String(value);
    case 'seconds':
      return value === undefined ? values.noLimit : values.seconds(Number(value));
  }
}

export type SettingChange = { setting: SettingName; from: SettingValue; to: SettingValue };

export function findChanges(before: SettingValues, after: SettingValues): SettingChange[] {
  return settingNames
    .map((setting) => ({ setting, from: before[setting], to: after[setting] }))
    .filter(({ from, to }) => from !== to);
}
