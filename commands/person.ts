// Who acts in a server: permissions and roles as the rules in src/settings/rights.ts ask for them.
import { type BaseInteraction, GuildMember, PermissionFlagsBits } from 'discord.js';
import { UserError } from '../src/errors.ts';
import { mayModerate, type Person, type Standing } from '../src/settings/rights.ts';
import type { SettingsStore } from '../src/settings/settings.ts';

const manageServer = PermissionFlagsBits.ManageGuild;

/**
 * The member behind an interaction, with server-wide permissions: a channel's overrides make nobody a moderator of the
 * server.
 * @throws {UserError} outside of servers
 */
export function readPerson(interaction: BaseInteraction): Person {
  const { guildId, member, user } = interaction;
  if (guildId === null || member === null) throw new UserError((t) => t.general.onlyServers);
  const who = { guildId, userId: user.id };
  if (member instanceof GuildMember) {
    return { ...who, permissions: member.permissions.bitfield, roleIds: [...member.roles.cache.keys()] };
  }
  // Server not cached (yet): only the permissions that Discord computed for the channel are known.
  return { ...who, permissions: interaction.memberPermissions?.bitfield ?? 0n, roleIds: member.roles };
}

/** The same for somebody who has to moderate that server. @throws {UserError} who does not */
export async function readModerator(
  interaction: BaseInteraction,
  settings: Pick<SettingsStore, 'get'>,
): Promise<Person> {
  const person = readPerson(interaction);
  const allowed = mayModerate(await settings.get(person.guildId), person);
  if (!allowed) throw new UserError((t) => t.moderation.mayNotModerate);
  return person;
}

/** How the member stands where the interaction happened, as the server's AutoMod looks at it. */
export function readStanding(interaction: BaseInteraction): Standing {
  const { channel, channelId } = interaction;
  const parentId = channel?.isThread() ? channel.parentId : null;
  return {
    roleIds: readPerson(interaction).roleIds,
    channelIds: [channelId, parentId].filter((id) => id !== null),
    managesServer: interaction.memberPermissions?.any([manageServer, PermissionFlagsBits.Administrator]) ?? false,
    rulesReadable: interaction.appPermissions.any([manageServer, PermissionFlagsBits.Administrator]),
  };
}

/** Whether the member may manage messages where the interaction happened. */
export function managesMessages({ memberPermissions }: BaseInteraction): boolean {
  return memberPermissions?.has(PermissionFlagsBits.ManageMessages) ?? false;
}

/** Whether the member counts as a moderator there: with Manage Messages in that channel, or as one of the server. */
export async function isModerator(
  interaction: BaseInteraction,
  settings: Pick<SettingsStore, 'get'>,
): Promise<boolean> {
  if (managesMessages(interaction)) return true;
  if (!interaction.inGuild()) return false;
  return mayModerate(await settings.get(interaction.guildId), readPerson(interaction));
}
