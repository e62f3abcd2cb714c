// A review channel that is gone, closed, public, elsewhere or not set any more: results stay held, and the right people
// are told, once.

import { describe, expect, it } from 'vitest';
import { type Lab, stamp } from '../lab.ts';
import { at, hourMs, mia, noah, otto, privateText, vera } from '../support.ts';
import {
  card,
  cardsOf,
  change,
  createModeratedLab,
  directMessages,
  holdOne,
  notes,
  picturesIn,
  pressCard,
  readActions,
  reportPicture,
  untilLogged,
} from './review-cards.ts';

const waits = (lab: Lab, count = 1) =>
  lab.until('waiting', () => lab.logs.filter(({ msg }) => msg === 'a card waits for a review channel').length >= count);
const unseen = /\nA moderator has to look at your result first, and right now I can't reach them in this server\./;
const setReview = (lab: Lab, channel: string) =>
  privateText(lab.discord.slash(at(otto, 'general'), 'settings', { 'review-channel': { channel } }, 'moderation'));

/** Each trouble: how it comes about, what those who run the server read of it, and how it ends. */
const troubles = {
  public: {
    come: (lab: Lab) => lab.discord.setPublic('review', true),
    told: /everyone can see the review channel <#\d+>/,
    end: (lab: Lab) => lab.discord.setPublic('review', false),
  },
  closed: {
    come: (lab: Lab) => lab.discord.deny('review', 'SEND_MESSAGES'),
    told: /I can't use the review channel <#\d+>/,
    end: (lab: Lab) => lab.discord.allow('review'),
  },
  hidden: {
    come: (lab: Lab) => lab.discord.deny('review', 'VIEW_CHANNEL'),
    told: /I can't use the review channel <#\d+>/,
    end: (lab: Lab) => lab.discord.allow('review'),
  },
  gone: {
    come: (lab: Lab) => change(lab, { reviewChannel: '1' }),
    told: /the review channel was deleted/,
    end: (lab: Lab) => setReview(lab, 'review'),
  },
  elsewhere: {
    come: (lab: Lab) => change(lab, { reviewChannel: lab.discord.world.channel('elsewhere').id }),
    told: /the review channel is not in this server/,
    end: (lab: Lab) => setReview(lab, 'review'),
  },
};
const names = Object.keys(troubles) as (keyof typeof troubles)[];

describe.each(names)('a review channel that is %s', (name) => {
  const { come, told, end } = troubles[name];

  it('keeps flagged results held until it is mended; who asked and who runs the server read it once', async () => {
    const lab = await createModeratedLab();
    await come(lab);
    const edits = ['blur [flagged]', 'sepia [flagged]', 'mirror [flagged]'].map((prompt) => lab.edit(prompt));
    await waits(lab, 9);
    expect(lab.discord.messages('review')).toEqual([]);
    expect(lab.discord.messages('elsewhere')).toEqual([]);
    for (const edit of edits) {
      expect(edit.original()?.content).toBe('This result is waiting for a moderator.');
      expect(edit.followups().map(({ content }) => content)).toEqual([expect.stringMatching(unseen)]);
    }
    await lab.until('the owner knows', () => directMessages(lab, 'otto').length > 0);
    expect(directMessages(lab, 'otto')).toEqual([expect.stringMatching(told)]);
    expect(lab.logs.filter(({ msg }) => msg.startsWith('the review channel cannot be used'))).toHaveLength(1);
    const queue = await privateText(lab.discord.slash(at(vera, 'general'), 'review', {}, 'queue'));
    expect(queue).toContain('**1 of 3**');
    expect(queue).toContain('no card yet; if that stays so, `/settings moderation` says why');

    await end(lab);
    for (const edit of edits) await card(lab, edit.id);
    const [first] = edits;
    const [shown] = cardsOf(lab, first?.id ?? '');
    if (!first || !shown) throw new Error('no card');
    await pressCard(lab, vera, shown, 'review-approve');
    await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
    await untilLogged(lab, first.id, 'bot held', 'vera approved');
    expect(notes(lab, 'mia')).toHaveLength(3);
  });

  it('is no place for a report either, and whoever reports reads that', async () => {
    const lab = await createModeratedLab();
    const edit = lab.edit('blur');
    const result = await edit.until(({ attachments }) => attachments.length > 0);
    await lab.until('delivered', () => lab.logs.some(({ msg }) => msg === 'edit delivered'));
    await come(lab);
    for (const by of [noah, at(vera, 'general')]) {
      expect(await reportPicture(lab, by, result.id)).toContain("I can't reach the moderators right now");
    }
    await end(lab);
    const reported = await card(lab, edit.id);
    expect(await reportPicture(lab, at(otto, 'general'), result.id)).toContain('It is reported already');
    await pressCard(lab, vera, reported, 'review-keep');
    await lab.until('all know', () => ['noah', 'vera'].every((name) => directMessages(lab, name).length === 1));
  });

  it('lets time decide in the end', async () => {
    const lab = await createModeratedLab();
    await come(lab);
    const edit = lab.edit('blur [flagged]');
    await waits(lab, 2);
    await lab.stop();
    lab.clock.move(72 * hourMs);
    await lab.start();
    await untilLogged(lab, edit.id, 'bot held', 'bot expired');
    await lab.until('the line', () => (edit.original()?.content ?? '').startsWith('Nobody reviewed this result'));
  });
});

