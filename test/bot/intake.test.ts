// Pictures that the models do not read, or would not see as people do, are converted before the run begins; all others
// are handed on as they are, with not one request more.
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Interaction, Upload } from '../../sandbox/discord/discord.ts';
import { createLab, type Lab, rocket, stamp } from '../lab.ts';
import { mia, noah, sha256 } from '../support.ts';

const heic: Upload = {
  name: 'camera.heic',
  type: 'image/heic',
  bytes: await readFile(new URL('../inputs/camera.heic', import.meta.url)),
};
const frame = (background: string) =>
  sharp({ create: { width: 64, height: 48, channels: 3, background } })
    .png()
    .toBuffer();
const gif: Upload = {
  name: 'dance.gif',
  type: 'image/gif',
  bytes: await sharp([await frame('red'), await frame('blue')], { join: { animated: true } })
    .gif()
    .toBuffer(),
};
const wide: Upload = {
  name: 'wide.png',
  type: 'image/png',
  bytes: await sharp({ create: { width: 4_200, height: 60, channels: 3, background: 'green' } })
    .png()
    .toBuffer(),
};

const posted = (interaction: Interaction) => interaction.until(({ attachments }) => attachments.length > 0);
const edit = (lab: Lab, image: Upload, more: Record<string, Upload> = {}) =>
  lab.discord.slash(mia, 'edit', { image, prompt: 'blur', ...more });

/** The private message that says why there is no picture. */
async function heard(lab: Lab, interaction: Interaction): Promise<string> {
  await lab.until('the end', () => interaction.followups().length > 0);
  return interaction.followups()[0]?.content ?? '';
}

/** What was asked of Runflow until the run was created, as `METHOD path`. */
function askedBefore(lab: Lab): string[] {
  const { requests } = lab.runflow.standIn;
  const all = requests.map(({ method, path }) => `${method} ${path.split('?')[0]?.replaceAll(/[0-9a-f-]{36}/g, 'ID')}`);
  return all
    .slice(
      0,
      all.findIndex((request) => /^POST .*\/runs$/.test(request)),
    )
    .filter((one) => /asset|upload/.test(one));
}

const conversion = ['POST /v1/asset-uploads', 'PUT /uploads/ID', 'POST /v1/asset-uploads/ID/confirmations'];
const assets = (lab: Lab) => [...lab.runflow.assets.values()];
const sources = (lab: Lab) => lab.runs().at(-1)?.input.image_urls ?? [];

describe('a picture that the models do not read', () => {
  it('is converted for the run, and says neither where nor with what it was taken', async () => {
    const lab = await createLab();
    const shown = await posted(edit(lab, heic));
    expect(askedBefore(lab)).toEqual([...conversion, 'GET /v1/assets/ID']);
    expect(sources(lab)).toEqual([expect.stringContaining('/assets/')]);
    const [asset] = assets(lab);
    expect(asset).toMatchObject({ mime_type: 'image/jpeg', filename: expect.stringMatching(/source-1\.jpg$/) });
    expect(await sharp(asset?.bytes).metadata()).toMatchObject({ width: 160, height: 106 });
    expect((await sharp(asset?.bytes).metadata()).exif).toBeUndefined();
    expect(shown.content).not.toContain('frame');
  });

  it('stands for its first frame if it moves, which the result says', async () => {
    const lab = await createLab();
    expect((await posted(edit(lab, gif))).content).toContain('made of the first frame');
    const { dominant } = await sharp(assets(lab)[0]?.bytes).stats();
    expect(dominant.r).toBeGreaterThan(dominant.b);
  });

  it('is taken from a message, too', async () => {
    const lab = await createLab();
    const menu = lab.discord.menu(mia, 'Edit this image', lab.discord.post(noah, '', [gif]).id);
    expect((await menu.acknowledged).type).toBe(9);
    await posted(lab.discord.submit(mia, menu, { prompt: 'blur' }));
    expect(askedBefore(lab)).toHaveLength(4);
  });

  it('is no reason to touch the others beside it', async () => {
    const lab = await createLab();
    await posted(edit(lab, rocket, { image2: wide, image3: stamp }));
    expect(sources(lab).map((url) => new URL(url).pathname.split('/')[1])).toEqual([
      'ephemeral-attachments',
      'assets',
      'ephemeral-attachments',
    ]);
    expect(askedBefore(lab)).toEqual([...conversion, 'GET /v1/assets/ID']);
    expect(await sharp(assets(lab)[0]?.bytes).metadata()).toMatchObject({ width: 4_000 });
  });
});

