// Decisions that come late, or after something is gone: the token, the output, the card, the channel, the notice.

import { describe, expect, it } from 'vitest';
import { createRecords } from '../../src/edit/records.ts';
import { createSqliteStore } from '../../src/store/sqlite.ts';
import { type Lab, storePath } from '../lab.ts';
import { at, hourMs, mia, otto, sha256, vera } from '../support.ts';
import {
  type Case,
  card as cardOf,
  cardsOf,
  change,
  controls,
  createModeratedLab,
  directMessages,
  holdOne,
  picturesIn,
  pressCard,
  reject,
  said,
  untilLogged,
} from './review-cards.ts';

/** The picture is in the channel once, pings its requester, and nothing says any more that it waits. */
async function expectPostedAnew(lab: Lab, { edit }: Case, channel = 'general'): Promise<void> {
  await lab.until('the picture', () => picturesIn(lab, channel).length === 1);
  await lab.until('the notice is gone', () => lab.discord.messages(channel).length === 1);
  const [result] = picturesIn(lab, channel);
  expect(result?.id).not.toBe(edit.original()?.id);
  expect(result?.mentions).toEqual([lab.discord.world.user('mia').id]);
  expect(sha256(result?.attachments[0]?.bytes)).toBe(sha256(lab.runs()[0]?.files[0]?.bytes));
}

describe('an approval', () => {
  it.each(['general', 'general-thread'])('after the token expired posts a new message in %s', async (channel) => {
    const lab = await createModeratedLab();
    const held = await holdOne(lab, 'blur [flagged]', at(mia, channel));
    lab.discord.expireToken(held.edit);
    lab.clock.move(hourMs);
    await pressCard(lab, vera, held.card, 'review-approve');
    await expectPostedAnew(lab, held, channel);
  });

  it('finds out by itself that the token does not work any more', async () => {
    const lab = await createModeratedLab();
    const held = await holdOne(lab);
    lab.discord.expireToken(held.edit);
    await pressCard(lab, vera, held.card, 'review-approve');
    await expectPostedAnew(lab, held);
  });

  it('after days, restarts and the end of Runflow’s addresses posts the bytes that were on the card', async () => {
    const lab = await createModeratedLab();
    const held = await holdOne(lab);
    for (let day = 0; day < 2; day += 1) {
      await lab.stop();
      lab.clock.move(24 * hourMs);
      await lab.start();
    }
    lab.discord.expireToken(held.edit);
    lab.runflow.expireOutputs(lab.runs()[0]?.id ?? '');
    lab.runflow.standIn.fault({ method: 'GET', path: /^\/(v1|outputs)/, kind: 'answer', status: 500, times: 1_000 });
    await pressCard(lab, vera, held.card, 'review-approve');
    await expectPostedAnew(lab, held);
    await untilLogged(lab, held.edit.id, 'bot held', 'vera approved');
    expect(controls(held.card)).toEqual(['Undo']);
  });

  it.each(['deleted', 'forbidden'])('still posts when the review channel is %s meanwhile', async (what) => {
    const lab = await createModeratedLab();
    const held = await holdOne(lab);
    const pressed = lab.discord.press(vera, held.card.id, /^review-approve:/);
    if (what === 'deleted') lab.discord.deleteChannel('review');
    else lab.discord.deny('review', 'VIEW_CHANNEL');
    await pressed.acknowledged;
    await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
    await untilLogged(lab, held.edit.id, 'bot held', 'vera approved');
  });
});

describe('the review channel', () => {
  it('that was deleted with an open card: time decides, and nothing hangs', async () => {
    const lab = await createModeratedLab();
    const { edit } = await holdOne(lab);
    lab.discord.deleteChannel('review');
    for (const hours of [12, 60]) {
      await lab.stop();
      lab.clock.move(hours * hourMs);
      await lab.start();
    }
    await lab.until('the end', () => lab.discord.messages('dm-mia').length === 1);
    expect(edit.original()?.content).toBe('Nobody reviewed this result in time, so it is not shown.');
    await untilLogged(lab, edit.id, 'bot held', 'bot expired');
  });

  it('that is not set any more keeps its cards working', async () => {
    const lab = await createModeratedLab();
    const held = await holdOne(lab);
    await change(lab, { reviewChannel: undefined });
    await reject(lab, vera, held.card, {});
    await lab.until('the direct message', () => directMessages(lab, 'mia').length === 1);
    expect(controls(held.card)).toEqual(['Undo']);
    const next = lab.edit('sepia [flagged]');
    await lab.until('blocked', () => said(next.followups()[0])?.includes('so I did not post it') === true);
    expect(next.original()).toBeUndefined();
  });

  it('that is away for a moment gets its card later, once', async () => {
    const lab = await createModeratedLab();
    const { id } = lab.discord.world.channel('review');
    const posting = { method: 'POST', path: new RegExp(`/channels/${id}/messages$`) };
    lab.discord.standIn.fault({ ...posting, kind: 'answer', status: 503, times: 2 });
    lab.discord.standIn.fault({ ...posting, kind: 'reset-after', skip: 2 });
    const { edit, card } = await holdOne(lab);
    await pressCard(lab, vera, card, 'review-approve');
    await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
    expect(cardsOf(lab, edit.id)).toHaveLength(1);
  });
});

