// Again, which starts a new edit with the same inputs, and Delete, which removes a result after asking once: older
// results have it beside Again, newer ones under More….
import { ButtonStyle, ComponentType } from 'discord.js';
import { buttonId, buttons } from '../src/buttons.ts';
import type { Bot, Command } from './command.ts';
import { findShown, readBy, readRequester, withOriginal } from './shown-result.ts';
import { readPlaceFor, replyOf, startEdit } from './start-edit.ts';

export function createResultButtons(bot: Bot): Command {
  const { removal } = bot.result;

  return {
    kind: 'components',
    buttons: {
      [buttons.again]: {
        acknowledge: 'itself',
        async execute(interaction, _t, [editId = '']) {
          const began = bot.clock.elapsed();
          const edit = await findShown(editId, interaction.message.id, bot);
          const place = await readPlaceFor(edit.input.enable_safety_checker, interaction, bot);
          const request = bot.run.repeat(edit, place);
          await startEdit(
            interaction,
            await withOriginal(request, edit, interaction.message.id, bot),
            place,
            bot,
            began,
          );
        },
      },

      [buttons.delete]: {
        acknowledge: 'private',
        async execute(interaction, t, [editId = '']) {
          const { message } = interaction;
          const requesterId = readRequester(message, editId);
          await removal.check(editId, await readBy(interaction, requesterId, bot));
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
                    customId: buttonId(buttons.deleteConfirmed, editId, message.id, requesterId ?? ''),
                  },
                ],
              },
            ],
          });
        },
      },

      [buttons.deleteConfirmed]: {
        acknowledge: 'update',
        async execute(interaction, t, [editId = '', messageId = '', requesterId = '']) {
          const removed = await removal.remove(
            editId,
            { channelId: interaction.channelId, messageId },
            await readBy(interaction, requesterId, bot),
            { reply: replyOf(interaction, bot.clock), locale: interaction.locale },
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