it('costs nothing where nothing has to be done', async () => {
  const lab = await createLab();
  await posted(edit(lab, rocket));
  expect(askedBefore(lab)).toEqual([]);
  expect(sources(lab)).toEqual([expect.stringContaining('rocket.jpg')]);
});

describe('goes on', () => {
  it('after a restart in the middle', async () => {
    const lab = await createLab();
    lab.runflow.standIn.fault({ path: /^\/uploads\//, kind: 'answer', status: 503, times: 100 });
    const interaction = edit(lab, gif);
    await lab.until('the upload', () => lab.runflow.standIn.requests.some(({ method }) => method === 'PUT'));
    await lab.stop();
    lab.runflow.standIn.clearFaults();
    await lab.start();
    expect((await posted(interaction)).content).toContain('made of the first frame');
    expect(lab.runs()).toHaveLength(1);
  });

  it('after trouble with the upload, and says so where it is refused', async () => {
    const lab = await createLab();
    lab.runflow.standIn.fault({ path: /asset-uploads$/, kind: 'answer', status: 503, times: 2 });
    await posted(edit(lab, gif));
    const refusal = { status: 403, body: { code: 'PERMISSION_DENIED', message: 'no scope', errors: null } };
    lab.runflow.standIn.fault({ path: /asset-uploads$/, kind: 'answer', ...refusal });
    expect(await heard(lab, edit(lab, gif))).toContain('operates this bot');
    expect(lab.runs()).toHaveLength(1);
  });

  it('from the same picture with Again, as long as the edit is remembered', async () => {
    const lab = await createLab({ timing: { keepAfterMs: 0 } });
    const first = await posted(edit(lab, gif));
    await lab.until('kept', () => lab.logs.some(({ msg }) => msg === 'edit delivered'));
    await posted(lab.discord.press(noah, first.id, /^again:/));
    expect(sources(lab)).toEqual([expect.stringContaining('/assets/')]);
    expect(lab.runs()).toHaveLength(2);
    const [bytes] = assets(lab).map((asset) => sha256(asset.bytes));
    expect(bytes).toBe(sha256(assets(lab).at(-1)?.bytes));
  });
});

it.each([
  ['is refused', { status: 404, body: { code: 'NOT_FOUND', message: 'Not found', errors: null } }],
  ['is away', { status: 503, body: '<html></html>', headers: { 'content-type': 'text/html' } }],
])('hands a large picture on as it is where the upload %s: the model reads it', async (_why, answer) => {
  const lab = await createLab();
  lab.runflow.standIn.fault({ path: /asset-uploads$/, kind: 'answer', ...answer, times: 1_000 });
  await posted(edit(lab, wide, { image2: stamp }));
  expect(sources(lab).map((url) => url.includes('attachments/'))).toEqual([true, true]);
  expect(lab.runs()).toHaveLength(1);
});

it('ends before anything is paid for where the file is no picture', async () => {
  const lab = await createLab();
  const broken = { ...heic, bytes: heic.bytes.subarray(0, 700) };
  expect(await heard(lab, edit(lab, broken))).toContain("can't be read");
  expect(lab.runs()).toEqual([]);
  expect(assets(lab)).toEqual([]);
});
