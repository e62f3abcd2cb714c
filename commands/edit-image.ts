// "Edit this image" in a message's menu: asks for the prompt in a modal, then goes the way of /edit.
import {
  ApplicationCommandType,
  ApplicationIntegrationType,
  ComponentType,
  InteractionContextType,
  TextInputStyle,
} from 'discord.js';
import { UserError } from '../src/errors.ts';
import { checkRequest, isPicture, promptLimit } from '../src/run/request.ts';
import { texts } from '../src/texts.ts';
import type { Bot, Command } from './command.ts';
import { readPicture, readPlace, startEdit } from './start-edit.ts';

const words = texts.commands.editImage;
const modalName = 'edit-image';
const promptField = 'prompt';

export function createEditImageCommand(bot: Bot): Command {
  return {
    kind: 'message-menu',
    data: {
      type: ApplicationCommandType.Message,
      name: words.name,
      contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
      integration_types: [ApplicationIntegrationType.GuildInstall],
    },
    handler: {
      acknowledge: 'itself',
      async execute(interaction) {
        const pictures = [...interaction.targetMessage.attachments.values()].map(readPicture).filter(isPicture);
        if (pictures.length === 0) throw new UserError(texts.refusals.noPicture);
        await bot.drafts.save(interaction.id, pictures.slice(0, bot.model.limits.references));
        await interaction.showModal({
          custom_id: `${modalName}:${interaction.id}`,
          title: words.title,
          components: [
            {
              type: ComponentType.Label,
              label: words.label,
              component: {
                type: ComponentType.TextInput,
                custom_id: promptField,
                style: TextInputStyle.Paragraph,
                placeholder: words.placeholder,
                min_length: 1,
                max_length: promptLimit,
                required: true,
              },
            },
          ],
        });
      },
    },
    modals: {
      [modalName]: {
        acknowledge: 'itself',
        async execute(interaction, [draftId = '']) {
          const pictures = await bot.drafts.load(draftId);
          if (!pictures) throw new UserError(texts.refusals.draftGone);
          const place = readPlace(interaction);
          const wish = { pictures, prompt: interaction.fields.getTextInputValue(promptField) };
          await startEdit(interaction, checkRequest(wish, place, bot.model.limits), place, bot);
        },
      },
    },
  };
}
