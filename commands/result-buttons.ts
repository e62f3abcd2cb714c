// The buttons under a result: Again starts a new edit with the same inputs, Delete removes the result after asking
// once. Their custom ids contain the edit's id, so they work after any restart.
import { type ButtonInteraction, ButtonStyle, ComponentType, type Message } from 'discord.js';
import { buttonId, buttons } from '../src/buttons.ts';
import { UserError } from '../src/errors.ts';
import type { Bot, Command } from './command.ts';
import { isModerator } from './person.ts';
import { readPlaceFor, startEdit } from './start-edit.ts';

type By = Parameters<Bot['result']['removal']['check']>[1];

/**
 * Who asked for the edit whose result this is, as the message itself says: it outlives the record. Nobody but the bot
 * writes either: the interaction that it answers is the edit's id, and a message of its own begins with a mention, where
 * no prompt can stand.
 */
function readRequester({ author, client, interactionMetadata, content }: Message, editId: string): string | undefined {
  if (author.id !== client.user.id) return undefined;
  if (interactionMetadata) return interactionMetadata.id === editId ? interactionMetadata.user.id : undefined;
  return /^<@(\d{1,20})>\n/.exec(content)?.[1];
}

export function createResultButtons(bot: Bot): Command {
  const { removal } = bot.result;

  /** Who presses. @param requesterId whom the result's message names */
  async function readBy(interaction: ButtonInteraction, requesterId: string | undefined): Promise<By> {
    const { user, guildId } = interaction;
    const moderator = await isModerator(interaction, bot.settings);
    return { userId: user.id, guildId: guildId ?? undefined, moderator, isNamed: requesterId === user.id };
  }

  return {
    kind: 'components',
    buttons: {
      [buttons.again]: {
        acknowledge: 'itself',
        async execute(interaction, _t, [editId = '']) {
          const began = bot.clock.elapsed();
          const edit = await bot.edits.load(editId);
          if (!edit) throw new UserError((t) => t.general.unknownEdit);
          if (edit.erased) throw new UserError((t) => t.result.alreadyDeleted);
          const place = await readPlaceFor(edit.input.enable_safety_checker, interaction, bot);
          await startEdit(interaction, bot.run.repeat(edit, place), place, bot, began);
        },
      },

      [buttons.delete]: {
        acknowledge: 'private',
        async execute(interaction, t, [editId = '']) {
          const { message } = interaction;
          const requesterId = readRequester(message, editId);
          await removal.check(editId, await readBy(interaction, requesterId));
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
            await readBy(interaction, requesterId),
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
