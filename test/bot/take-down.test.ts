// A picture that is taken down after a report, with a reason, and a take-down that is taken back: the picture is posted
// again from what is still to be had, unless somebody else has deleted it.

import { describe, expect, it } from 'vitest';
import type { Message } from '../../sandbox/discord/discord.ts';
import { en } from '../../src/texts/en/en.ts';
import type { Lab } from '../lab.ts';
import { askToDelete, at, mia, noah, otto, sha256, vera, type Who } from '../support.ts';
import {
  card as cardOf,
  cardsOf,
  carries,
  change,
  controls,
  createModeratedLab,
  picturesIn,
  pressCard,
  readLog,
  reportPicture,
  untilLogged,
} from './review-cards.ts';

type Case = { id: string; result: Message; card: Message };

const open = [en.moderation.card.takeDown, en.moderation.card.keep, en.moderation.card.timeOut];

const untilControls = (lab: Lab, card: Message, wanted: readonly string[]) =>
  lab.until(`a card with ${wanted}`, () => controls(card).join() === wanted.join());

async function report(lab: Lab, id: string, result: Message, by: Who = noah): Promise<Case> {
  await lab.until('delivered', () => lab.logs.some(({ msg, edit }) => msg === 'edit delivered' && edit === id));
  const before = cardsOf(lab, id).length;
  await reportPicture(lab, by, result.id);
  await lab.until('the card', () => cardsOf(lab, id).length > before);
  return { id, result, card: cardsOf(lab, id).at(-1) ?? (await cardOf(lab, id)) };
}

/** mia's posted picture, reported and taken down by otto. */
async function takeDown(lab: Lab, fields: Record<string, string> = {}): Promise<Case> {
  const edit = lab.edit('blur');
  const result = await edit.until(({ attachments }) => attachments.length > 0);
  const reported = await report(lab, edit.id, result);
  expect(await pressCard(lab, otto, reported.card, 'review-take-down', fields)).toBe('Taken down.');
  await lab.until('taken down', () => picturesIn(lab, 'general').length === 0);
  await untilControls(lab, reported.card, ['Undo']);
  return reported;
}

const backAgain = 'Taken back. The card is open again, and I post the picture again.';

describe('a take-down', () => {
  it('asks for a reason, which stays on the card and in the log, and is taken back: the picture is there again', async () => {
    const lab = await createModeratedLab();
    const { id, result, card } = await takeDown(lab, { reason: 'person', note: 'my mother' });
    expect(card.content).toMatch(/\*\*Taken down\*\* · <@\d+> · <t:\d+:f> – Shows a real person: my mother/);
    const logged = (await readLog(lab)).findLast(({ action }) => action === 'taken-down');
    expect(logged?.reason).toEqual({ key: 'person', note: 'my mother' });
    // Only whoever took it down.
    expect(await pressCard(lab, vera, card, 'review-undo')).toContain('who decided, can take that back');

    expect(await pressCard(lab, otto, card, 'review-undo')).toBe(backAgain);
    await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
    await untilControls(lab, card, open);
    const [again] = picturesIn(lab, 'general');
    expect(again?.id).not.toBe(result.id);
    expect(sha256(again?.attachments[0]?.bytes)).toBe(sha256(result.attachments[0]?.bytes));
    expect(again?.attachments.map(({ spoiler }) => spoiler)).toEqual([false]);
    expect(again && controls(again)).toEqual(['Edit further', 'Change', 'Again', 'More…']);
    await pressCard(lab, vera, card, 'review-keep');
    await untilLogged(lab, id, 'noah reported', 'otto taken-down', 'otto undone', 'vera kept');
    await lab.stop();
    await lab.start();
    expect(
      lab.discord.messages('general').map(({ id }) => id),
      'once',
    ).toEqual([again?.id]);
  });

  it('of an approved spoiler is taken back as a spoiler, also after a restart', async () => {
    const lab = await createModeratedLab();
    const edit = lab.edit('blur [flagged]');
    await pressCard(lab, vera, await cardOf(lab, edit.id), 'review-spoiler');
    await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
    const [result] = picturesIn(lab, 'general');
    if (!result) throw new Error('no result');
    const { card } = await report(lab, edit.id, result);
    await pressCard(lab, otto, card, 'review-take-down');
    await untilControls(lab, card, ['Undo']);
    await lab.stop();
    await lab.start();
    await pressCard(lab, otto, card, 'review-undo');
    await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
    expect(picturesIn(lab, 'general')[0]?.attachments.map(({ spoiler }) => spoiler)).toEqual([true]);
  });

  it('is final after fifteen minutes, or once its requester has deleted it as well', async () => {
    const lab = await createModeratedLab();
    const edit = lab.edit('blur');
    const result = await edit.until(({ attachments }) => attachments.length > 0);
    const { card } = await report(lab, edit.id, result);
    // She is about to delete it when it is taken down.
    const question = await (await askToDelete(lab, mia, result.id)).replied();
    await pressCard(lab, otto, card, 'review-take-down');
    await untilControls(lab, card, ['Undo']);
    const undo = card.components;
    const edits = question.history.length;
    const pressed = lab.discord.press(mia, question.id, /^delete-confirmed:/);
    expect((await pressed.until(({ history }) => history.length > edits)).content).toBe('Deleted.');
    await untilControls(lab, card, []);
    card.components = undo;
    expect(await pressCard(lab, otto, card, 'review-undo')).toContain('what is deleted does not come back');

    const late = await takeDown(lab);
    await lab.stop();
    lab.clock.move(15 * 60_000);
    await lab.start();
    await untilControls(lab, late.card, []);
    expect(picturesIn(lab, 'general')).toEqual([]);
  });

  it('whose card has lost the picture is taken back from Runflow; without either it says so, and stays', async () => {
    const lab = await createModeratedLab();
    const { id, card } = await takeDown(lab);
    card.attachments = [];
    expect(await pressCard(lab, otto, card, 'review-undo')).toBe(backAgain);
    await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
    await untilControls(lab, card, open);

    await pressCard(lab, otto, card, 'review-take-down');
    await untilControls(lab, card, ['Undo']);
    lab.runflow.standIn.fault({ method: 'GET', path: /^\/outputs/, kind: 'answer', status: 404, times: 1_000 });
    expect(await pressCard(lab, otto, card, 'review-undo')).toContain('The picture is gone for good');
    expect(controls(card)).toEqual(['Undo']);
    await untilLogged(lab, id, 'noah reported', 'otto taken-down', 'otto undone', 'otto taken-down');
  });

  it('that cannot be taken back because the channel is closed says so on the card, and is tried again', async () => {
    const lab = await createModeratedLab();
    const { card } = await takeDown(lab);
    lab.discord.deny('general', 'SEND_MESSAGES');
    expect(await pressCard(lab, otto, card, 'review-undo')).toBe(backAgain);
    await untilControls(lab, card, ['Post again']);
    expect(card.content).toContain('**Taken back, but the picture could not be posted again.**');
    lab.discord.allow('general');
    await pressCard(lab, vera, card, 'review-post-again');
    await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
    await untilControls(lab, card, open);
  });
});

