// Originals are put away once the result is posted, so that people go on from them as long as an edit is remembered: on day
// 29 the address of the source is dead, and the message that it stood in may be deleted.
import { describe, expect, it } from 'vitest';
import type { Interaction, Message } from '../../sandbox/discord/discord.ts';
import { createLab, type Lab, type LabOptions, stamp } from '../lab.ts';
import { askToDelete, mia, noah, otto, privateReply, sha256 } from '../support.ts';
import { card as cardOf, controls, createModeratedLab, pressCard, reportPicture } from './review-cards.ts';

const dayMs = 24 * 3_600_000;
const posted = (interaction: Interaction) => interaction.until(({ attachments }) => attachments.length > 0);

const edit = (lab: Lab, prompt = 'sepia', more: Record<string, string | number> = {}) =>
  posted(lab.discord.slash(mia, 'edit', { image: stamp, prompt, ...more }));

/** Waits until so many originals are put away. */
const kept = (lab: Lab, count: number) =>
  lab.until('kept', () => [...lab.runflow.assets.values()].filter(({ confirmed }) => confirmed).length === count);

/** What was asked of Runflow from a request on, as `METHOD path`. */
const asked = (lab: Lab, from = 0) =>
  lab.runflow.standIn.requests
    .slice(from)
    .map(({ method, path }) => `${method} ${path.split('?')[0]?.replaceAll(/[0-9a-f-]{36}/g, 'ID')}`);

/** Weeks later: every address that Discord signed is dead, and nothing was fetched from it since. */
async function weeksLater(lab: Lab): Promise<void> {
  await lab.stop();
  lab.clock.move(29 * dayMs);
  await lab.start();
}

/** An address of Discord that ends at once is as dead as one of last month. */
const short: LabOptions = { discord: { cdnMs: 3_000 }, timing: { keepAfterMs: 0 } };
const soon: LabOptions = { timing: { keepAfterMs: 0 } };

