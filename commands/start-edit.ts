// Starts an edit, however requested: slash command, message menu's modal, or Again button.

import {
  type Attachment,
  type BaseInteraction,
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  type MessageContextMenuCommandInteraction,
  MessageFlags,
  type ModalSubmitInteraction,
} from 'discord.js';
import type { Clock } from '../src/clock.ts';
import { animatedFlag, spoilerChannelFlag, spoilerFlag } from '../src/discord/attachments.ts';
import { messageUploadLimit, tokenMs, usualUploadLimit } from '../src/discord/limits.ts';
import { readPermissions } from '../src/discord/permissions.ts';
import type { Reply } from '../src/edit/messages.ts';
import { acceptEdit } from '../src/edit/record.ts';
import { isShown } from '../src/edit/shown.ts';
import { UserError } from '../src/errors.ts';
import type { Picture } from '../src/models/model.ts';
import type { Place } from '../src/settings/rights.ts';
import type { Bot } from './command.ts';
import { isModerator, managesMessages, readPerson, readStanding } from './person.ts';

/** Of the three seconds until an interaction is acknowledged; the rest is for the way to Discord. */
const saveWithinMs = 2_000;

type Request = ReturnType<Bot['run']['check']>;
type EditInteraction = ChatInputCommandInteraction | ModalSubmitInteraction | ButtonInteraction;

export function readPicture(attachment: Attachment): Picture {
  const { url, name, contentType, size, width, height } = attachment;
  // Older clients only prefix the name.
  const spoiler = name.startsWith('SPOILER_') || attachment.flags.has(spoilerFlag);
  const animated = attachment.flags.has(animatedFlag);
  return { url, name, contentType, bytes: size, width, height, spoiler, animated };
}

/**
 * Checks early that edits are taken here at all: commands registered by an older version are still offered in direct
 * messages, and so is the Again button of an old result.
 * @throws {UserError} when they are not
 */
export function checkContext({ guildId }: BaseInteraction, { directMessages }: Pick<Bot, 'directMessages'>): void {
  if (guildId === null && !directMessages) throw new UserError((t) => t.moderation.noDirectMessages);
}

/** Where the interaction happened and what is allowed there. A thread is as age-restricted as its parent. */
export function readPlace(interaction: EditInteraction | MessageContextMenuCommandInteraction): Place {
  const { channel, appPermissions, memberPermissions } = interaction;
  const thread = channel?.isThread() ?? false;
  const owner = channel?.isThread() ? channel.parent : channel;
  return {
    ageRestricted: owner && 'nsfw' in owner ? owner.nsfw : false,
    spoilers: ((owner?.flags?.bitfield ?? 0) & spoilerChannelFlag) !== 0,
    moderator: managesMessages(interaction),
    thread,
    permissions: interaction.inGuild() ? readPermissions(appPermissions.bitfield) : undefined,
    presser:
      memberPermissions && !interaction.isChatInputCommand() ? readPermissions(memberPermissions.bitfield) : undefined,
  };
}

/**
 * The same for a request that may switch the safety check off, which moderators may: whether the server's settings make
 * the member one is read only then, for every other edit does without.
 */
export async function readPlaceFor(
  safety: boolean | undefined,
  interaction: EditInteraction,
  { settings }: Pick<Bot, 'settings'>,
): Promise<Place> {
  const place = readPlace(interaction);
  return safety === false ? { ...place, moderator: await isModerator(interaction, settings) } : place;
}

/** What lets the answer to an interaction be edited later. */
export function replyOf({ applicationId, token, createdTimestamp: created }: EditInteraction, clock: Clock): Reply {
  const now = clock.now();
  // A wrong clock of ours must not make a fresh token look expired.
  const issuedAt = created <= now && created > now - tokenMs ? created : now;
  return { applicationId, token, expiresAt: issuedAt + tokenMs };
}

/**
 * Nothing is made of a result that was taken back: neither when it is chosen, nor when what was made of it is made again.
 * Only edits of results pay for the look.
 */
async function checkParent(parent: Request['parent'], { edits }: Pick<Bot, 'edits'>): Promise<void> {
  const edit = parent && (await edits.load(parent.editId));
  if (edit && !isShown(edit, parent.messageId)) throw new UserError((t) => t.result.notShownNow);
}

/**
 * Accepts an edit whose request was checked. The interaction's id is its key.
 * @param began when work on the interaction began, by the monotonic clock
 * @throws {UserError} when the member may not request it now, or it cannot be saved
 */
export async function startEdit(
  interaction: EditInteraction,
  { model, input, intake, spoiler, ownCover, private: isPrivate, parent }: Request,
  place: Place,
  bot: Bot,
  began = bot.clock.elapsed(),
): Promise<void> {
  const { guildId } = interaction;
  const standing = guildId === null ? undefined : readStanding(interaction);
  const settings = await bot.moderation.mayEdit(guildId ?? undefined, interaction.user.id, input.prompt, standing);
  const allowance = bot.limits.allowance(interaction.user.id, settings && { ...readPerson(interaction), settings });
  await checkParent(parent, bot);
  const now = bot.clock.now();
  const messageLimit = messageUploadLimit(interaction.guild?.premiumTier);
  const edit = acceptEdit(
    {
      id: interaction.id,
      origin: {
        guildId: guildId ?? undefined,
        channelId: interaction.channelId ?? '',
        userId: interaction.user.id,
        locale: interaction.locale,
        guildLocale: interaction.guildLocale ?? undefined,
        ageRestricted: place.ageRestricted,
        spoiler: spoiler || place.spoilers || undefined,
        ownCover,
        // In a direct message there is nobody else.
        private: guildId === null ? undefined : isPrivate,
        uploadLimit: interaction.attachmentSizeLimit || usualUploadLimit,
        ...(messageLimit > usualUploadLimit ? { messageLimit } : {}),
      },
      reply: replyOf(interaction, bot.clock),
      model,
      input,
      parent,
      intake,
    },
    now,
  );
  const withinMs = Math.max(0, saveWithinMs - (bot.clock.elapsed() - began));
  const taken = await bot.accept(
    edit,
    () => interaction.deferReply(edit.origin.private ? { flags: MessageFlags.Ephemeral } : {}),
    { withinMs, allowance },
  );
  if (taken === 'accepted' && guildId !== null) await bot.audit.counts.add(guildId);
}
