// A server's settings, one row each: check, default, and how to ask for a value and show it. The command's options, the
// list of values and the log of a change all derive from these rows.
import { z } from 'zod';
import type { Texts } from '../texts/texts.ts';

export const policies = ['hold', 'spoiler', 'post', 'block'] as const;
export type Policy = (typeof policies)[number];

/** Reminders and expiry, in whole hours: from one hour to 30 days. */
export const hoursRange = [1, 720] as const;

/** How to ask for a value and show it. An unset channel or role is undefined. */
export type SettingKind = 'policy' | 'channel' | 'role' | 'yes-no' | 'deletion' | 'hours';

const kinds = z.registry<{ kind: SettingKind }>();
const policy = z.enum(policies);
const hours = z.int().min(hoursRange[0]).max(hoursRange[1]);
const snowflake = z.union([z.string().regex(/^\d{1,20}$/), z.undefined()]);

/** No channel has this id: stands for one that was set and cannot be read, so that results wait instead of ending. */
export const unreadChannel = '0';

/**
 * In display order. `default` is for what is not set; `catch` for what cannot be read, such as the value of a newer
 * version: never more open than what it may have meant.
 */
export const settingsTable = z.object({
  /** For `true` and for `null` (not checked), elsewhere and in age-restricted channels. */
  flagged: policy.default('hold').catch('hold').register(kinds, { kind: 'policy' }),
  flaggedRestricted: policy.default('hold').catch('hold').register(kinds, { kind: 'policy' }),
  unchecked: policy.default('post').catch('hold').register(kinds, { kind: 'policy' }),
  uncheckedRestricted: policy.default('post').catch('hold').register(kinds, { kind: 'policy' }),
  reviewChannel: snowflake.catch(unreadChannel).register(kinds, { kind: 'channel' }),
  moderatorRole: snowflake.catch(undefined).register(kinds, { kind: 'role' }),
  /** Whether a moderator may decide on their own edit. */
  selfApproval: z.boolean().catch(false).register(kinds, { kind: 'yes-no' }),
  reminderHours: hours.catch(12).register(kinds, { kind: 'hours' }),
  expiryHours: hours.catch(72).register(kinds, { kind: 'hours' }),
  deleteExpiredFiles: z.boolean().catch(false).register(kinds, { kind: 'deletion' }),
});

export type SettingValues = z.infer<typeof settingsTable>;
export type SettingName = keyof SettingValues;
export type SettingValue = SettingValues[SettingName];

export const settingNames: readonly SettingName[] = settingsTable.keyof().options;

export function settingKind(name: SettingName): SettingKind {
  const row = kinds.get(settingsTable.shape[name]);
  if (!row) throw new Error(`the setting ${name} has no kind`);
  return row.kind;
}

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
  }
}

export type SettingChange = { setting: SettingName; from: SettingValue; to: SettingValue };

export function findChanges(before: SettingValues, after: SettingValues): SettingChange[] {
  return settingNames
    .map((setting) => ({ setting, from: before[setting], to: after[setting] }))
    .filter(({ from, to }) => from !== to);
}
