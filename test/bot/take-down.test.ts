// A picture that is taken down after a report, with a reason, and a take-down that is taken back: the picture is posted
// again from what is still to be had, unless somebody else has deleted it.

import { describe, expect, it } from 'vitest';
import type { Message } from '../../sandbox/discord/discord.ts';
import { en } from '../../src/texts/en/en.ts';
import type { Lab } from '../lab.ts';
import { mia, noah, otto, privateText, sha256, vera } from '../support.ts';
import {
  card as cardOf,
  cardsOf,
  controls,
  createModeratedLab,
  picturesIn,
  pressCard,
  readLog,
  untilLogged,
} from './review-cards.ts';

type Case = { id: string; result: Message; card: Message };

const open = [en.moderation.card.takeDown, en.moderation.card.keep, en.moderation.card.timeOut];

const untilControls = (lab: Lab, card: Message, wanted: readonly string[]) =>
  lab.until(`a card with ${wanted}`, () => controls(card).join() === wanted.join());

async function report(lab: Lab, id: string, result: Message): Promise<Case> {
  await lab.until('delivered', () => lab.logs.some(({ msg, edit }) => msg === 'edit delivered' && edit === id));
  const before = cardsOf(lab, id).length;
  await privateText(lab.discord.menu(noah, en.moderation.report.menu, result.id));
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
    expect(again && controls(again)).toEqual(['Again', 'Delete']);
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
    const question = await lab.discord.press(mia, result.id, /^delete:/).replied();
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