it('what was told is told again only when it comes about again, and for each cause', async () => {
  const lab = await createModeratedLab();
  lab.discord.setPublic('review', true);
  const first = lab.edit('blur [flagged]');
  await lab.until('told', () => directMessages(lab, 'otto').length === 1);
  lab.discord.deny('review', 'SEND_MESSAGES');
  lab.discord.setPublic('review', false);
  await lab.until('told of the other cause', () => directMessages(lab, 'otto').length === 2);
  lab.discord.setPublic('review', true);
  await waits(lab, 8);
  expect(directMessages(lab, 'otto')).toHaveLength(2);
  lab.discord.allow('review');
  lab.discord.setPublic('review', false);
  await card(lab, first.id);
  lab.clock.move(1);
  lab.discord.setPublic('review', true);
  lab.edit('sepia [flagged]');
  await lab.until('told again', () => directMessages(lab, 'otto').length === 3);
});

it('those who run the server read it where Discord announces things, if there is such a place', async () => {
  const lab = await createModeratedLab();
  lab.discord.world.systemChannelId = lab.discord.world.channel('lounge').id;
  lab.discord.setPublic('review', true);
  lab.edit('blur [flagged]');
  await lab.until('told', () => lab.discord.messages('lounge').length === 1);
  const [message] = lab.discord.messages('lounge');
  expect(message?.mentions).toEqual([lab.discord.world.user('otto').id]);
  expect(message?.content).toContain('everyone can see the review channel');
  expect(directMessages(lab, 'otto')).toEqual([]);
});

it('nobody can be told: results wait all the same', async () => {
  const lab = await createModeratedLab();
  lab.discord.closeDms('otto');
  lab.discord.closeDms('mia');
  lab.discord.setPublic('review', true);
  const edit = lab.edit('blur [flagged]');
  await waits(lab, 3);
  lab.discord.setPublic('review', false);
  await card(lab, edit.id);
});

it('a held result outlives a review channel that is not set any more, and is woken when one is set', async () => {
  const lab = await createModeratedLab({}, { timing: { backoffMs: 60_000, backoffMaxMs: 300_000, rescanMs: 60_000 } });
  lab.discord.setPublic('review', true);
  const edit = lab.edit('blur [flagged]');
  await waits(lab);
  await privateText(lab.discord.slash(otto, 'settings', { clear: 'review-channel' }, 'moderation'));
  await waits(lab, 2);
  await lab.until('told', () => directMessages(lab, 'otto').length === 2);
  expect(directMessages(lab, 'otto')[1]).toContain('has no review channel any more');
  lab.discord.setPublic('review', false);
  expect(await setReview(lab, 'review')).toContain('Saved');
  await card(lab, edit.id);
  expect(edit.followups()).toHaveLength(1);
  expect(await readActions(lab, edit.id)).toEqual(['bot held']);
});

