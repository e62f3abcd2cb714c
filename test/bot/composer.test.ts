// /edit without a picture or a prompt asks for it in one modal; whatever was given stays.
import { expect, it } from 'vitest';
import type { Interaction } from '../../sandbox/discord/discord.ts';
import { createLab, rocket, stamp } from '../lab.ts';
import { mia, noah, privateText } from '../support.ts';

const fieldsOf = ({ modal }: Interaction) => (modal?.components ?? []).map(({ component }) => component?.custom_id);
const covered = (attachments: readonly { spoiler?: boolean }[]) => attachments.map(({ spoiler }) => spoiler);

it('asks for everything, and keeps the rest of one picture as it is', async () => {
  const lab = await createLab();
  const asked = lab.discord.slash(mia, 'edit', {});
  expect((await asked.acknowledged).type, 'a modal').toBe(9);
  expect(fieldsOf(asked)).toEqual(['pictures', 'prompt', 'keep', 'size', 'looks']);
  await lab.stop();
  await lab.start();
  const result = await lab.discord
    .submit(mia, asked, { pictures: [stamp], prompt: 'sepia.', size: ['square'] })
    .replied();
  expect(result.attachments).toHaveLength(1);
  expect(lab.runs()[0]?.input).toEqual({
    prompt: 'sepia, everything else stays the same',
    image_urls: [expect.stringContaining('stamp')],
    image_size: 'square',
  });
  // Nobody pays for a look at the modal.
  expect(lab.runs()).toHaveLength(1);
});

it('refuses nobody for words that they did not type', async () => {
  const lab = await createLab();
  const asked = lab.discord.slash(mia, 'edit', { image: stamp });
  await asked.acknowledged;
  const prompt = `blur ${'x'.repeat(1_990)}`;
  await lab.discord.submit(mia, asked, { prompt }).replied();
  expect(lab.runs()[0]?.input.prompt).toBe(prompt);
});

it('asks for what is missing alone, and takes what was given', async () => {
  const lab = await createLab();
  const noPrompt = lab.discord.slash(mia, 'edit', { image: stamp, seed: 7, count: 2, format: 'webp', spoiler: true });
  await noPrompt.acknowledged;
  expect(fieldsOf(noPrompt)).toEqual(['prompt', 'keep', 'size', 'looks']);
  const result = await lab.discord.submit(mia, noPrompt, { prompt: 'blur', keep: false, looks: ['cover'] }).replied();
  expect(covered(result.attachments)).toEqual([true, true]);
  expect(lab.runs()[0]?.input).toMatchObject({ prompt: 'blur', seed: 7, num_images: 2, output_format: 'webp' });

  const noPicture = lab.discord.slash(mia, 'edit', { prompt: 'a group photo of both', steps: 6, size: 'portrait_4_3' });
  await noPicture.acknowledged;
  // Several pictures: which of them should stay as it is?
  await lab.discord.submit(mia, noPicture, { pictures: [stamp, rocket] }).replied();
  expect(lab.runs()[1]?.input).toMatchObject({
    prompt: 'a group photo of both',
    num_inference_steps: 6,
    image_size: 'portrait_4_3',
    image_urls: [expect.anything(), expect.anything()],
  });
});

it('says what is wrong before anything is typed, and what is wrong with what was uploaded', async () => {
  const lab = await createLab();
  const gif = { ...stamp, name: 'a.txt', type: 'text/plain' };
  lab.discord.denyMember('noah', 'general', 'ATTACH_FILES');
  const asked = lab.discord.slash(mia, 'edit', { prompt: 'blur' });
  await asked.acknowledged;
  const damaged = { name: 'a.png', type: 'image/png', bytes: Buffer.from('no picture') };
  expect(await privateText(lab.discord.submit(mia, asked, { pictures: [damaged] }))).toContain('finds no picture');
  expect(() => lab.discord.submit(mia, asked, { pictures: [gif] })).toThrow('not of the types');
  expect(() => lab.discord.submit(mia, asked, {})).toThrow('takes 1 to 4 files');
  lab.discord.deny('general', 'ATTACH_FILES');
  expect(await privateText(lab.discord.slash(noah, 'edit', {}))).toContain("I can't post pictures here");
  expect(lab.runs()).toEqual([]);
});

it('lets the requester show what they wanted covered, and nobody else but moderators', async () => {
  const lab = await createLab();
  const result = await lab.discord.slash(mia, 'edit', { image: stamp, prompt: 'blur', spoiler: true }).replied();
  expect(covered(result.attachments)).toEqual([true]);
  const show = async (who: typeof mia) => {
    const panel = await lab.discord.press(who, result.id, /^more:/).replied();
    const pressed = lab.discord.press(who, panel.id, /^show:/);
    await lab.until('an answer', () => pressed.followups().length > 0 || /now\.$/.test(panel.content));
    return pressed.followups()[0]?.content ?? panel.content;
  };
  expect(await show(noah)).toContain('Only the person who asked');
  expect(await show(mia)).toBe('The picture is shown now.');
  expect(covered(lab.results()[0]?.attachments ?? [])).toEqual([false]);
  // Made anew, it is covered like the first time.
  expect(covered((await lab.discord.press(mia, result.id, /^again:/).replied()).attachments)).toEqual([true]);
});
