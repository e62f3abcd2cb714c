// Asks for the reason of a decision that takes a picture away: one of a few, a note, both or neither.
import {
  type APIModalInteractionResponseCallbackData,
  ComponentType,
  type ModalSubmitInteraction,
  TextInputStyle,
} from 'discord.js';
import { cannedReasons, type Reason } from '../src/audit/audit.ts';
import { isVisible } from '../src/texts/format.ts';
import type { Texts } from '../src/texts/texts.ts';

const longestNote = 500;

/** The modal, under this custom id. */
export function reasonModal(customId: string, title: string, t: Texts): APIModalInteractionResponseCallbackData {
  const words = t.moderation.card;
  return {
    custom_id: customId,
    title,
    components: [
      {
        type: ComponentType.Label,
        label: words.rejectReason,
        component: {
          type: ComponentType.RadioGroup,
          custom_id: 'reason',
          required: false,
          options: cannedReasons.map((value) => ({ value, label: t.audit.reasons[value] })),
        },
      },
      {
        type: ComponentType.Label,
        label: words.rejectNote,
        component: {
          type: ComponentType.TextInput,
          custom_id: 'note',
          style: TextInputStyle.Paragraph,
          max_length: longestNote,
          required: false,
        },
      },
    ],
  };
}

/** What was chosen and written; undefined when neither. */
export function readReason({ fields }: ModalSubmitInteraction): Reason | undefined {
  const chosen = fields.getRadioGroup('reason');
  const key = cannedReasons.find((one) => one === chosen);
  const written = fields.getTextInputValue('note').trim();
  const note = isVisible(written) ? written : undefined;
  return key || note ? { key, note } : undefined;
}
