// "Edit this image" in a message's menu: asks for the prompt in a modal, and which pictures where there are several, then
// continues like /edit.
import {
  type APIModalInteractionResponseCallbackComponent,
  ApplicationCommandType,
  ApplicationIntegrationType,
  ComponentType,
  type MessageContextMenuCommandInteraction,
  type ModalSubmitInteraction,
} from 'discord.js';
import { buttonId, buttons, findResultEdit } from '../src/buttons.ts';
import { UserError } from '../src/errors.ts';
import { isPictureName, type Picture } from '../src/models/model.ts';
import type { Texts, Words } from '../src/texts/texts.ts';
import { type Bot, type Command, editContexts, named } from './command.ts';
import { readPictures } from './message-pictures.ts';
import { promptInput, readPrompt } from './modal-fields.ts';
import { askOrStart } from './prompt-advice.ts';
import { readResult } from './shown-result.ts';
import { checkContext, readPlace } from './start-edit.ts';

const picturesField = 'pictures';
/** Discord's limit for the options of a select. */
const mostOffered = 25;

/** `leftOut`: why others cannot be edited, one sentence each. */
type Sources = { taken: Picture[]; leftOut: Words[] };

/**
 * A message's pictures, in its order.
 * @throws {UserError} that says why none can be edited
 */
function readSources({ targetMessage }: MessageContextMenuCommandInteraction, { run }: Pick<Bot, 'run'>): Sources {
  const editId = targetMessage.author.id === targetMessage.client.user.id && findResultEdit(targetMessage.components);
  const all = editId ? readResult(editId, targetMessage) : readPictures(targetMessage);
  const good = all.filter((picture) => !run.refusePicture(picture));
  const taken = good.slice(0, mostOffered);
  // A text or a sound beside a picture was not meant.
  const looksMeant = ({ name, width, contentType }: Picture) =>
    width !== null || contentType?.startsWith('image/') || isPictureName(name);
  const leftOut = all.flatMap((picture) => (looksMeant(picture) && run.refusePicture(picture)) || []);
  if (taken.length === 0) throw new UserError(leftOut[0] ?? ((t) => t.run.noPicture));
  if (good.length > mostOffered) leftOut.push((t) => t.run.menu.more(good.length - mostOffered));
  return { taken, leftOut };
}

/** Nothing is taken or left out in silence: the first picture is only a proposal. */
function choice({ taken, leftOut }: Sources, most: number, t: Texts): APIModalInteractionResponseCallbackComponent[] {
  const words = t.run.menu;
  const components: APIModalInteractionResponseCallbackComponent[] = [];
  if (taken.length > 1) {
    components.push({
      type: ComponentType.Label,
      label: words.which,
      description: words.whichHint(Math.min(most, taken.length)),
      component: {
        type: ComponentType.StringSelect,
        custom_id: picturesField,
        min_values: 1,
        max_values: Math.min(most, taken.length),
        options: taken.map(({ name, width, height }, index) => ({
          label: words.choice(index + 1, name),
          description: words.choiceSize(width ?? 0, height ?? 0),
          value: String(index),
          default: index === 0,
        })),
      },
    });
  }
  if (leftOut.length > 0) {
    components.push({ type: ComponentType.TextDisplay, content: words.leftOut(leftOut.map((say) => say(t))) });
  }
  return components;
}

/** The chosen pictures in the order of their message; all where there was no choice. */
function chosen({ fields }: ModalSubmitInteraction, pictures: readonly Picture[]): readonly Picture[] {
  if (!fields.fields.has(picturesField)) return pictures;
  const values = fields.getStringSelectValues(picturesField);
  return pictures.filter((_, index) => values.includes(String(index)));
}

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
        bot.run.checkPlace(readPlace(interaction));
        const words = t.run.menu;
        const sources = readSources(interaction, bot);
        await bot.run.drafts.save(interaction.id, { pictures: sources.taken });
        await interaction.showModal({
          custom_id: buttonId(buttons.editImage, interaction.id),
          title: words.title,
          components: [
            promptInput(words.label, { placeholder: words.placeholder }),
            ...choice(sources, bot.run.model.references, t),
          ],
        });
      },
    },
    modals: {
      [buttons.editImage]: {
        acknowledge: 'itself',
        async execute(interaction, _t, [draftId = '']) {
          const draft = await bot.run.drafts.load(draftId);
          if (!draft) throw new UserError((t) => t.run.draftGone);
          const place = readPlace(interaction);
          const wish = {
            pictures: chosen(interaction, draft.pictures),
            prompt: readPrompt(interaction),
          };
          await askOrStart(interaction, bot.run.check(wish, place), place, bot);
        },
      },
    },
  };
}
