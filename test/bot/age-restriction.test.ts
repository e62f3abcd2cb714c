// A channel that loses its age restriction, or cannot be looked at, between the request, the outcome and the post.

import { describe, expect, it } from 'vitest';
import type { Lab } from '../lab.ts';
import { at, mia, vera } from '../support.ts';
import { card, change, createModeratedLab, picturesIn, pressCard, readActions, untilLogged } from './review-cards.ts';

const open = { flaggedRestricted: 'spoiler', uncheckedRestricted: 'post', unchecked: 'hold' } as const;
const inLounge = at(mia, 'lounge');

/** Keeps the run of the next edit from ending, until the returned function lets it. */
function holdDownload(lab: Lab): () => void {
  return lab.runflow.standIn.fault({ method: 'GET', path: /^\/outputs/, kind: 'answer', status: 503, times: 1_000 });
}

/** Discord's answer to whoever comes too often. */
const limit = (seconds: number) => ({
  headers: { 'retry-after': String(seconds), 'x-ratelimit-scope': 'user' },
  body: { message: 'You are being rate limited.', retry_after: seconds, global: false },
});

const lookingAt = (lab: Lab, channel: string) => ({
  method: 'GET',
  path: new RegExp(`/channels/${lab.discord.world.channel(channel).id}$`),
});

