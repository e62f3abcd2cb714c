// The caption of a result: the prompt, and one small line about the model and its settings. Pure.
import { messageLimit } from '../discord/limits.ts';
import { hasFrames } from '../edit/intake.ts';
import type { Delivering } from '../edit/record.ts';
import { estimateCost } from '../models/model.ts';
import { findModel } from '../models/models.ts';
import { escapeText, messageLink, shorten } from '../texts/format.ts';
import type { Texts } from '../texts/texts.ts';

/** Facts about one posted picture. `original`: its size as it was made and paid for, where that is another. */
export type Shown = Size & { original?: Size | undefined; shrunkTo: string | undefined };
type Size = { width: number; height: number };

/** Room for a mention and a line break before the text. */
const reserved = 40;

function details(edit: Delivering, shown: readonly Shown[], t: Texts): string {
  const words = t.result.caption;
  const { input, outcome } = edit;
  const model = findModel(edit.model);
  const first = shown[0];
  const steps = input.num_inference_steps ?? model.defaultSteps;
  const made = shown.map((picture) => picture.original ?? picture);
  const estimate = estimateCost(model, input.image_urls.length, made);
  const wanted = input.num_images ?? 1;
  const shrunk = [...new Set(shown.flatMap(({ shrunkTo }) => (shrunkTo === undefined ? [] : [shrunkTo])))];
  return [
    words.made,
    outcome.seed === undefined ? '' : words.seed(outcome.seed),
    first ? words.size(first.width, first.height) : '',
    steps === undefined ? '' : words.steps(steps),
    outcome.seconds === undefined ? '' : words.seconds(outcome.seconds),
    outcome.cost !== undefined ? words.cost(outcome.cost) : estimate === undefined ? '' : words.estimatedCost(estimate),
    shown.length < wanted ? words.partial(shown.length, wanted) : '',
    hasFrames(edit) ? words.firstFrame : '',
    ...shrunk.map(words.shrunk),
    edit.parent ? words.editedFrom(messageLink(edit.origin.guildId ?? '@me', edit.parent)) : '',
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

/** The message's text: at most Discord's limit, with room for a mention in front. */
export function caption(edit: Delivering, shown: readonly Shown[], t: Texts): string {
  const small = `-# <@${edit.origin.userId}> · ${details(edit, shown, t)}`;
  // A filter of Discord or of the server refuses the words.
  if (edit.wordless) return small;
  const prompt = escapeText(edit.input.prompt.replace(/\s+/g, ' '));
  return `> ${shorten(prompt, messageLimit - reserved - small.length - 3)}\n${small}`;
}