it('a picture whose answer was lost comes down when it turns out to be flagged, and an approval posts it once', async () => {
  const lab = await createModeratedLab();
  lab.runflow.hold();
  const edit = lab.edit('sepia');
  await lab.until('the run', () => lab.runs().length === 1);
  lab.discord.expireToken(edit);
  const messages = `/channels/${lab.discord.world.channel('general').id}/messages`;
  lab.discord.standIn.fault({ method: 'POST', path: new RegExp(`${messages}$`), kind: 'reset-after' });
  const unseen = { kind: 'answer', status: 503, times: 1_000 } as const;
  // The first look, before it is posted, works.
  lab.discord.standIn.fault({ method: 'GET', path: new RegExp(messages), ...unseen, skip: 1 });
  lab.runflow.release();
  await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
  const store = createSqliteStore(storePath(lab));
  const records = createRecords(store, hourMs);
  const flag = async () => {
    const found = await records.find(edit.id);
    if (found?.edit.state !== 'delivering') throw new Error(`not delivering: ${found?.edit.state}`);
    const outcome = { ...found.edit.outcome, nsfw: true };
    return (await records.keepOutcome(found.edit.runId, outcome, edit.id)).result;
  };
  expect(await flag()).toBe('kept');
  await store.close();
  lab.discord.standIn.clearFaults();
  const card = await cardOf(lab, edit.id);
  expect(picturesIn(lab, 'general')).toEqual([]);
  await pressCard(lab, vera, card, 'review-approve');
  await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
  await lab.until('delivered', () => lab.logs.some(({ msg }) => msg === 'edit delivered'));
  expect(picturesIn(lab, 'general')).toHaveLength(1);
});

it('a channel that answers oddly for long does not keep a result from the moderators', async () => {
  const lab = await createModeratedLab({}, { timing: { tellForMs: 300 } });
  const page = { status: 403, body: '<html>no</html>', headers: { 'content-type': 'text/html' } };
  const odd = { ...page, kind: 'answer', times: 1_000 } as const;
  const general = lab.discord.world.channel('general').id;
  for (const path of [
    /\/webhooks\/\d+\/[^/]+/,
    new RegExp(`/channels/${general}/messages`),
    /\/users\/@me\/channels/,
  ]) {
    for (const method of ['POST', 'PATCH']) lab.discord.standIn.fault({ method, path, ...odd });
  }
  const { edit, card } = await holdOne(lab);
  lab.discord.standIn.clearFaults();
  await pressCard(lab, vera, card, 'review-approve');
  await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
  await untilLogged(lab, edit.id, 'bot held', 'vera approved');
});

describe('a card that somebody deleted', () => {
  it('is posted anew when moderators would be reminded of it', async () => {
    const lab = await createModeratedLab();
    const { edit, card } = await holdOne(lab);
    lab.discord.deleteMessage(card.id);
    await lab.stop();
    lab.clock.move(12 * hourMs);
    await lab.start();
    await lab.until('another card', () => cardsOf(lab, edit.id).length === 1);
    const [second] = cardsOf(lab, edit.id);
    if (!second) throw new Error('no card');
    expect(second.attachments).toHaveLength(2);
    await pressCard(lab, otto, second, 'review-approve');
    await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
  });

  it('is posted anew when the requester asks for another look', async () => {
    const lab = await createModeratedLab();
    const { edit, card } = await holdOne(lab);
    await reject(lab, vera, card, {});
    await lab.until('the direct message', () => directMessages(lab, 'mia').length === 1);
    lab.discord.deleteMessage(card.id);
    lab.discord.press(at(mia, 'dm'), lab.discord.messages('dm-mia')[0]?.id ?? '', /^contest:/);
    await lab.until('another card', () => cardsOf(lab, edit.id).length === 1);
    expect(cardsOf(lab, edit.id)[0]?.content).toContain('**The requester asked for another look.**');
  });
});

describe('a notice that somebody deleted', () => {
  it('does not keep the approved picture back', async () => {
    const lab = await createModeratedLab();
    const held = await holdOne(lab);
    lab.discord.deleteMessage(held.edit.original()?.id ?? '');
    await pressCard(lab, vera, held.card, 'review-approve');
    await expectPostedAnew(lab, held);
  });

  it('does not keep the reason of a rejection from the requester', async () => {
    const lab = await createModeratedLab();
    const { edit, card } = await holdOne(lab);
    lab.discord.deleteMessage(edit.original()?.id ?? '');
    await reject(lab, vera, card, { note: 'no' });
    await lab.until('the direct message', () => directMessages(lab, 'mia').length === 1);
    expect(directMessages(lab, 'mia')[0]).toContain('no');
    expect(lab.discord.messages('general').map(({ content }) => content)).toEqual([
      expect.stringContaining('A moderator decided not to show this result.'),
    ]);
  });
});

it('a channel that is gone: the picture cannot be posted, and the card says what was decided', async () => {
  const lab = await createModeratedLab();
  const held = await holdOne(lab, 'blur [flagged]', at(mia, 'lounge'));
  lab.discord.deleteChannel('lounge');
  await reject(lab, vera, held.card, { reason: 'rules' });
  await lab.until('the direct message', () => directMessages(lab, 'mia').length === 1);
  await untilLogged(lab, held.edit.id, 'bot held', 'vera rejected');
  expect(held.card.content).toContain('Rejected');
});
