// "Blur" in a result's menu, for moderators: its pictures become spoilers where they stand, in one request, and one press
// takes that back. To look at it and decide can wait.
import {
  ApplicationCommandType,
  ApplicationIntegrationType,
  type BaseInteraction,
  ButtonStyle,
  ComponentType,
  InteractionContextType,
  PermissionFlagsBits,
} from 'discord.js';
import { buttonId, buttons, findResultEdit } from '../src/buttons.ts';
import { isCovered } from '../src/edit/covers.ts';
import { countPictures } from '../src/edit/shown.ts';
import { UserError } from '../src/errors.ts';
import { type Bot, type Command, named } from './command.ts';
import { readModerator } from './person.ts';
import { findShown } from './shown-result.ts';

export function createBlur(bot: Bot): Command {
  /** Whoever moderates this server. @throws {UserError} */
  async function readBy(interaction: BaseInteraction) {
    const { userId, guildId } = await readModerator(interaction, bot.settings);
    return { userId, guildId, moderator: true, isNamed: false };
  }

  return {
    kind: 'message-menu',
    data: {
      type: ApplicationCommandType.Message,
      ...named(bot.language, (t) => t.moderation.blur.menu),
      contexts: [InteractionContextType.Guild],
      integration_types: [ApplicationIntegrationType.GuildInstall],
      default_member_permissions: String(PermissionFlagsBits.ManageMessages),
    },
    handler: {
      acknowledge: 'private',
      async execute(interaction, t) {
        const by = await readBy(interaction);
        const { targetMessage, channelId } = interaction;
        const ours = targetMessage.author.id === interaction.client.user.id;
        const editId = ours ? findResultEdit(targetMessage.components.map((row) => row.toJSON())) : undefined;
        const words = t.moderation.blur;
        if (!editId) throw new UserError(({ moderation }) => moderation.blur.notOurs);
        const edit = await findShown(editId, targetMessage.id, bot);
        const all = Array.from({ length: countPictures(edit) }, (_none, picture) => picture);
        const open = all.filter((picture) => !isCovered(edit, picture));
        if (open.length === 0) {
          await interaction.editReply(words.already);
          return;
        }
        await bot.result.covers.set(editId, { channelId, messageId: targetMessage.id }, open, true, by);
        const customId = buttonId(buttons.unblur, editId, targetMessage.id, open.join(','));
        await interaction.editReply({
          content: words.done(open.length),
          components: [
            {
              type: ComponentType.ActionRow,
              components: [{ type: ComponentType.Button, style: ButtonStyle.Secondary, label: words.undo, customId }],
            },
          ],
        });
      },
    },
    buttons: {
      [buttons.unblur]: {
        acknowledge: 'update',
        async execute(interaction, t, [editId = '', messageId = '', pictures = '']) {
          const by = await readBy(interaction);
          const message = { channelId: interaction.channelId, messageId };
          await bot.result.covers.set(editId, message, pictures.split(',').map(Number), false, by);
          await interaction.editReply({ content: t.moderation.blur.undone, components: [] });
        },
      },
    },
  };
}
