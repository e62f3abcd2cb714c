// Who acts in a server: permissions and roles as the rules in src/settings/rights.ts ask for them.
import { type BaseInteraction, GuildMember } from 'discord.js';
import { UserError } from '../src/errors.ts';
import type { Person } from '../src/settings/rights.ts';

/**
 * The member behind an interaction, with what they may do in the whole server: one channel's exceptions make nobody a
 * moderator of all of it.
 * @throws {UserError} outside of servers
 */
export function readPerson(interaction: BaseInteraction): Person {
  const { guildId, member, user } = interaction;
  if (guildId === null || member === null) throw new UserError((t) => t.general.onlyServers);
  const who = { guildId, userId: user.id };
  if (member instanceof GuildMember) {
    return { ...who, permissions: member.permissions.bitfield, roleIds: [...member.roles.cache.keys()] };
  }
  // A server that is not cached (yet): what Discord computed for the channel is all that is known.
  return { ...who, permissions: interaction.memberPermissions?.bitfield ?? 0n, roleIds: member.roles };
}
