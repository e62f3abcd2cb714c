// The words under a result: the prompt, and one small line with what made the picture. Pure.

import type { Delivering } from '../edit/edit.ts';
import { estimateCost, modelLimits } from '../models/models.ts';
import { escapeText, messageLimit, shorten, texts } from '../texts.ts';

/** What is known of one posted picture. */
export type Shown = { width: number; height: number; shrunkTo: string | undefined };

/** Room for a mention and a line break before the text. */
const reserved = 40;

/** Buttons carry the edit's id, so that they work after any restart; by them a posted result is recognised, too. */
export const againId = (editId: string) => `again:${editId}`;
export const deleteId = (editId: string) => `delete:${editId}`;

function details(edit: Delivering, shown: readonly Shown[]): string {
  const { input, outcome } = edit;
  const model = modelLimits(edit.model);
  const first = shown[0];
  const steps = input.num_inference_steps ?? model.defaultSteps;
  const megapixels = shown.reduce((sum, { width, height }) => sum + (width * height) / 1e6, 0);
  const cost = estimateCost(model, input.image_urls.length, megapixels);
  const wanted = input.num_images ?? 1;
  const shrunk = [...new Set(shown.flatMap(({ shrunkTo }) => (shrunkTo === undefined ? [] : [shrunkTo])))];
  return [
    outcome.seed === undefined ? '' : `seed ${outcome.seed}`,
    first ? `${first.width} × ${first.height}` : '',
    steps === undefined ? '' : `${steps} steps`,
    outcome.seconds === undefined ? '' : `${outcome.seconds.toFixed(1)} s`,
    cost === undefined ? '' : `about $${cost.toFixed(3)}`,
    shown.length < wanted ? texts.partial(shown.length, wanted) : '',
    ...shrunk.map((format) => texts.shrunk(format)),
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

/** The message's text: at most Discord's limit, with room for a mention in front. */
export function caption(edit: Delivering, shown: readonly Shown[]): string {
  const small = `-# <@${edit.origin.userId}> · ${details(edit, shown)}`;
  const prompt = escapeText(edit.input.prompt.replace(/\s+/g, ' '));
  return `> ${shorten(prompt, messageLimit - reserved - small.length - 3)}\n${small}`;
}
