// The whole path, from what a person does in Discord to the picture that everybody sees.

import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createLab, rocket } from '../lab.ts';
import { askToDelete, at, mia, noah, vera } from '../support.ts';

const model = 'black-forest-labs/flux-2-klein-9b/edit';

describe('/edit', () => {
  it('posts the edited picture in the reply, by callback, with one run and two requests to Discord', async () => {
    const lab = await createLab({ env: { RECOVER_LOOKBACK_MINUTES: '0' } });
    const before = lab.discord.standIn.requests.length;
    const interaction = lab.edit('make it sepia');
    const { type, ephemeral } = await interaction.acknowledged;
    expect({ type, ephemeral }).toEqual({ type: 5, ephemeral: false });
    const message = await interaction.replied();

    expect(message.content).toMatch(
      /^> make it sepia\n-# <@\d+> · AI edit · seed \d+ · 640 × 427 · 4 steps · \d+\.\d s · about \$0\.022$/,
    );
    expect(message.mentions).toEqual([]);
    expect(message.attachments).toHaveLength(1);
    expect(message.attachments[0]?.description).toBe('make it sepia');
    const { format, width, height } = await sharp(message.attachments[0]?.bytes).metadata();
    expect({ format, width, height }).toEqual({ format: 'png', width: 640, height: 427 });

    expect(lab.runs()).toHaveLength(1);
    const untilPosted = lab.runflow.standIn.requests.filter(({ path }) => !/upload/.test(path));
    expect(untilPosted.map(({ method, path }) => `${method} ${path.split('?')[0]}`)).toEqual([
      `POST /v1/models/${model}/runs`,
      expect.stringMatching(/^GET \/outputs\//),
    ]);
    expect(lab.discord.standIn.requests.slice(before).map(({ method }) => method)).toEqual(
      // The stand-in for Runflow fetched the input from Discord's CDN.
      expect.arrayContaining(['POST', 'PATCH']),
    );
    expect(lab.discord.standIn.requests.slice(before).filter(({ method }) => method !== 'GET')).toHaveLength(2);
  });

  it('maps every option to its input, in the order of the pictures, and sends nothing that was not given', async () => {
    const lab = await createLab();
    const pictures = ['a', 'b', 'c'].map((name) => ({ ...rocket, name: `${name}.jpg` }));
    const [image2, image3, image4] = pictures;
    if (!image2 || !image3 || !image4) throw new Error('three pictures');
    const interaction = lab.discord.slash(at(vera, 'lounge'), 'edit', {
      image: rocket,
      image2,
      image3,
      image4,
      prompt: ' invert it ',
      seed: 7,
      steps: 8,
      size: 'square',
      count: 2,
      format: 'webp',
      safety: false,
    });
    await interaction.replied();
    const [run] = lab.runs();
    expect(run?.input).toEqual({
      prompt: 'invert it',
      image_urls: ['rocket', 'a', 'b', 'c'].map((name) => expect.stringContaining(`/${name}.jpg`)),
      seed: 7,
      num_inference_steps: 8,
      image_size: 'square',
      num_images: 2,
      output_format: 'webp',
      enable_safety_checker: false,
    });
    expect(run?.client_ref).toBe(interaction.id);
    expect(run?.callback_url).toBe(`${lab.url}/webhooks/runflow`);
    expect(run?.metadata).toMatchObject({
      edit_id: interaction.id,
      channel_id: expect.stringMatching(/^\d+$/),
      user_id: expect.stringMatching(/^\d+$/),
      guild_id: expect.stringMatching(/^\d+$/),
    });

    await lab.edit('blur').replied();
    expect(Object.keys(lab.runs()[1]?.input ?? {}).sort()).toEqual(['image_urls', 'prompt']);
  });

  it('posts several outputs as several files', async () => {
    const lab = await createLab();
    const message = await lab.edit('blur', { count: 3, format: 'jpeg' }).replied();
    expect(message.attachments.map(({ contentType }) => contentType)).toEqual(Array(3).fill('image/jpeg'));
  });

  it('works in a thread and in a direct message', async () => {
    const lab = await createLab();
    for (const channel of ['general-thread', 'dm']) {
      const message = await lab.edit('blur', {}, at(mia, channel)).replied();
      expect(message.attachments).toHaveLength(1);
    }
  });

  it('shows hostile prompts as they were typed and pings nobody', async () => {
    const lab = await createLab();
    const prompt = `@everyone **bold** <@&1> [x](https://evil.example) \`code\` ||s|| # \n> q ${'😀'.repeat(900)}`;
    const message = await lab.edit(prompt).replied();
    expect(message.mentions).toEqual([]);
    expect(message.content).toContain('\\@everyone \\*\\*bold\\*\\*');
    expect(message.content.length).toBeLessThanOrEqual(2000);
    expect(message.attachments[0]?.description?.length).toBeLessThanOrEqual(1024);
  });

  it('sends sync_mode when the operator says so and takes pictures from data: URIs', async () => {
    const lab = await createLab({ env: { RUNFLOW_SYNC_MODE: 'true' } });
    const message = await lab.edit('sepia').replied();
    expect(lab.runs()[0]?.input.sync_mode).toBe(true);
    expect((await sharp(message.attachments[0]?.bytes).metadata()).format).toBe('png');
  });
});

describe('waiting', () => {
  it('delivers by poll when there is no public URL, with one list request for all', async () => {
    const lab = await createLab({ callbacks: false, runflow: { runMs: 500 } });
    const interactions = Array.from({ length: 5 }, () => lab.edit('blur'));
    await Promise.all(interactions.map((interaction) => interaction.replied()));
    expect(lab.runs().every(({ callback_url }) => callback_url === null)).toBe(true);
    const reads = lab.runflow.standIn.requests.filter(({ method, path }) => method === 'GET' && path.startsWith('/v1'));
    expect(reads.every(({ path }) => path.startsWith('/v1/runs?'))).toBe(true);
    expect(reads.length).toBeLessThan(15);
    expect(lab.results()).toHaveLength(5);
  });

  it('polls nothing while callbacks come in time', async () => {
    const lab = await createLab({ runflow: { runMs: 200 }, env: { RECOVER_LOOKBACK_MINUTES: '0' } });
    await lab.edit('blur').replied();
    expect(lab.runflow.standIn.requests.filter(({ path }) => path.startsWith('/v1/runs'))).toEqual([]);
  });

  it('polls when the callback is overdue', async () => {
    const lab = await createLab();
    const message = await lab.edit('blur [nocallback]').replied();
    expect(message.attachments).toHaveLength(1);
  });

  it('delivers once when the callback comes twice, early, late and besides polls', async () => {
    const lab = await createLab({ timing: { callbackOverdueMs: 0, pollMs: 10 } });
    const prompts = ['blur [twice]', 'blur [early]', 'blur [late]', 'blur [early] [twice]', 'blur [slow]'];
    lab.runflow.plan({ runMs: 300, callback: 'twice' }, 0);
    const interactions = prompts.slice(0, 4).map((prompt) => lab.edit(prompt));
    await Promise.all(interactions.map((interaction) => interaction.replied()));
    for (const run of lab.runs()) expect(await lab.runflow.sendCallback(run.id)).toEqual([200]);
    expect(lab.results()).toHaveLength(4);
    const patches = lab.discord.standIn.requests.filter(({ method }) => method === 'PATCH');
    expect(patches).toHaveLength(4);
  });

  it('tells the member when a run never ends, in time to do it in the reply, and still delivers a late result', async () => {
    const lab = await createLab({ env: { RUN_TIMEOUT_MINUTES: '0.01' } });
    const interaction = lab.edit('blur [stuck]');
    const told = await interaction.replied();
    expect(told.content).toContain('longer than usual');
    const [run] = lab.runs();
    await lab.runflow.finish(run?.id ?? '');
    const message = await interaction.until(({ attachments }) => attachments.length > 0);
    expect(message.attachments).toHaveLength(1);
    expect(lab.results()).toHaveLength(1);
  });

  it.each([
    ['failed', "couldn't make this edit"],
    ['canceled', 'canceled'],
    ['cancelled', 'canceled'],
  ])('tells the member when a run ends as %s', async (ending, words) => {
    const lab = await createLab();
    const message = await lab.edit(`blur [${ending}]`).replied();
    expect(message.content).toContain(words);
    expect(message.attachments).toEqual([]);
  });

  it('posts what is there of a run that partly succeeded', async () => {
    const lab = await createLab();
    const message = await lab.edit('blur [partial]', { count: 3 }).replied();
    expect(message.attachments).toHaveLength(2);
    expect(message.content).toContain('2 of 3 pictures');
  });

  it('reads the older shape of outputs', async () => {
    const lab = await createLab();
    expect((await lab.edit('blur [old-shape]').replied()).attachments).toHaveLength(1);
  });
});

describe('a flagged result', () => {
  it('never reaches the channel; the requester alone is told why', async () => {
    const lab = await createLab();
    const interaction = lab.edit('blur [flagged]');
    await lab.until('the private note', () => interaction.followups().length > 0);
    expect(lab.discord.messages('general'), 'no line of it').toEqual([]);
    expect(interaction.followups().map(({ ephemeralFor }) => ephemeralFor)).toEqual([expect.any(String)]);
    const sent = lab.discord.standIn.requests.flatMap(({ method, files }) => (method === 'GET' ? [] : files));
    expect(sent).toEqual([]);
    expect(lab.discord.visible('general', 'noah')).toEqual([]);
  });

  it('is posted when it was not checked', async () => {
    const lab = await createLab();
    expect((await lab.edit('blur [unchecked]').replied()).attachments).toHaveLength(1);
  });
});

describe('the buttons under a result', () => {
  it('Again makes a new edit with another seed, for whoever presses, also after a restart', async () => {
    const lab = await createLab();
    const message = await lab.edit('sepia', { seed: 7, steps: 6 }).replied();
    await lab.stop();
    await lab.start();
    const again = lab.discord.press(noah, message.id, /^again:/);
    const second = await again.replied();
    expect(second.id).not.toBe(message.id);
    const [first, repeated] = lab.runs();
    expect(repeated?.input).toEqual({ ...first?.input, seed: expect.any(Number) });
    expect(repeated?.input.seed).not.toBe(7);
    expect(repeated?.metadata?.user_id).not.toBe(first?.metadata?.user_id);
    expect(lab.results()).toHaveLength(2);
  });

  it('Again stays with its own model, whatever the bot is set to by then', async () => {
    const lab = await createLab();
    const message = await lab.edit('sepia').replied();
    await lab.stop();
    lab.env.RUNFLOW_MODEL = 'nobody/knows/this';
    await lab.start();
    const second = await lab.discord.press(mia, message.id, /^again:/).replied();
    expect(second.attachments).toHaveLength(1);
    const paths = lab.runflow.standIn.requests.filter(({ path }) => path.endsWith('/runs')).map(({ path }) => path);
    expect(new Set(paths).size).toBe(1);
  });

  it('Delete asks once and takes the result down, for the requester and for moderators only', async () => {
    const lab = await createLab();
    for (const user of ['mia', 'vera']) {
      const message = await lab.edit('sepia').replied();
      const stranger = await askToDelete(lab, noah, message.id);
      expect((await stranger.replied()).content).toContain('Only the person');
      const asking = await (await askToDelete(lab, { user, channel: 'general' }, message.id)).replied();
      expect(asking.ephemeralFor).toBeDefined();
      const confirmed = lab.discord.press({ user, channel: 'general' }, asking.id, /^delete-confirmed:/);
      await confirmed.until(({ content }) => content === 'Deleted.');
      expect(lab.results()).toEqual([]);
    }
  });
});

describe('"Edit this image"', () => {
  it('asks for a prompt and goes the way of /edit, also when the bot restarted while the modal was open', async () => {
    const lab = await createLab();
    const posted = lab.discord.post(noah, 'look', [rocket]);
    const menu = lab.discord.menu(mia, 'Edit this image', posted.id);
    expect((await menu.acknowledged).type).toBe(9);
    await lab.stop();
    await lab.start();
    const message = await lab.discord.submit(mia, menu, { prompt: 'sepia' }).replied();
    expect(message.attachments).toHaveLength(1);
    expect(lab.runs()[0]?.input.image_urls).toEqual([expect.stringContaining('rocket.jpg')]);
  });

  it('says so when the message has no picture', async () => {
    const lab = await createLab();
    const posted = lab.discord.post(noah, 'just words');
    const message = await lab.discord.menu(mia, 'Edit this image', posted.id).replied();
    expect(message.content).toContain('no picture');
    expect(message.ephemeralFor).toBeDefined();
  });
});
