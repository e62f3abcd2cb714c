// "Edit further" under a result: asks for the next change in a modal, and which picture where there are several, then
// continues like /edit with that picture.
import type { ButtonInteraction, ModalSubmitInteraction } from 'discord.js';
import { buttonId, buttons } from '../src/buttons.ts';
import { isPrivate } from '../src/edit/private.ts';
import { UserError } from '../src/errors.ts';
import type { Picture } from '../src/models/model.ts';
import type { Texts } from '../src/texts/texts.ts';
import type { Bot, Command } from './command.ts';
import { oneOf, promptInput, readChoice, readPrompt } from './modal-fields.ts';
import { askOrStart } from './prompt-advice.ts';
import { fetchResult, findShown, readResult } from './shown-result.ts';
import { checkContext, readPlace } from './start-edit.ts';

const pictureField = 'picture';

/** Nothing is taken in silence: with several pictures, the first one is only a proposal. */
function choice(pictures: readonly Picture[], t: Texts) {
  if (pictures.length < 2) return [];
  const options = pictures.map(({ width, height }, index) => ({
    label: t.result.picture(index + 1),
    description: t.run.menu.choiceSize(width ?? 0, height ?? 0),
    value: String(index),
    default: index === 0,
  }));
  return [oneOf(t.result.which, pictureField, options)];
}

export function createFurther(bot: Bot): Command {
  /** @param messageId of the result, where the button stands elsewhere */
  async function readSources(
    { message, channelId }: ButtonInteraction | ModalSubmitInteraction,
    editId: string,
    messageId: string | undefined,
  ): Promise<Picture[]> {
    const here = message ? readResult(editId, message) : [];
    const elsewhere = messageId !== undefined && channelId !== null;
    const pictures = elsewhere ? await fetchResult(editId, { channelId, messageId }, bot) : here;
    if (pictures.length === 0) throw new UserError((t) => t.result.notShownNow);
    return pictures;
  }

  return {
    kind: 'components',
    buttons: {
      [buttons.further]: {
        acknowledge: 'itself',
        async execute(interaction, t, [editId = '', messageId]) {
          checkContext(interaction, bot);
          bot.run.checkPlace(readPlace(interaction));
          await findShown(editId, messageId ?? interaction.message.id, bot);
          const pictures = await readSources(interaction, editId, messageId);
          const words = t.result.further;
          await interaction.showModal({
            custom_id: buttonId(buttons.further, editId, ...(messageId === undefined ? [] : [messageId])),
            title: words.title,
            components: [promptInput(words.label, { placeholder: words.placeholder }), ...choice(pictures, t)],
          });
        },
      },
    },
    modals: {
      [buttons.further]: {
        acknowledge: 'itself',
        async execute(interaction, _t, [editId = '', messageId]) {
          const began = bot.clock.elapsed();
          const pictures = await readSources(interaction, editId, messageId);
          const picture = pictures[Number(readChoice(interaction, pictureField) ?? 0)];
          if (!picture) throw new UserError((t) => t.result.notShownNow);
          const place = readPlace(interaction);
          // Whoever goes on from a private result goes on in private.
          const edit = await bot.edits.load(editId);
          const alone = edit !== undefined && isPrivate(edit);
          const wish = { pictures: [picture], prompt: readPrompt(interaction), private: alone };
          const request = bot.run.check(wish, place);
          await askOrStart(interaction, request, place, bot, began);
        },
      },
    },
  };
}
