// Asks for the reason of a decision that takes a picture away: one of a few, a note, both or neither.
import {
  type APIModalInteractionResponseCallbackData,
  ComponentType,
  type ModalSubmitInteraction,
  TextInputStyle,
} from 'discord.js';
import { cannedReasons, type Reason, reportReasons } from '../src/audit/audit.ts';
import { isVisible } from '../src/texts/format.ts';
import type { Texts } from '../src/texts/texts.ts';

const longestNote = 500;

type Ask = { reasons: typeof cannedReasons | typeof reportReasons; note: string; required: boolean };

/** The modal, under this custom id. @param ask other reasons than those of a moderator */
export function reasonModal(
  customId: string,
  title: string,
  t: Texts,
  { reasons, note, required }: Ask = { reasons: cannedReasons, note: t.moderation.card.rejectNote, required: false },
): APIModalInteractionResponseCallbackData {
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
          required,
          options: reasons.map((value) => ({ value, label: t.audit.reasons[value] })),
        },
      },
      {
        type: ComponentType.Label,
        label: note,
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
  const key = [...cannedReasons, ...reportReasons].find((one) => one === chosen);
  const written = fields.getTextInputValue('note').trim();
  const note = isVisible(written) ? written : undefined;
  return key || note ? { key, note } : undefined;
}
