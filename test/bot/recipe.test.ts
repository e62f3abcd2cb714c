// A recipe is copied from the details of a result, and makes another picture the same way.
import { expect, it } from 'vitest';
import type { Interaction, Message } from '../../sandbox/discord/discord.ts';
import { writeRecipe } from '../../src/recipe/recipe.ts';
import { klein } from '../edit/examples.ts';
import { createLab, type Lab, rocket, stamp } from '../lab.ts';
import { mia, noah, privateReply, privateText } from '../support.ts';
import { createModeratedLab } from './review-cards.ts';

const posted = (interaction: Interaction) => interaction.until(({ attachments }) => attachments.length > 0);

async function details(lab: Lab, result: Message) {
  const panel = await lab.discord.press(noah, result.id, /^more:/).replied();
  return privateReply(lab.discord.press(noah, panel.id, /^details:/));
}

it('replays prompt, seed, steps, size and format on another picture, for anybody', async () => {
  const lab = await createLab();
  const options = { prompt: 'sepia, but *soft*', steps: 6, size: 'square', format: 'webp' };
  const result = await posted(lab.discord.slash(mia, 'edit', { image: stamp, ...options }));
  const drawn = Number(/seed (\d+)/.exec(result.content)?.[1]);
  const code = /Recipe: `([^`]+)`/.exec((await details(lab, result)).content)?.[1] ?? '';
  await posted(lab.discord.slash(noah, 'edit', { image: rocket, recipe: code }));
  const [first, second] = lab.runs();
  expect(second?.input).toEqual({ ...first?.input, seed: drawn, image_urls: [expect.stringContaining('rocket.jpg')] });
  // What is typed beside it counts more.
  await posted(lab.discord.slash(noah, 'edit', { image: rocket, recipe: code, prompt: 'blur', seed: 7 }));
  expect(lab.runs()[2]?.input).toEqual({ ...second?.input, prompt: 'blur', seed: 7, image_urls: [expect.any(String)] });
});

it('stands in a file where a message has no room for it', async () => {
  const lab = await createLab();
  const words = Array.from({ length: 180 }, (_, index) => `w${(index * 7919) % 10_007}x`).join(' ');
  const prompt = words.slice(0, 1_000);
  const result = await posted(lab.discord.slash(mia, 'edit', { image: stamp, prompt }));
  const told = await details(lab, result);
  expect(told.content).toContain('The recipe is in the file.');
  const code = told.attachments[0]?.bytes.toString() ?? '';
  await posted(lab.discord.slash(noah, 'edit', { image: rocket, recipe: code }));
  expect(lab.runs()[1]?.input.prompt).toBe(prompt);
});

it('is refused when it is none or for another model, and is bound like what is typed', async () => {
  const lab = await createModeratedLab({ blocklist: ['forbidden'] });
  const refused = (recipe: string) => privateText(lab.discord.slash(mia, 'edit', { image: stamp, recipe }));
  expect(await refused('nonsense')).toContain('no recipe of mine');
  expect(await refused(writeRecipe({ model: 'a/dearer/one', prompt: 'x' }))).toContain('another model (a/dearer/one)');
  expect(await refused(writeRecipe({ model: klein, prompt: 'a forbidden fruit' }))).toContain('forbidden');
  expect(await refused(writeRecipe({ model: klein, prompt: 'x', steps: 40 }))).toContain('from 4 to 8');
  expect(lab.runs()).toEqual([]);
});
