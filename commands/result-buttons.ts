// The buttons under a result: Again starts a new edit with the same inputs, Delete removes the result after asking
// once. Their custom ids contain the edit's id, so they work after any restart.
import { ButtonStyle, ComponentType } from 'discord.js';
import { buttonId, buttons } from '../src/buttons.ts';
import { UserError } from '../src/errors.ts';
import type { Bot, Command } from './command.ts';
import { isModerator, readPlace, startEdit } from './start-edit.ts';

export function createResultButtons(bot: Bot): Command {
  const { removal } = bot.result;
  return {
    kind: 'components',
    buttons: {
      [buttons.again]: {
        acknowledge: 'itself',
        async execute(interaction, _t, [editId = '']) {
          const edit = await bot.edits.load(editId);
          if (!edit) throw new UserError((t) => t.general.unknownEdit);
          const place = readPlace(interaction);
          await startEdit(interaction, bot.run.repeat(edit, place), place, bot);
        },
      },

      [buttons.delete]: {
        acknowledge: 'private',
        async execute(interaction, t, [editId = '']) {
          await removal.check(editId, { userId: interaction.user.id, moderator: isModerator(interaction) });
          await interaction.editReply({
            content: t.result.confirmDelete,
            components: [
              {
                type: ComponentType.ActionRow,
                components: [
                  {
                    type: ComponentType.Button,
                    style: ButtonStyle.Danger,
                    label: t.result.confirmDeleteButton,
                    customId: buttonId(buttons.deleteConfirmed, editId, interaction.message.id),
                  },
                ],
              },
            ],
          });
        },
      },

      [buttons.deleteConfirmed]: {
        acknowledge: 'update',
        async execute(interaction, t, [editId = '', messageId = '']) {
          const removed = await removal.remove(
            editId,
            { channelId: interaction.channelId, messageId },
            { userId: interaction.user.id, moderator: isModerator(interaction) },
          );
          await interaction.editReply({
            content: removed === 'gone' ? t.result.deleted : t.result.stillStands,
            components: [],
          });
        },
      },
    },
  };
}
