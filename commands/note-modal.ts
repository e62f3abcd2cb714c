// Asks a moderator for a note to the others: about a case or a member.
import {
  type APILabelComponent,
  type APIModalInteractionResponseCallbackData,
  ComponentType,
  type ModalSubmitInteraction,
  TextInputStyle,
} from 'discord.js';
import { UserError } from '../src/errors.ts';
import { isVisible } from '../src/texts/format.ts';
import type { Texts } from '../src/texts/texts.ts';

const longest = 300;

/** The modal, under this custom id. @param ofCase whether it can be about a case as well */
export function noteModal(customId: string, ofCase: boolean, t: Texts): APIModalInteractionResponseCallbackData {
  const words = t.queue.note;
  const text: APILabelComponent = {
    type: ComponentType.Label,
    label: words.text,
    component: {
      type: ComponentType.TextInput,
      custom_id: 'note',
      style: TextInputStyle.Paragraph,
      max_length: longest,
      required: true,
    },
  };
  const about: APILabelComponent = {
    type: ComponentType.Label,
    label: words.about,
    component: {
      type: ComponentType.RadioGroup,
      custom_id: 'about',
      required: true,
      options: [
        { value: 'case', label: words.ofCase, default: true },
        { value: 'member', label: words.ofMember },
      ],
    },
  };
  return { custom_id: customId, title: words.title, components: ofCase ? [text, about] : [text] };
}

/** What was written. @throws {UserError} when there is nothing to see */
export function readNote({ fields }: ModalSubmitInteraction): string {
  const text = fields.getTextInputValue('note').trim();
  if (!isVisible(text)) throw new UserError((t) => t.queue.note.empty);
  return text;
}