describe('keeping an original', () => {
  it('comes after the picture is posted, and costs three requests', async () => {
    const lab = await createLab(soon);
    await edit(lab);
    await kept(lab, 1);
    const { requests } = lab.discord.standIn;
    const shown = requests.find(({ method, path }) => method === 'PATCH' && path.includes('original'));
    const first = lab.runflow.standIn.requests.find(({ path }) => path.endsWith('/asset-uploads'));
    expect(first?.at).toBeGreaterThanOrEqual(shown?.at ?? Number.POSITIVE_INFINITY);
    const uploads = asked(lab).filter((request) => /upload/.test(request));
    expect(uploads).toEqual(['POST /v1/asset-uploads', 'PUT /uploads/ID', 'POST /v1/asset-uploads/ID/confirmations']);
    const [asset] = lab.runflow.assets.values();
    expect(sha256(asset?.bytes)).toBe(sha256(stamp.bytes));
    expect(asset?.mime_type).toBe('image/png');
    const put = lab.runflow.standIn.requests.find(({ method }) => method === 'PUT');
    expect(put?.headers.authorization).toBeUndefined();
  });

  it('goes on after a restart, and is done once', async () => {
    const lab = await createLab(soon);
    lab.runflow.standIn.fault({ path: /asset-uploads$/, kind: 'hang', times: 1 });
    await edit(lab);
    await lab.until('asked', () => asked(lab).includes('POST /v1/asset-uploads'));
    await lab.stop();
    await lab.start();
    await kept(lab, 1);
    expect(lab.runflow.assets.size).toBe(1);
  });

  it('is tried again after trouble, and given up where it is refused, which costs nobody a result', async () => {
    const lab = await createLab(soon);
    lab.runflow.standIn.fault({ path: /^\/uploads\//, kind: 'answer', status: 503, times: 2 });
    await edit(lab);
    await kept(lab, 1);
    const answer = { status: 403, body: { code: 'PERMISSION_DENIED', message: 'no scope', errors: null } };
    lab.runflow.standIn.fault({ path: /asset-uploads$/, kind: 'answer', ...answer, times: 10 });
    const before = lab.runflow.standIn.requests.length;
    await edit(lab, 'blur');
    await lab.until('given up', () => lab.logs.some(({ msg }) => msg === 'the original of an edit cannot be kept'));
    expect(asked(lab, before).filter((request) => request === 'POST /v1/asset-uploads')).toHaveLength(1);
  });

  it('is not needed for what a result was made of: its message has it', async () => {
    const lab = await createLab(short);
    const first = await edit(lab);
    await kept(lab, 1);
    const modal = lab.discord.press(mia, first.id, /^further:/);
    await modal.acknowledged;
    const second = await posted(lab.discord.submit(mia, modal, { prompt: 'blur' }));
    await weeksLater(lab);
    await posted(lab.discord.press(noah, second.id, /^again:/));
    expect(lab.runs()).toHaveLength(3);
    expect(lab.runs()[2]?.input).toMatchObject({ image_urls: [expect.stringContaining('/darkroom-')] });
    expect(lab.runflow.assets.size).toBe(1);
  });
});

describe('on day 29', () => {
  it.each([
    ['Again', async (lab: Lab, result: Message) => lab.discord.press(noah, result.id, /^again:/)],
    [
      'Change',
      async (lab: Lab, result: Message) => {
        const modal = lab.discord.press(noah, result.id, /^change:/);
        await modal.acknowledged;
        return lab.discord.submit(noah, modal, { prompt: 'blur' });
      },
    ],
  ])('%s edits the same original', async (_name, press) => {
    const lab = await createLab(short);
    const result = await edit(lab);
    await kept(lab, 1);
    await weeksLater(lab);
    const again = await posted(await press(lab, result));
    expect(again.attachments).toHaveLength(1);
    expect(lab.runs()[1]?.input.image_urls).toEqual([expect.stringContaining('/assets/')]);
    // What was made then can be made again, too: its original is put away as well.
    await kept(lab, 2);
    await weeksLater(lab).catch(() => undefined);
  });

  it('says where the original is gone for good, and goes on from the result instead', async () => {
    const lab = await createLab(short);
    const result = await edit(lab);
    await kept(lab, 1);
    lab.runflow.assets.clear();
    await weeksLater(lab);
    const again = lab.discord.press(noah, result.id, /^again:/);
    const refused = await privateReply(again);
    expect(refused.content).toContain('go on from the result');
    expect(controls(refused)).toEqual(['Edit further']);
    const modal = lab.discord.press(noah, refused.id, /^further:/);
    await modal.acknowledged;
    const next = await posted(lab.discord.submit(noah, modal, { prompt: 'blur' }));
    expect(next.content).toContain(`/${result.id}`);
    expect(lab.runs()[1]?.input).toMatchObject({ image_urls: [expect.stringContaining('/darkroom-')] });
  });

  it('says when the original cannot be had right now', async () => {
    const lab = await createLab(short);
    const result = await edit(lab);
    await kept(lab, 1);
    await weeksLater(lab);
    lab.runflow.standIn.fault({ method: 'GET', path: /\/v1\/assets\//, kind: 'answer', status: 503 });
    const refused = await privateReply(lab.discord.press(noah, result.id, /^again:/));
    expect(refused.content).toContain("can't fetch the original");
    expect((await posted(lab.discord.press(noah, result.id, /^again:/))).attachments).toHaveLength(1);
  });
});

describe('dropping an original', () => {
  async function remove(lab: Lab, result: Message) {
    const question = await (await askToDelete(lab, mia, result.id)).replied();
    await lab.discord.press(mia, question.id, /^delete-confirmed:/).until(({ content }) => content === 'Deleted.');
  }

  it('follows when its result is deleted, also while it is still being put away', async () => {
    const lab = await createLab(soon);
    const first = await edit(lab);
    await kept(lab, 1);
    await remove(lab, first);
    await lab.until('dropped', () => lab.runflow.assets.size === 0);
    lab.runflow.standIn.fault({ path: /confirmations$/, kind: 'delay', ms: 500 });
    const second = await edit(lab);
    await lab.until('under way', () => asked(lab).filter((request) => request.startsWith('PUT')).length === 2);
    await remove(lab, second);
    await lab.until('put away', () => asked(lab).filter((one) => one.endsWith('confirmations')).length === 2);
    await lab.until('dropped', () => lab.runflow.assets.size === 0);
  });

  it('waits after a take-down as long as that can be undone', async () => {
    const lab = await createModeratedLab({}, soon);
    const result = await edit(lab);
    await kept(lab, 1);
    await reportPicture(lab, noah, result.id);
    const card = await cardOf(lab, result.interactionId ?? '');
    await pressCard(lab, otto, card, 'review-take-down');
    await lab.until('undo', () => controls(card).includes('Undo'));
    expect(lab.runflow.assets.size).toBe(1);
    await lab.stop();
    lab.clock.move(16 * 60_000);
    await lab.start();
    await lab.until('dropped', () => lab.runflow.assets.size === 0);
  });

  it('is tried until Runflow is there again, and not for ever where it never deletes', async () => {
    const lab = await createLab(soon);
    const result = await edit(lab);
    await kept(lab, 1);
    lab.runflow.standIn.fault({ method: 'DELETE', path: /\/v1\/assets\//, kind: 'answer', status: 503, times: 2 });
    await remove(lab, result);
    await lab.until('dropped', () => lab.runflow.assets.size === 0);
    const other = await edit(lab);
    await kept(lab, 1);
    const never = { status: 405, body: { code: 'METHOD_NOT_ALLOWED', message: 'no', errors: null } };
    lab.runflow.standIn.fault({ method: 'DELETE', path: /\/v1\/assets\//, kind: 'answer', ...never, times: 10 });
    await remove(lab, other);
    await lab.until('given up', () => lab.logs.some(({ msg }) => msg.startsWith('Runflow does not delete')));
    expect(asked(lab).filter((request) => request.startsWith('DELETE'))).toHaveLength(4);
  });
});
