// A server's settings under the names that `/settings moderation` gives them: to show them, and to say what a change
// changed. Pure.
import type { Settings } from './settings.ts';

export type SettingName =
  | 'flagged'
  | 'unchecked'
  | 'flagged-restricted'
  | 'unchecked-restricted'
  | 'review-channel'
  | 'moderator-role'
  | 'self-approval'
  | 'reminder-hours'
  | 'expiry-hours'
  | 'delete-expired-files';

export type SettingValue = string | number | boolean | undefined;

/** Every setting but the prompt list, in the order in which they are shown. */
export function listSettings(settings: Settings): [name: SettingName, value: SettingValue][] {
  const { moderation } = settings;
  return [
    ['flagged', moderation.flagged],
    ['flagged-restricted', moderation.flaggedRestricted],
    ['unchecked', moderation.unchecked],
    ['unchecked-restricted', moderation.uncheckedRestricted],
    ['review-channel', settings.reviewChannelId],
    ['moderator-role', settings.moderatorRoleId],
    ['self-approval', settings.selfApproval],
    ['reminder-hours', settings.reminderHours],
    ['expiry-hours', settings.expiryHours],
    ['delete-expired-files', settings.deleteExpiredFiles],
  ];
}

export type SettingChange = { setting: SettingName; from: SettingValue; to: SettingValue };

export function findChanges(before: Settings, after: Settings): SettingChange[] {
  const old = new Map(listSettings(before));
  return listSettings(after)
    .map(([setting, to]) => ({ setting, from: old.get(setting), to }))
    .filter(({ from, to }) => from !== to);
}
