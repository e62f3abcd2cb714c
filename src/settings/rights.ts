// Who may moderate, who may change settings, and what is allowed in a place. Pure. Hiding a command protects neither it
// nor its buttons, so every handler checks here.
import type { Settings } from './settings.ts';

/** The member behind an interaction; `permissions` is Discord's bit field for the whole server. */
export type Person = { userId: string; guildId: string; permissions: bigint; roleIds: readonly string[] };

/** Where somebody requests an edit, and what they and the bot may do there. */
export type Place = {
  ageRestricted: boolean;
  /** Pictures stand covered here, so that one made here of another is covered as well. */
  spoilers?: boolean | undefined;
  /** The author has Manage Messages here or, where that matters, is a moderator of the server. */
  moderator: boolean;
  thread: boolean;
  /** What the bot may do here; absent in a direct message, where it may do all it needs. */
  permissions: Record<'view' | 'send' | 'sendInThreads' | 'attach' | 'history', boolean> | undefined;
  /** What its author may do here, unless Discord has looked at that itself, as it does for slash commands. */
  presser?: Record<'send' | 'sendInThreads' | 'attach', boolean> | undefined;
};

/** How somebody stands in a server, as its AutoMod looks at it. */
export type Standing = {
  roleIds: readonly string[];
  /** The channel; of a thread its parent too. */
  channelIds: readonly string[];
  /** Manage Server: AutoMod does not bind them. */
  managesServer: boolean;
  /** Whether the bot may read AutoMod's rules there, for which it needs Manage Server. */
  rulesReadable: boolean;
};

// Discord's permission bits: an administrator has every other permission.
const administrator = 1n << 3n;
const manageGuild = 1n << 5n;
const manageMessages = 1n << 13n;

/** Whether somebody may decide on edits: Manage Messages, or the server's moderator role. */
export function mayModerate(
  settings: Pick<Settings, 'moderatorRole'>,
  person: Pick<Person, 'permissions' | 'roleIds'>,
): boolean {
  if ((person.permissions & (manageMessages | administrator)) !== 0n) return true;
  return settings.moderatorRole !== undefined && person.roleIds.includes(settings.moderatorRole);
}

/** Whether somebody may change the server's settings: Manage Server. */
export function mayConfigure(person: Pick<Person, 'permissions'>): boolean {
  return (person.permissions & (manageGuild | administrator)) !== 0n;
}
