// The fields that several modals have in common, and how they are read.
import {
  type APILabelComponent,
  type APISelectMenuOption,
  ComponentType,
  type ModalSubmitInteraction,
  TextInputStyle,
} from 'discord.js';
import { type Model, promptLimit } from '../src/models/model.ts';
import type { Texts } from '../src/texts/texts.ts';

const promptField = 'prompt';
const sizeField = 'size';
/** The value of no size. */
const sameSize = 'same';

/** What to change, as a paragraph. */
export function promptInput(label: string, more: { placeholder?: string; value?: string }): APILabelComponent {
  return {
    type: ComponentType.Label,
    label,
    component: {
      type: ComponentType.TextInput,
      custom_id: promptField,
      style: TextInputStyle.Paragraph,
      min_length: 1,
      max_length: promptLimit,
      required: true,
      ...more,
    },
  };
}

export const readPrompt = ({ fields }: ModalSubmitInteraction): string => fields.getTextInputValue(promptField);

/** One choice of several. */
export function oneOf(label: string, field: string, options: APISelectMenuOption[]): APILabelComponent {
  return {
    type: ComponentType.Label,
    label,
    component: { type: ComponentType.StringSelect, custom_id: field, min_values: 1, max_values: 1, options },
  };
}

/** What was chosen; undefined where the modal had no such field. */
export function readChoice({ fields }: ModalSubmitInteraction, field: string): string | undefined {
  return fields.fields.has(field) ? fields.getStringSelectValues(field)[0] : undefined;
}

/** The sizes of a model. @param used the one that is chosen to begin with; undefined for none */
export function sizeInput(
  words: { size: string; sameSize: string },
  sizes: Model['sizes'],
  used: string | undefined,
  t: Texts,
): APILabelComponent {
  const options = [
    { label: words.sameSize, value: sameSize },
    ...sizes.map((value) => ({ label: t.run.command.sizes[value], value })),
  ];
  return oneOf(
    words.size,
    sizeField,
    options.map((option) => ({ ...option, default: option.value === (used ?? sameSize) })),
  );
}

export function readSize(interaction: ModalSubmitInteraction): string | undefined {
  const size = readChoice(interaction, sizeField);
  return size === sameSize ? undefined : size;
}
