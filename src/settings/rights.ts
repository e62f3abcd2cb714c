// Who may moderate and who may change settings: pure. Hiding a command guards neither it nor its buttons, so every
// handler asks here.
import type { Settings } from './settings.ts';

/** A member as an interaction shows them: `permissions` is Discord's bit field. */
export type Presser = { permissions: bigint; roleIds: readonly string[] };

// Discord's permission bits: an administrator has every other permission.
const administrator = 1n << 3n;
const manageGuild = 1n << 5n;
const manageMessages = 1n << 13n;

/** Whether a member may decide about edits: Manage Messages, or the server's moderator role. */
export function mayModerate(settings: Pick<Settings, 'moderatorRoleId'>, member: Presser): boolean {
  if ((member.permissions & (manageMessages | administrator)) !== 0n) return true;
  return settings.moderatorRoleId !== undefined && member.roleIds.includes(settings.moderatorRoleId);
}

/** Whether a member may change the server's settings: Manage Server. */
export function mayConfigure(member: Presser): boolean {
  return (member.permissions & (manageGuild | administrator)) !== 0n;
}
