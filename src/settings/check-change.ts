// What may not become of a server's settings, however they are changed: by options, in the panel or from a file.
import { UserError } from '../errors.ts';
import { type MemberLimits, memberLimits, mostRoles } from './role-limits.ts';
import type { Settings } from './settings.ts';
import { findChanges, type SettingName } from './table.ts';

/** A value that became another. `role`: whose limit it is; absent where it holds for everybody. */
export type Changed = {
  setting: SettingName;
  role?: string;
  from: string | number | boolean | undefined;
  to: string | number | boolean | undefined;
};

/** Discord's everyone role has the server's id. @throws {UserError} when the settings make no sense together */
export function checkChange(before: Settings, after: Settings, guildId: string): void {
  const isNew = (name: 'moderatorRole' | 'ping') => after[name] === guildId && before[name] !== guildId;
  if (isNew('moderatorRole')) throw new UserError((t) => t.settings.everyoneRole);
  if (isNew('ping')) throw new UserError((t) => t.settings.everyonePing);
  if (after.roleLimits.some(({ role }) => role === guildId)) throw new UserError((t) => t.settings.everyoneLimits);
  if (after.roleLimits.length > mostRoles) throw new UserError((t) => t.settings.rolesFull(mostRoles));
  const { reminderHours, expiryHours } = after;
  if (reminderHours >= expiryHours)
    throw new UserError((t) => t.settings.reminderAfterExpiry(reminderHours, expiryHours));
}

/** Everything that differs but the prompt list. */
export function allChanges(before: Settings, after: Settings): Changed[] {
  const limitsIn = ({ roleLimits }: Settings, role: string): MemberLimits =>
    roleLimits.find((one) => one.role === role) ?? {};
  const roles = new Set([...before.roleLimits, ...after.roleLimits].map(({ role }) => role));
  const ofRoles = [...roles].flatMap((role) =>
    memberLimits.map((setting) => ({
      setting,
      role,
      from: limitsIn(before, role)[setting],
      to: limitsIn(after, role)[setting],
    })),
  );
  return [...findChanges(before, after), ...ofRoles.filter(({ from, to }) => from !== to)];
}
