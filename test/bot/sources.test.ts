// What a message's pictures become in its menu: nothing is taken or left out in silence.
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

  it("reads what a link shows, from Discord's copy of it", async () => {
    const lab = await createLab();
    for (const url of ['https://photos.example/rocket.jpg', 'https://photos.example/album?id=7']) {
      const menu = await openMenu(lab, lab.discord.link(noah, url, rocket).id);
      expect(asked(menu)).toBe('[]');
      await lab.discord.submit(mia, menu, { prompt: 'blur' }).replied();
      const source = lab.runs().at(-1)?.input.image_urls?.[0];
      expect(source).toContain(`${new URL(lab.discord.url).origin}/external/`);
      expect(source).not.toContain('https://');
    }
  });

  it('reads a forwarded message, and what stands in its link', async () => {
    const lab = await createLab();
    const original = lab.discord.post(noah, '', numbered(2));
    const menu = await openMenu(lab, lab.discord.forward(noah, original.id).id);
    for (const { name } of numbered(2)) expect(asked(menu)).toContain(name);
    await lab.discord.submit(mia, menu, { prompt: 'blur', pictures: ['1'] }).replied();
    expect(sources(lab)).toEqual(['picture-2.png']);

    const linked = lab.discord.link(noah, 'https://photos.example/rocket.jpg', rocket);
    await openMenu(lab, lab.discord.forward(noah, linked.id).id);
  });

  it('reads the media among components, each once, and knows which are covered', async () => {
    const lab = await createLab();
    const media = (index: number) => ({ url: `attachment://picture-${index}.png` });
    const gallery = { type: 12, items: [{ media: media(1) }, { media: media(2), spoiler: true }, { media: media(1) }] };
    const section = {
      type: 9,
      components: [{ type: 10, content: 'words' }],
      accessory: { type: 11, media: media(3) },
    };
    const components = [gallery, { type: 17, spoiler: true, components: [section, { type: 13, file: media(4) }] }];
    const message = lab.discord.hook('general', { components }, numbered(4));
    for (const [index, spoiler] of [false, true, true, true].entries()) {
      const menu = await openMenu(lab, message.id);
      for (const { name } of numbered(4)) expect(asked(menu)?.split(name)).toHaveLength(2);
      const submitted = lab.discord.submit(mia, menu, { prompt: 'blur', pictures: [String(index)] });
      const result = await submitted.replied();
      expect(sources(lab)).toEqual([`picture-${index + 1}.png`]);
      expect(result.attachments[0]?.spoiler).toBe(spoiler);
    }
    const embeds = [{ image: { url: 'attachment://stamp.png' }, thumbnail: { url: 'attachment://stamp.png' } }];
    const menu = await openMenu(lab, lab.discord.hook('general', { content: 'news', embeds }, [stamp]).id);
    expect(asked(menu)).toBe('[]');
  });

  it('offers as many as a select holds, and says how many stand beside them', async () => {
    const lab = await createLab();
    const urls = Array.from({ length: 27 }, (_, index) => `https://photos.example/${index + 1}.png`);
    const gallery = (some: string[]) => ({ type: 12, items: some.map((url) => ({ media: { url } })) });
    const components = [gallery(urls.slice(0, 10)), gallery(urls.slice(10, 20)), gallery(urls.slice(20))];
    const elsewhere = Object.fromEntries(urls.map((url) => [url, stamp]));
    const menu = await openMenu(lab, lab.discord.hook('general', { components, elsewhere }).id);
    expect(asked(menu)).toContain('25 · 25.png');
    expect(asked(menu)).not.toContain('26.png');
    expect(asked(menu)).toContain('2 more: I can offer 25 at a time.');
  });

  it('says so when Discord has not found a picture behind an address', async () => {
    const lab = await createLab();
    const components = [{ type: 12, items: [{ media: { url: 'https://photos.example/gone.png' } }] }];
    const menu = lab.discord.menu(mia, 'Edit this image', lab.discord.hook('general', { components }).id);
    expect(await privateText(menu)).toContain('Discord finds no picture in gone.png');
  });

  it('says what it leaves out and why, or why there is nothing to edit', async () => {
    const lab = await createLab();
    const drawing = { name: 'dance.svg', type: 'image/svg+xml', bytes: Buffer.from('<svg/>') };
    const empty = { ...stamp, name: 'empty.png', bytes: Buffer.alloc(0) };
    const menu = await openMenu(lab, lab.discord.post(noah, '', [drawing, stamp, empty]).id);
    expect(asked(menu)).toContain("I can't read dance.svg");
    expect(asked(menu)).toContain('empty.png is an empty file');
    await lab.discord.submit(mia, menu, { prompt: 'blur' }).replied();
    expect(sources(lab)).toEqual(['stamp.png']);

    const none = lab.discord.post(noah, '', [drawing]);
    expect(await privateText(lab.discord.menu(mia, 'Edit this image', none.id))).toContain("I can't read dance.svg");
  });
});
