// The buttons under a result: Again makes a new edit of the same inputs, Delete takes the result down after asking
// once. Their custom ids carry the edit's id, so they work after any restart.
import { ButtonStyle, ComponentType } from 'discord.js';
import { UserError } from '../src/errors.ts';
import { repeatRequest } from '../src/run/request.ts';
import { texts } from '../src/texts.ts';
import type { Bot, Command } from './command.ts';
import { isModerator, readPlace, startEdit } from './start-edit.ts';

const confirmName = 'delete-confirmed';

export function createResultButtons(bot: Bot): Command {
  return {
    kind: 'components',
    buttons: {
      again: {
        acknowledge: 'itself',
        async execute(interaction, [editId = '']) {
          const edit = await bot.edits.load(editId);
          if (!edit) throw new UserError(texts.refusals.unknownEdit);
          const place = readPlace(interaction);
          const input = repeatRequest(edit.input, place, bot.randomSeed(), bot.clock.now());
          await startEdit(interaction, input, place, bot);
        },
      },

      delete: {
        acknowledge: 'private',
        async execute(interaction, [editId = '']) {
          await bot.removal.check(editId, { userId: interaction.user.id, moderator: isModerator(interaction) });
          await interaction.editReply({
            content: texts.confirmDelete,
            components: [
              {
                type: ComponentType.ActionRow,
                components: [
                  {
                    type: ComponentType.Button,
                    style: ButtonStyle.Danger,
                    label: texts.confirmDeleteButton,
                    customId: `${confirmName}:${editId}:${interaction.message.id}`,
                  },
                ],
              },
            ],
          });
        },
      },

      [confirmName]: {
        acknowledge: 'update',
        async execute(interaction, [editId = '', messageId = '']) {
          await bot.removal.remove(
            editId,
            { channelId: interaction.channelId, messageId },
            { userId: interaction.user.id, moderator: isModerator(interaction) },
          );
          await interaction.editReply({ content: texts.deleted, components: [] });
        },
      },
    },
  };
}
