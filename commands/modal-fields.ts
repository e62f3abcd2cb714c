// The fields that several modals have in common, and how they are read.
import {
  type APILabelComponent,
  type APISelectMenuOption,
  ComponentType,
  type ModalSubmitInteraction,
  TextInputStyle,
} from 'discord.js';
import { promptLimit } from '../src/models/model.ts';

const promptField = 'prompt';

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
