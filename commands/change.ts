// "Change" under a result: the same original with another prompt, size or seed. A modal has what was used filled in.
import { ComponentType, TextInputStyle } from 'discord.js';
import { buttonId, buttons } from '../src/buttons.ts';
import type { Edit } from '../src/edit/record.ts';
import type { Texts } from '../src/texts/texts.ts';
import type { Bot, Command } from './command.ts';
import { oneOf, promptInput, readChoice, readPrompt } from './modal-fields.ts';
import { askOrStart } from './prompt-advice.ts';
import { findShown, withOriginal } from './shown-result.ts';
import { checkContext, readPlace, readPlaceFor, startEdit } from './start-edit.ts';

const sizeField = 'size';
const seedField = 'seed';
/** The value of no size. */
const sameSize = 'same';
/** A sign and the digits of 64 bits. */
const longestSeed = 21;

/** The seed of the pictures that are shown, else the one that was asked for. */
function seedOf(edit: Edit): string {
  const made = 'outcome' in edit && edit.outcome.kind === 'succeeded' ? edit.outcome.seed : undefined;
  return String(made ?? edit.input.seed ?? '').slice(0, longestSeed);
}

function sizeInput(edit: Edit, sizes: Bot['run']['model']['sizes'], t: Texts) {
  const { image_size: used = sameSize } = edit.input;
  const options = [
    { label: t.result.change.sameSize, value: sameSize },
    ...sizes.map((value) => ({ label: t.run.command.sizes[value], value })),
  ];
  return oneOf(
    t.result.change.size,
    sizeField,
    options.map((option) => ({ ...option, default: option.value === used })),
  );
}

export function createChange(bot: Bot): Command {
  return {
    kind: 'components',
    buttons: {
      [buttons.change]: {
        acknowledge: 'itself',
        async execute(interaction, t, [editId = '']) {
          checkContext(interaction, bot);
          bot.run.checkPlace(readPlace(interaction));
          const edit = await findShown(editId, interaction.message.id, bot);
          const words = t.result.change;
          await interaction.showModal({
            custom_id: buttonId(buttons.change, editId),
            title: words.title,
            components: [
              promptInput(words.prompt, { value: edit.input.prompt }),
              sizeInput(edit, bot.run.sizes(edit), t),
              {
                type: ComponentType.Label,
                label: words.seed,
                description: words.seedHint,
                component: {
                  type: ComponentType.TextInput,
                  custom_id: seedField,
                  style: TextInputStyle.Short,
                  value: seedOf(edit),
                  max_length: longestSeed,
                  required: false,
                },
              },
            ],
          });
        },
      },
    },
    modals: {
      [buttons.change]: {
        acknowledge: 'itself',
        async execute(interaction, _t, [editId = '']) {
          const began = bot.clock.elapsed();
          const edit = await findShown(editId, interaction.message?.id ?? '', bot);
          const size = readChoice(interaction, sizeField);
          const place = await readPlaceFor(edit.input.enable_safety_checker, interaction, bot);
          const changes = {
            prompt: readPrompt(interaction),
            size: size === sameSize ? undefined : size,
            seed: interaction.fields.getTextInputValue(seedField),
          };
          const request = bot.run.change(edit, changes, place);
          const ready = await withOriginal(request, edit, interaction.message?.id ?? '', bot);
          // Who leaves the words as they were has been asked about them before.
          const start = changes.prompt === edit.input.prompt ? startEdit : askOrStart;
          await start(interaction, ready, place, bot, began);
        },
      },
    },
  };
}