describe('a flagged result of an age-restricted channel', () => {
  it.each(['lounge', 'lounge-thread'])('is posted as the server wants while %s stays so', async (channel) => {
    const lab = await createModeratedLab(open);
    lab.edit('blur [flagged]', {}, at(mia, channel));
    await lab.until('the picture', () => picturesIn(lab, channel).length === 1);
    expect(picturesIn(lab, channel)[0]?.attachments[0]?.spoiler).toBe(true);
    expect(await readActions(lab)).toEqual([]);
  });

  it.each(['lounge', 'lounge-thread'])('is held when %s is not so any more when it ends', async (channel) => {
    const lab = await createModeratedLab(open, { runflow: { runMs: 400 } });
    const edit = lab.edit('blur [flagged]', {}, at(mia, channel));
    await edit.acknowledged;
    lab.discord.setRestricted('lounge', false);
    await card(lab, edit.id);
    expect(picturesIn(lab, channel)).toEqual([]);
    await untilLogged(lab, edit.id, 'bot held');
  });

  it('is held when the channel is not so any more when it is posted, and posted once approved', async () => {
    const lab = await createModeratedLab(open);
    const go = holdDownload(lab);
    const edit = lab.edit('blur [flagged]', {}, inLounge);
    await lab.until('a first try', () => lab.logs.some(({ msg }) => msg === 'delivery put off'));
    lab.discord.setRestricted('lounge', false);
    go();
    const shown = await card(lab, edit.id);
    expect(picturesIn(lab, 'lounge')).toEqual([]);
    // A look that found it open counts, whatever it is later.
    lab.discord.setRestricted('lounge', true);
    await pressCard(lab, vera, shown, 'review-approve');
    await lab.until('the picture', () => picturesIn(lab, 'lounge').length === 1);
    await untilLogged(lab, edit.id, 'bot held', 'vera approved');
  });

  it.each(['reply', 'message'])('is held when the channel changes while a limit holds its %s back', async (way) => {
    const lab = await createModeratedLab(open, { runflow: { runMs: 200 } });
    const edit = lab.edit('blur [flagged]', {}, inLounge);
    await edit.acknowledged;
    if (way === 'message') lab.discord.expireToken(edit);
    const { id } = lab.discord.world.channel('lounge');
    const limited = { kind: 'answer', status: 429, ...limit(1) } as const;
    const withFiles = ({ files }: { files: readonly unknown[] }) => files.length > 0;
    const path = way === 'reply' ? /original$/ : new RegExp(`/channels/${id}/messages$`);
    lab.discord.standIn.fault({ path, when: withFiles, ...limited });
    await lab.discord.standIn.request(
      (request) => request.status === 429 || (path.test(request.path) && withFiles(request)),
    );
    lab.discord.setRestricted('lounge', false);
    await card(lab, edit.id);
    expect(picturesIn(lab, 'lounge')).toEqual([]);
  });

  it('is not shown in a review channel that everybody can see by the time a limit lets its card go', async () => {
    const lab = await createModeratedLab(open);
    const { id } = lab.discord.world.channel('review');
    const path = new RegExp(`/channels/${id}/messages$`);
    lab.discord.standIn.fault({ method: 'POST', path, kind: 'answer', status: 429, ...limit(1) });
    lab.edit('blur [flagged]');
    await lab.discord.standIn.request((request) => request.method === 'POST' && path.test(request.path));
    lab.discord.setPublic('review', true);
    await lab.until('it waits', () => lab.logs.some(({ msg }) => msg === 'a card waits for a review channel'));
    expect(picturesIn(lab, 'review')).toEqual([]);
    lab.discord.setPublic('review', false);
    await lab.until('the card', () => picturesIn(lab, 'review').length === 1);
  });

  it('is held when the server changes its mind before it is posted', async () => {
    const lab = await createModeratedLab(open);
    const go = holdDownload(lab);
    const edit = lab.edit('blur [flagged]', {}, inLounge);
    await lab.until('a first try', () => lab.logs.some(({ msg }) => msg === 'delivery put off'));
    await change(lab, { flaggedRestricted: 'hold' });
    go();
    await card(lab, edit.id);
    expect(picturesIn(lab, 'lounge')).toEqual([]);
  });

  it.each([
    ['answers with an error', { kind: 'answer', status: 500 } as const],
    ['answers with a page', { kind: 'answer', status: 403, body: '<html>' } as const],
    ['does not answer', { kind: 'reset' } as const],
  ])('is held when Discord %s about the channel', async (_what, effect) => {
    const lab = await createModeratedLab(open);
    lab.discord.standIn.fault({ ...lookingAt(lab, 'lounge'), ...effect, times: 1_000 });
    const edit = lab.edit('blur [flagged]', {}, inLounge);
    await card(lab, edit.id);
    expect(picturesIn(lab, 'lounge')).toEqual([]);
  });

  it('that was posted, its answer lost, before the channel changed, is not posted a second time', async () => {
    const lab = await createModeratedLab(open);
    lab.discord.standIn.fault({
      method: 'PATCH',
      path: /original$/,
      kind: 'reset-after',
      when: ({ files }) => files.length > 0,
    });
    const edit = lab.edit('blur [flagged]', {}, inLounge);
    await lab.until('the picture', () => picturesIn(lab, 'lounge').length === 1);
    lab.discord.setRestricted('lounge', false);
    await lab.until('the end', () => lab.logs.some(({ msg, edit: id }) => msg === 'edit delivered' && id === edit.id));
    expect(picturesIn(lab, 'lounge')).toHaveLength(1);
    expect(await readActions(lab)).toEqual([]);
  });
});

it('a clean result asks nothing and is posted wherever', async () => {
  const lab = await createModeratedLab(open);
  await lab.edit('blur', {}, inLounge).until(({ attachments }) => attachments.length > 0);
  const { id } = lab.discord.world.channel('lounge');
  expect(lab.discord.standIn.requests.some(({ method, path }) => method === 'GET' && path.endsWith(id))).toBe(false);
});

it('an unchecked result follows the more careful of the settings for both kinds of channel', async () => {
  const lab = await createModeratedLab(open, { runflow: { runMs: 400 } });
  const edit = lab.edit('blur [unchecked]', {}, inLounge);
  await edit.acknowledged;
  lab.discord.setRestricted('lounge', false);
  await card(lab, edit.id);
  expect(picturesIn(lab, 'lounge')).toEqual([]);
});