describe('a flagged picture that no moderator had approved, taken down by a slip,', () => {
  /** Posted because the lounge is age-restricted; reported there, and taken down. */
  async function takeDownInLounge(lab: Lab): Promise<Case> {
    const edit = lab.edit('blur [flagged]', {}, at(mia, 'lounge'));
    await lab.until('the picture', () => picturesIn(lab, 'lounge').length === 1);
    const [result] = picturesIn(lab, 'lounge');
    if (!result) throw new Error('no result');
    const reported = await report(lab, edit.id, result, at(noah, 'lounge'));
    await pressCard(lab, otto, reported.card, 'review-take-down');
    await untilControls(lab, reported.card, ['Undo']);
    return reported;
  }
  const settings = { flaggedRestricted: 'spoiler' } as const;
  const held = [en.moderation.card.approve, en.moderation.card.approveSpoiler, en.moderation.card.reject];

  it('is posted again as it was where the server still lets it through', async () => {
    const lab = await createModeratedLab(settings);
    const { card } = await takeDownInLounge(lab);
    await pressCard(lab, otto, card, 'review-undo');
    await lab.until('the picture', () => picturesIn(lab, 'lounge').length === 1);
    expect(picturesIn(lab, 'lounge')[0]?.attachments.map(({ spoiler }) => spoiler)).toEqual([true]);
    await untilControls(lab, card, open);
  });

  it.each([
    ['the channel has lost its age restriction', (lab: Lab) => lab.discord.setRestricted('lounge', false)],
    ['the server holds such results now', (lab: Lab) => change(lab, { flaggedRestricted: 'hold' })],
  ])('is held for an approval when %s', async (_what, changeThat) => {
    const lab = await createModeratedLab(settings);
    const { id, card } = await takeDownInLounge(lab);
    await changeThat(lab);
    await pressCard(lab, otto, card, 'review-undo');
    await lab.until('another card', () => cardsOf(lab, id).length === 2);
    const second = cardsOf(lab, id).find((one) => one.id !== card.id) ?? card;
    await untilControls(lab, second, [...held, en.moderation.card.timeOut]);
    await untilControls(lab, card, []);
    expect(picturesIn(lab, 'lounge')).toEqual([]);
    await pressCard(lab, vera, second, 'review-approve');
    await lab.until('the picture', () => picturesIn(lab, 'lounge').length === 1);
    await untilLogged(lab, id, 'noah reported', 'otto taken-down', 'otto undone', 'bot held', 'vera approved');
    // The leak check goes by the last settings, and it was posted under these.
    await change(lab, settings);
  });

  it('can still be asked about when the server blocks such results now', async () => {
    const lab = await createModeratedLab(settings);
    const { id, card } = await takeDownInLounge(lab);
    await change(lab, { flaggedRestricted: 'block' });
    await pressCard(lab, otto, card, 'review-undo');
    await untilLogged(lab, id, 'noah reported', 'otto taken-down', 'otto undone', 'bot blocked');
    await untilControls(lab, card, []);
    const note = () => lab.discord.messages('dm-mia').find((message) => carries(message, 'contest:'));
    await lab.until('the note', () => note() !== undefined);
    await pressCard(lab, at(mia, 'dm'), note() ?? card, 'contest');
    await lab.until('another card', () => cardsOf(lab, id).length === 2);
    const second = cardsOf(lab, id).find((one) => one.id !== card.id) ?? card;
    await untilControls(lab, second, [...held, en.moderation.card.timeOut]);
    await pressCard(lab, vera, second, 'review-approve');
    await lab.until('the picture', () => picturesIn(lab, 'lounge').length === 1);
    await change(lab, settings);
  });
});
