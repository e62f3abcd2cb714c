// What a message's pictures become in its menu: nothing is taken or left out in silence.
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Interaction } from '../../sandbox/discord/discord.ts';
import { createLab, type Lab, rocket, stamp } from '../lab.ts';
import { mia, noah, privateText } from '../support.ts';

const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ ...stamp, name: `picture-${index + 1}.png` }));

async function openMenu(lab: Lab, messageId: string): Promise<Interaction> {
  const menu = lab.discord.menu(mia, 'Edit this image', messageId);
  expect((await menu.acknowledged).type).toBe(9);
  return menu;
}

/** The modal's components besides the prompt, as one text. */
const asked = (menu: Interaction) => JSON.stringify(menu.modal?.components.slice(1));

/** The names of the last run's sources. */
const sources = (lab: Lab) =>
  lab
    .runs()
    .at(-1)
    ?.input.image_urls?.map((url) => new URL(url).pathname.split('/').at(-1));

describe('the message menu', () => {
  it('asks which of several pictures are meant, proposes the first, and takes them in their order', async () => {
    const lab = await createLab();
    const message = lab.discord.post(noah, '', numbered(6));
    const menu = await openMenu(lab, message.id);
    expect(asked(menu)).toContain('Choose up to 4.');
    for (const { name } of numbered(6)) expect(asked(menu)).toContain(name);
    await lab.discord.submit(mia, menu, { prompt: 'blur' }).replied();
    expect(sources(lab)).toEqual(['picture-1.png']);

    const second = await openMenu(lab, message.id);
    const fields = { prompt: 'blur', pictures: ['5', '1', '3'] };
    expect(() => lab.discord.submit(mia, second, { ...fields, pictures: ['0', '1', '2', '3', '4'] })).toThrow('1 to 4');
    await lab.discord.submit(mia, second, fields).replied();
    expect(sources(lab)).toEqual(['picture-2.png', 'picture-4.png', 'picture-6.png']);
  });

  it('asks so about several results, and asks nothing about one picture', async () => {
    const lab = await createLab();
    const result = await lab.discord.slash(mia, 'edit', { image: stamp, prompt: 'blur', count: 4 }).replied();
    const menu = await openMenu(lab, result.id);
    await lab.discord.submit(mia, menu, { prompt: 'sepia', pictures: ['2'] }).replied();
    expect(sources(lab)).toEqual([result.attachments[2]?.filename]);

    const note = { name: 'notes.txt', type: 'text/plain', bytes: Buffer.from('words') };
    const single = await openMenu(lab, lab.discord.post(noah, '', [note, rocket]).id);
    expect(asked(single)).toBe('[]');
  });

  it('says what it leaves out and why, or why there is nothing to edit', async () => {
    const lab = await createLab();
    const gif = { name: 'dance.gif', type: 'image/gif', bytes: await sharp(stamp.bytes).gif().toBuffer() };
    const empty = { ...stamp, name: 'empty.png', bytes: Buffer.alloc(0) };
    const menu = await openMenu(lab, lab.discord.post(noah, '', [gif, stamp, empty]).id);
    expect(asked(menu)).toContain("I can't read dance.gif");
    expect(asked(menu)).toContain('empty.png is an empty file');
    await lab.discord.submit(mia, menu, { prompt: 'blur' }).replied();
    expect(sources(lab)).toEqual(['stamp.png']);

    const none = lab.discord.post(noah, '', [gif]);
    expect(await privateText(lab.discord.menu(mia, 'Edit this image', none.id))).toContain("I can't read dance.gif");
  });
});
