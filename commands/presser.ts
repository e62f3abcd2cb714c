// Who acts in a server: the member's permissions and roles as the rules in src/guild/rights.ts ask for them.
import { type BaseInteraction, GuildMember } from 'discord.js';
import { UserError } from '../src/errors.ts';
import { moderationTexts } from '../src/moderation-texts.ts';
import type { Presser } from '../src/settings/rights.ts';

/**
 * The member behind an interaction, with what they may do in the whole server: one channel's exceptions make nobody a
 * moderator of all of it.
 * @throws {UserError} outside of servers
 */
export function readPresser(interaction: BaseInteraction): Presser & { guildId: string; userId: string } {
  const { guildId, member, user } = interaction;
  if (guildId === null || member === null) throw new UserError(moderationTexts.onlyServers);
  const who = { guildId, userId: user.id };
  if (member instanceof GuildMember) {
    return { ...who, permissions: member.permissions.bitfield, roleIds: [...member.roles.cache.keys()] };
  }
  // A server that is not cached (yet): what Discord computed for the channel is all that is known.
  return { ...who, permissions: interaction.memberPermissions?.bitfield ?? 0n, roleIds: member.roles };
}
