// The composer: what /edit was not given, a picture or a prompt, is asked for in one modal, and the most wanted options with
// it. What was given stays as it was typed.
import {
  type APIModalInteractionResponseCallbackComponent,
  type ChatInputCommandInteraction,
  ComponentType,
  type ModalSubmitInteraction,
} from 'discord.js';
import { buttonId, buttons } from '../src/buttons.ts';
import { UserError } from '../src/errors.ts';
import { promptLimit } from '../src/models/model.ts';
import type { Place } from '../src/settings/rights.ts';
import type { Texts } from '../src/texts/texts.ts';
import type { Bot, Command } from './command.ts';
import { promptInput, readPrompt, readSize, sizeInput } from './modal-fields.ts';
import { askOrStart } from './prompt-advice.ts';
import { checkContext, readPicture, readPlaceFor } from './start-edit.ts';

export type Draft = Parameters<Bot['run']['drafts']['save']>[1];

const fields = { pictures: 'pictures', keep: 'keep', looks: 'looks' } as const;
/** The values of how a result is shown. */
const looks = { cover: 'cover', private: 'private' } as const;

function box(label: string, description: string, field: string, ticked: boolean) {
  const component = { type: ComponentType.Checkbox, custom_id: field, default: ticked } as const;
  return { type: ComponentType.Label, label, description, component } as const;
}

function ask(
  { draft, prompt }: { draft: Draft; prompt: string | undefined },
  { model }: Pick<Bot['run'], 'model'>,
  t: Texts,
): APIModalInteractionResponseCallbackComponent[] {
  const words = t.run.composer;
  const most = Math.min(model.references, 4);
  const components: APIModalInteractionResponseCallbackComponent[] = [
    promptInput(words.prompt, { placeholder: words.placeholder, ...(prompt === undefined ? {} : { value: prompt }) }),
    sizeInput(words, model.sizes, draft.size, t),
    {
      type: ComponentType.Label,
      label: words.looks,
      component: {
        type: ComponentType.CheckboxGroup,
        custom_id: fields.looks,
        min_values: 0,
        required: false,
        options: [
          { value: looks.cover, label: words.cover, description: words.coverHint, default: draft.cover ?? false },
          {
            value: looks.private,
            label: words.private,
            description: words.privateHint,
            default: draft.private ?? false,
          },
        ],
      },
    },
  ];
  if (draft.pictures.length < 2) components.splice(1, 0, box(words.keep, words.keepHint, fields.keep, true));
  if (draft.pictures.length === 0) {
    components.unshift({
      type: ComponentType.Label,
      label: words.pictures,
      description: words.picturesHint(most),
      component: {
        type: ComponentType.FileUpload,
        custom_id: fields.pictures,
        min_values: 1,
        max_values: most,
        required: true,
        file_types: ['image'],
      },
    });
  }
  return components;
}

/** @throws {UserError} when what was given already is wrong, or nothing may be posted here */
export async function openComposer(
  interaction: ChatInputCommandInteraction,
  given: { draft: Draft; prompt: string | undefined },
  place: Place,
  bot: Bot,
  t: Texts,
): Promise<void> {
  bot.run.checkPlace(place);
  const refused = given.draft.pictures.flatMap((picture) => bot.run.refusePicture(picture) ?? [])[0];
  if (refused) throw new UserError(refused);
  await bot.run.drafts.save(interaction.id, given.draft);
  await interaction.showModal({
    custom_id: buttonId(buttons.compose, interaction.id),
    title: t.run.composer.title,
    components: ask(given, bot.run, t),
  });
}

/** What was uploaded; what was given to /edit where the modal did not ask for any. */
function readPictures({ fields: typed }: ModalSubmitInteraction, draft: Draft) {
  if (!typed.fields.has(fields.pictures)) return draft.pictures;
  return [...typed.getUploadedFiles(fields.pictures, true).values()].map(readPicture);
}

export function createComposer(bot: Bot): Command {
  /** The sentence, and the model's own way of saying that nothing else changes. */
  function readSentence(interaction: ModalSubmitInteraction, pictures: number): string {
    const prompt = readPrompt(interaction).trim();
    const keeps = interaction.fields.fields.has(fields.keep) && interaction.fields.getCheckbox(fields.keep);
    const { keepsRest } = bot.run.model;
    if (!keeps || pictures !== 1 || prompt === '' || prompt.includes(keepsRest)) return prompt;
    const kept = `${prompt.replace(/[.,;\s]+$/, '')}, ${keepsRest}`;
    // Nobody is refused for words that they did not type.
    return kept.length > promptLimit ? prompt : kept;
  }

  return {
    kind: 'components',
    modals: {
      [buttons.compose]: {
        acknowledge: 'itself',
        async execute(interaction, _t, [draftId = '']) {
          const began = bot.clock.elapsed();
          checkContext(interaction, bot);
          const draft = await bot.run.drafts.load(draftId);
          if (!draft) throw new UserError((t) => t.run.composer.gone);
          const place = await readPlaceFor(draft.safety, interaction, bot);
          const pictures = readPictures(interaction, draft);
          const shown = interaction.fields.getCheckboxGroup(fields.looks);
          const wish = {
            ...draft,
            pictures,
            prompt: readSentence(interaction, pictures.length),
            size: readSize(interaction),
            cover: shown.includes(looks.cover),
            private: shown.includes(looks.private),
          };
          await askOrStart(interaction, bot.run.check(wish, place), place, bot, began);
        },
      },
    },
  };
}
