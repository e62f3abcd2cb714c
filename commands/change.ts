// "Change" under a result or a failure: the same original with another prompt, size or seed. A modal has what was used
// filled in. "Try again" asks for just the same once more.
import { type ButtonInteraction, ComponentType, type ModalSubmitInteraction, TextInputStyle } from 'discord.js';
import { buttonId, buttons } from '../src/buttons.ts';
import type { Edit } from '../src/edit/record.ts';
import type { Texts } from '../src/texts/texts.ts';
import type { Bot, Command, Handler } from './command.ts';
import { promptInput, readPrompt, readSize, sizeInput } from './modal-fields.ts';
import { askOrStart } from './prompt-advice.ts';
import { findFailed, findShown, withOriginal } from './shown-result.ts';
import { checkContext, readPlace, readPlaceFor, startEdit } from './start-edit.ts';

const seedField = 'seed';
/** The edit to go on from, and the message of its result, if it has one. */
type Find = (
  editId: string,
  interaction: ButtonInteraction | ModalSubmitInteraction,
) => Promise<{ edit: Edit; messageId: string | undefined }>;

/** A sign and the digits of 64 bits. */
const longestSeed = 21;

/** The seed of the pictures that are shown, else the one that was asked for. */
function seedOf(edit: Edit): string {
  const made = 'outcome' in edit && edit.outcome.kind === 'succeeded' ? edit.outcome.seed : undefined;
  return String(made ?? edit.input.seed ?? '').slice(0, longestSeed);
}

function modal(customId: string, edit: Edit, sizes: Bot['run']['model']['sizes'], t: Texts) {
  const words = t.result.change;
  return {
    custom_id: customId,
    title: words.title,
    components: [
      promptInput(words.prompt, { value: edit.input.prompt }),
      sizeInput(words, sizes, edit.input.image_size, t),
      {
        type: ComponentType.Label as const,
        label: words.seed,
        description: words.seedHint,
        component: {
          type: ComponentType.TextInput as const,
          custom_id: seedField,
          style: TextInputStyle.Short,
          value: seedOf(edit),
          max_length: longestSeed,
          required: false,
        },
      },
    ],
  };
}

function readChanges(interaction: ModalSubmitInteraction) {
  return {
    prompt: readPrompt(interaction),
    size: readSize(interaction),
    seed: interaction.fields.getTextInputValue(seedField),
  };
}

export function createChange(bot: Bot): Command {
  /** @param find the edit, for whoever may go on from it */
  function change(name: typeof buttons.change | typeof buttons.changeFailed, find: Find) {
    return {
      button: {
        acknowledge: 'itself',
        async execute(interaction, t, [editId = '']) {
          checkContext(interaction, bot);
          bot.run.checkPlace(readPlace(interaction));
          const { edit } = await find(editId, interaction);
          await interaction.showModal(modal(buttonId(name, editId), edit, bot.run.sizes(edit), t));
        },
      } satisfies Handler<ButtonInteraction>,
      modal: {
        acknowledge: 'itself',
        async execute(interaction, _t, [editId = '']) {
          const began = bot.clock.elapsed();
          const { edit, messageId } = await find(editId, interaction);
          const place = await readPlaceFor(edit.input.enable_safety_checker, interaction, bot);
          const changes = readChanges(interaction);
          const request = await withOriginal(bot.run.change(edit, changes, place), edit, messageId, bot);
          // Who leaves the words as they were has been asked about them before.
          const start = changes.prompt === edit.input.prompt ? startEdit : askOrStart;
          await start(interaction, request, place, bot, began);
        },
      } satisfies Handler<ModalSubmitInteraction>,
    };
  }

  const ofResult = change(buttons.change, async (editId, { message }) => {
    const messageId = message?.id ?? '';
    return { edit: await findShown(editId, messageId, bot), messageId };
  });
  const ofFailure = change(buttons.changeFailed, async (editId) => ({
    edit: await findFailed(editId, bot),
    messageId: undefined,
  }));

  return {
    kind: 'components',
    buttons: {
      [buttons.change]: ofResult.button,
      [buttons.changeFailed]: ofFailure.button,
      [buttons.tryAgain]: {
        acknowledge: 'itself',
        async execute(interaction, _t, [editId = '']) {
          const began = bot.clock.elapsed();
          checkContext(interaction, bot);
          const edit = await findFailed(editId, bot);
          const { prompt, image_size: size, seed } = edit.input;
          const place = await readPlaceFor(edit.input.enable_safety_checker, interaction, bot);
          const same = bot.run.change(edit, { prompt, size, seed: String(seed ?? '') }, place);
          await startEdit(interaction, await withOriginal(same, edit, undefined, bot), place, bot, began);
        },
      },
    },
    modals: { [buttons.change]: ofResult.modal, [buttons.changeFailed]: ofFailure.modal },
  };
}
