// "Edit this image" in a message's menu: asks for the prompt in a modal, then continues like /edit.
import { ApplicationCommandType, ApplicationIntegrationType, ComponentType, TextInputStyle } from 'discord.js';
import { buttonId, buttons } from '../src/buttons.ts';
import { UserError } from '../src/errors.ts';
import { isPicture, promptLimit } from '../src/models/model.ts';
import { type Bot, type Command, editContexts, named } from './command.ts';
import { checkContext, readPicture, readPlace, startEdit } from './start-edit.ts';

const promptField = 'prompt';

export function createEditImageCommand(bot: Bot): Command {
  return {
    kind: 'message-menu',
    data: {
      type: ApplicationCommandType.Message,
      ...named(bot.language, (t) => t.run.menu.name),
      contexts: editContexts(bot),
      integration_types: [ApplicationIntegrationType.GuildInstall],
    },
    handler: {
      acknowledge: 'itself',
      async execute(interaction, t) {
        checkContext(interaction, bot);
        const words = t.run.menu;
        const pictures = [...interaction.targetMessage.attachments.values()].map(readPicture).filter(isPicture);
        if (pictures.length === 0) throw new UserError((t) => t.run.noPicture);
        await bot.run.drafts.save(interaction.id, pictures.slice(0, bot.run.model.references));
        await interaction.showModal({
          custom_id: buttonId(buttons.editImage, interaction.id),
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
      [buttons.editImage]: {
        acknowledge: 'itself',
        async execute(interaction, _t, [draftId = '']) {
          const pictures = await bot.run.drafts.load(draftId);
          if (!pictures) throw new UserError((t) => t.run.draftGone);
          const place = readPlace(interaction);
          const wish = { pictures, prompt: interaction.fields.getTextInputValue(promptField) };
          await startEdit(interaction, bot.run.check(wish, place), place, bot);
        },
      },
    },
  };
}
