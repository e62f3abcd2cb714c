// A result knows what it was made of: it says so with a link, its details list the whole chain, and nothing is made of a
// picture that was taken back.
import { describe, expect, it } from 'vitest';
import type { Interaction, Message } from '../../sandbox/discord/discord.ts';
import { en } from '../../src/texts/en/en.ts';
import { createLab, type Lab, stamp } from '../lab.ts';
import { askToDelete, mia, noah, privateText, vera, type Who } from '../support.ts';
import { card as cardOf, createModeratedLab, pressCard, reportPicture } from './review-cards.ts';

const posted = (interaction: Interaction) => interaction.until(({ attachments }) => attachments.length > 0);
const stamped = (lab: Lab, prompt: string, more: Record<string, string | number> = {}) =>
  posted(lab.discord.slash(mia, 'edit', { image: stamp, prompt, ...more }));

async function further(lab: Lab, result: Message, prompt: string, picture?: string): Promise<Message> {
  const modal = lab.discord.press(mia, result.id, /^further:/);
  await modal.acknowledged;
  return posted(lab.discord.submit(mia, modal, { prompt, ...(picture ? { picture: [picture] } : {}) }));
}

async function details(lab: Lab, result: Message, by: Who = mia): Promise<string> {
  const panel = await lab.discord.press(by, result.id, /^more:/).replied();
  return privateText(lab.discord.press(by, panel.id, /^details:/));
}

const linkTo = (lab: Lab, { channelId, id }: Message) =>
  `https://discord.com/channels/${lab.discord.world.guild.id}/${channelId}/${id}`;

describe('the chain', () => {
  it('is told under each result, with a link to the one before', async () => {
    const lab = await createLab();
    const first = await stamped(lab, 'sepia', { count: 2 });
    expect(first.content).not.toContain('edited from');
    const second = await further(lab, first, 'blur', '1');
    expect(second.content).toContain(`· edited from ${linkTo(lab, first)}`);
    const menu = lab.discord.menu(noah, en.run.menu.name, second.id);
    await menu.acknowledged;
    const third = await posted(lab.discord.submit(noah, menu, { prompt: 'tint it #3366ff' }));
    expect(third.content).toContain(`edited from ${linkTo(lab, second)}`);
    // The same original again has the same parent.
    const again = await posted(lab.discord.press(noah, third.id, /^again:/));
    expect(again.content).toContain(`edited from ${linkTo(lab, second)}`);
    await lab.stop();
    await lab.start();
    const told = (await details(lab, again, noah)).split('\n');
    const chain = told.slice(told.indexOf(en.result.details.chain) + 1);
    expect(chain).toEqual([
      `- Picture 1 · ${linkTo(lab, second)} · blur`,
      `- Picture 2 · ${linkTo(lab, first)} · sepia`,
    ]);
  });

  it('goes on where one of its edits is deleted, and is as long as fits', async () => {
    const lab = await createLab();
    const first = await stamped(lab, `sepia ${'*_~|'.repeat(490)}`);
    let last = await further(lab, first, 'blur');
    const middle = last;
    for (let round = 0; round < 6; round += 1) last = await further(lab, last, `blur ${'[x](y)'.repeat(300)} ${round}`);
    const question = await (await askToDelete(lab, mia, middle.id)).replied();
    await lab.discord.press(mia, question.id, /^delete-confirmed:/).until(({ content }) => content === 'Deleted.');
    const told = await details(lab, last);
    expect(told.length).toBeLessThanOrEqual(2_000);
    expect(told).toContain(`${linkTo(lab, middle)} · deleted or forgotten`);
    expect(told).toMatch(/\n- …$/);
  });
});

describe('Details', () => {
  it('tell every parameter, the exact seed, the run, its times and its real cost', async () => {
    const lab = await createLab();
    lab.runflow.plan({ tellings: [{ output: 'extras' }] });
    const result = await stamped(lab, 'sepia', { steps: 6, size: 'square', format: 'webp', count: 2 });
    const [run] = lab.runs();
    const told = await details(lab, result, noah);
    expect(told).toContain('> sepia');
    expect(told).toContain('black-forest-labs/flux-2-klein-9b/edit · Square (512 × 512) · 6 steps · 2 pictures · WEBP');
    expect(told).toContain('The model was given: blur the photo, \\*softly\\*');
    expect(told).toContain('Seed: `15860307465884635512`');
    expect(told).toContain(`Run: \`${run?.id}\``);
    expect(told).toMatch(/asked for <t:\d+:f> · run created <t:\d+:T> · posted <t:\d+:T> · the model took \d+\.\d s/);
    expect(told).toContain(`Cost: $${Number(run?.cost)}`);
    expect(told).not.toContain('about');
  });

  it('say what is known when Runflow does not answer', async () => {
    const lab = await createLab();
    const result = await stamped(lab, 'sepia');
    lab.runflow.standIn.fault({ method: 'GET', path: /runs\/[0-9a-f-]+$/, kind: 'answer', status: 503, times: 5 });
    expect(await details(lab, result)).toContain('Cost: about $0.022');
  });
});

it('nothing is made of a picture that was taken down: not further, not again, not from the menu', async () => {
  const lab = await createModeratedLab();
  const first = await stamped(lab, 'sepia');
  const second = await further(lab, first, 'blur');
  const menu = lab.discord.menu(noah, en.run.menu.name, first.id);
  await menu.acknowledged;
  const modal = lab.discord.press(noah, first.id, /^further:/);
  await modal.acknowledged;
  await reportPicture(lab, noah, first.id);
  const card = await cardOf(lab, first.interactionId ?? '');
  await pressCard(lab, vera, card, 'review-take-down');
  const refused = "isn't shown any more";
  expect(await privateText(lab.discord.submit(noah, menu, { prompt: 'blur' }))).toContain(refused);
  expect(await privateText(lab.discord.submit(noah, modal, { prompt: 'blur' }))).toContain(refused);
  expect(await privateText(lab.discord.press(noah, second.id, /^again:/))).toContain(refused);
  expect(lab.runs()).toHaveLength(2);
});