it('an open card whose channel is deleted comes again in the new one', async () => {
  const lab = await createModeratedLab();
  const { edit } = await holdOne(lab);
  lab.discord.deleteChannel('review');
  lab.discord.setPublic('lounge', false);
  expect(await setReview(lab, 'lounge')).toContain('Saved');
  const again = () => lab.discord.messages('lounge').filter(({ attachments }) => attachments.length > 0);
  await lab.until('another card', () => again().length === 1);
  const [shown] = again();
  if (!shown) throw new Error('no card');
  await privateText(lab.discord.press(at(vera, 'lounge'), shown.id, /^review-approve:/));
  await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
  await untilLogged(lab, edit.id, 'bot held', 'vera approved');
});

it('a result that waited until its addresses expired, and longer than a day, is shown all the same', async () => {
  const lab = await createModeratedLab();
  lab.discord.setPublic('review', true);
  const edit = lab.edit('blur [flagged]');
  await waits(lab, 6);
  await lab.stop();
  lab.runflow.expireOutputs(lab.runs()[0]?.id ?? '');
  lab.clock.move(30 * hourMs);
  lab.discord.setPublic('review', false);
  lab.runflow.standIn.fault({ method: 'GET', path: /^\/outputs/, kind: 'reset' });
  await lab.start();
  await card(lab, edit.id);
  expect(await readActions(lab, edit.id)).toEqual(['bot held']);
});

it('Discord being away is no reason to tell anybody that the channel is gone', async () => {
  const lab = await createModeratedLab();
  const path = new RegExp(`/channels/${lab.discord.world.channel('review').id}$`);
  for (const status of [500, 401, 403, 404]) {
    const page = { body: '<html></html>', headers: { 'content-type': 'text/html' } };
    lab.discord.standIn.fault({ method: 'GET', path, kind: 'answer', status, ...page, times: 2 });
  }
  const edit = lab.edit('blur [flagged]');
  await card(lab, edit.id);
  expect(directMessages(lab, 'otto')).toEqual([]);
  await lab.until('the note', () => edit.followups().length === 1);
  expect(edit.followups()[0]?.content).toMatch(
    /^> blur .*\nThe model flagged your result, so a moderator looks at it first/,
  );
});

it('a result whose own channel is closed to the bot still comes before the moderators', async () => {
  const lab = await createModeratedLab({}, { runflow: { runMs: 300 } });
  const edit = lab.edit('blur [flagged]', {}, noah);
  await edit.acknowledged;
  lab.discord.expireToken(edit);
  lab.discord.deny('general', 'SEND_MESSAGES');
  await card(lab, edit.id);
  await lab.until('the note', () => directMessages(lab, 'noah').length === 1);
  expect(await readActions(lab, edit.id)).toEqual(['bot held']);
});

it('a review channel that takes long holds up no picture that a member waits for', async () => {
  const lab = await createModeratedLab();
  const { id } = lab.discord.world.channel('review');
  const small = (prompt: string) => lab.discord.slash(mia, 'edit', { image: stamp, prompt });
  const posting = { method: 'POST', path: new RegExp(`/channels/${id}/messages$`) };
  lab.discord.standIn.fault({ ...posting, kind: 'delay', ms: 4_000, times: 1_000 });
  const edits = Array.from({ length: 40 }, (_, index) => small(`blur ${index} [flagged]`));
  for (const edit of edits) await edit.until(({ content }) => content === 'This result is waiting for a moderator.');
  await lab.until('cards on their way', () => lab.discord.standIn.requests.some(({ path }) => posting.path.test(path)));
  const began = Date.now();
  await small('sepia').until(({ attachments }) => attachments.length > 0);
  expect(Date.now() - began).toBeLessThan(2_000);
  lab.discord.standIn.clearFaults();
  await lab.until('all cards', () => lab.discord.messages('review').length === 40, 30_000);
});

it('a card whose words Discord does not take is posted without the prompt', async () => {
  const lab = await createModeratedLab();
  const { id } = lab.discord.world.channel('review');
  lab.discord.standIn.fault({
    method: 'POST',
    path: new RegExp(`/channels/${id}/messages$`),
    when: ({ json }) => JSON.stringify(json).includes('rude word'),
    kind: 'answer',
    status: 400,
    body: { code: 240000, message: 'Message blocked by harmful links filter' },
    times: 1_000,
  });
  const edit = lab.edit('a rude word [flagged]', {}, mia);
  const shown = await card(lab, edit.id);
  expect(shown.attachments).toHaveLength(1);
  expect(shown.content).not.toContain('rude word');
});
