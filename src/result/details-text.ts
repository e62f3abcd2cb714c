// The details of a result in words. Pure.
import { messageLimit } from '../discord/limits.ts';
import type { Delivered, Delivering } from '../edit/record.ts';
import { estimateCost, sizeNames } from '../models/model.ts';
import { findModel } from '../models/models.ts';
import { writeRecipe } from '../recipe/recipe.ts';
import { escapeText, messageLink, shorten, time } from '../texts/format.ts';
import type { Texts } from '../texts/texts.ts';
import type { Details, Link } from './details.ts';

/** What one line may take of an earlier prompt, and of what the model was given. */
const earlierLength = 40;
const actualLength = 200;
/** Of a recipe that stands in the text. */
const longestLine = 250;

const plain = (prompt: string) => escapeText(prompt.replace(/\s+/g, ' '));

function settings({ model: path, input }: Delivering | Delivered, t: Texts): string {
  const words = t.result.details;
  const { caption } = t.result;
  const steps = input.num_inference_steps ?? findModel(path).defaultSteps;
  const sizes: Partial<Record<string, string>> = t.run.command.sizes;
  const size = input.image_size;
  return [
    escapeText(path),
    size === undefined ? words.sameSize : (sizes[size] ?? escapeText(size)),
    steps === undefined ? '' : caption.steps(steps),
    words.count(input.num_images ?? 1),
    (input.output_format ?? 'png').toUpperCase(),
    input.enable_safety_checker === false ? words.unsafe : '',
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

function cost({ model: path, input, outcome }: Delivering | Delivered, t: Texts): string {
  if (outcome.cost !== undefined) return t.result.caption.cost(outcome.cost);
  const sizes = outcome.outputs.flatMap(({ width, height }) => (width && height ? { width, height } : []));
  const isKnown = sizes.length === outcome.outputs.length;
  const estimate = isKnown ? estimateCost(findModel(path), input.image_urls.length, sizes) : undefined;
  return estimate === undefined ? t.result.details.costUnknown : t.result.caption.estimatedCost(estimate);
}

function times(edit: Delivering | Delivered, t: Texts): string {
  const words = t.result.details;
  const { seconds } = edit.outcome;
  return [
    words.asked(time(edit.createdAt, 'f')),
    words.begun(time(edit.submittedAt, 'T')),
    edit.state === 'delivered' ? words.posted(time(edit.deliveredAt, 'T')) : '',
    seconds === undefined ? '' : words.took(t.result.caption.seconds(seconds)),
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

function link({ parent, edit }: Link, place: string, t: Texts): string {
  const words = t.result.details;
  const prompt = edit?.input.prompt ?? '';
  const said = prompt === '' ? words.forgotten : shorten(plain(prompt), earlierLength);
  return `- ${t.result.picture(parent.picture + 1)} · ${messageLink(place, parent)} · ${said}`;
}

const isSize = (size: string | undefined): size is (typeof sizeNames)[number] =>
  sizeNames.some((name) => name === size);
const isFormat = (format: string | undefined): format is 'png' | 'jpeg' | 'webp' =>
  format === 'png' || format === 'jpeg' || format === 'webp';

/** How the picture was made. A seed that no option takes is left out. */
function recipeOf({ model, input, outcome }: Delivering | Delivered): string {
  const seed = outcome.seed ?? input.seed;
  const { prompt, num_inference_steps: steps, image_size: size, output_format: format } = input;
  return writeRecipe({
    model,
    prompt,
    seed: typeof seed === 'number' && Number.isSafeInteger(seed) ? seed : undefined,
    steps,
    size: isSize(size) ? size : undefined,
    format: isFormat(format) ? format : undefined,
  });
}

/** A text at most as long as a message; the recipe apart, where the text has no room for it. */
export function detailsText({ edit, chain, isCut }: Details, t: Texts): { text: string; recipe?: string } {
  const words = t.result.details;
  const { outcome, input, origin } = edit;
  const { actualPrompt, seed = input.seed } = outcome;
  const recipe = recipeOf(edit);
  const isLong = recipe.length > longestLine;
  const rest = [
    actualPrompt && actualPrompt !== input.prompt ? words.actualPrompt(shorten(plain(actualPrompt), actualLength)) : '',
    settings(edit, t),
    seed === undefined ? '' : words.seed(seed),
    words.run(edit.runId),
    times(edit, t),
    words.cost(cost(edit, t)),
    isLong ? words.recipeFile : words.recipe(recipe),
    chain.length > 0 ? words.chain : '',
    ...chain.map((one) => link(one, origin.guildId ?? '@me', t)),
    isCut ? words.cut : '',
  ].filter((line) => line !== '');
  const room = messageLimit - rest.join('\n').length - words.title.length - 4;
  const text = [words.title, `> ${shorten(plain(input.prompt), room)}`, ...rest].join('\n');
  return isLong ? { text, recipe } : { text };
}
