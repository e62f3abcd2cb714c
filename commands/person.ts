// Who acts in a server: permissions and roles as the rules in src/settings/rights.ts ask for them.
import { type BaseInteraction, GuildMember } from 'discord.js';
import { UserError } from '../src/errors.ts';
import type { Person } from '../src/settings/rights.ts';

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
