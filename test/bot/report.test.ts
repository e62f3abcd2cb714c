// "Report this edit" on a posted result: one card, everybody told how it ended, and what may happen to it meanwhile.

import { describe, expect, it } from 'vitest';
import type { Message } from '../../sandbox/discord/discord.ts';
import { en } from '../../src/texts/en/en.ts';
import { createLab, type Lab } from '../lab.ts';
import { askToDelete, at, hourMs, mia, noah, otto, privateText, vera, type Who } from '../support.ts';
import {
  card as cardOf,
  cardsOf,
  controls,
  createModeratedLab,
  directMessages,
  picturesIn,
  pressCard,
  readActions,
  readLog,
  reportPicture,
  untilLogged,
} from './review-cards.ts';

const open = [en.moderation.card.takeDown, en.moderation.card.keep, en.moderation.card.timeOut];
const veraInGeneral = at(vera, 'general');

/** mia's posted picture. */
async function post(lab: Lab, prompt = 'blur'): Promise<{ id: string; result: Message }> {
  const edit = lab.edit(prompt);
  const result = await edit.until(({ attachments }) => attachments.length > 0);
  await lab.until('delivered', () => lab.logs.some(({ msg, edit: id }) => msg === 'edit delivered' && id === edit.id));
  return { id: edit.id, result };
}

const report = (lab: Lab, by: Who, message: Message) => reportPicture(lab, by, message.id);

const untilOpen = (lab: Lab, card: Message) => lab.until('an open card', () => controls(card).join() === open.join());

describe('a report', () => {
  it('asks for a reason, which the card and the log keep, with the note', async () => {
    const lab = await createModeratedLab();
    const { id, result } = await post(lab);
    await reportPicture(lab, noah, result.id, { reason: 'person', note: 'That is *my* sister.' });
    const card = await cardOf(lab, id);
    const noahId = lab.discord.world.user('noah').id;
    expect(card.content).toContain(`-# <@${noahId}>: Shows a real person: That is \\*my\\* sister.`);
    expect(card.content).toContain(`[the message](https://discord.com/channels/`);
    await reportPicture(lab, veraInGeneral, result.id, { reason: 'other' });
    await lab.until('the second reason', () => card.content.includes('>: Something else'));
    const [entry] = (await readLog(lab)).filter(({ action }) => action === 'reported');
    expect(entry?.reason).toEqual({ key: 'person', note: 'That is *my* sister.' });
  });

  it('of what cannot be reported says so before it asks for anything', async () => {
    const lab = await createModeratedLab({ reviewChannel: undefined });
    const { result } = await post(lab);
    const asked = lab.discord.menu(noah, en.moderation.report.menu, result.id);
    expect(await privateText(asked)).toBe('This server has no review channel. Please tell a moderator directly.');
    expect(asked.modal).toBeUndefined();
  });

  it('opens one card with the picture; others join it; taken down, everybody is told', async () => {
    const lab = await createModeratedLab();
    const { id, result } = await post(lab);
    expect(await report(lab, noah, result)).toBe(
      'Thank you. I show it to the moderators, and tell you in a direct message what comes of it.',
    );
    const card = await cardOf(lab, id);
    expect(controls(card)).toEqual(open);
    expect(card.attachments.map(({ spoiler }) => spoiler)).toEqual([true, true]);
    expect(await report(lab, veraInGeneral, result)).toBe(
      'It is reported already, and the moderators decide about it. I tell you in a direct message what comes of it.',
    );
    expect(await report(lab, noah, result)).toBe(
      'It is reported already, and the moderators decide about it. I tell you in a direct message what comes of it.',
    );
    const names = ['noah', 'vera'].map((name) => `<@${lab.discord.world.user(name).id}>`).join(', ');
    await lab.until('both names', () => card.content.includes(`**Reported result** – by ${names}.`));
    expect(card.mentions).toEqual([]);
    expect(cardsOf(lab, id)).toHaveLength(1);

    expect(await pressCard(lab, otto, card, 'review-take-down')).toBe('Taken down.');
    await lab.until('taken down', () => picturesIn(lab, 'general').length === 0);
    await lab.until('all direct messages', () =>
      ['noah', 'vera', 'mia'].every((name) => directMessages(lab, name).length === 1),
    );
    expect(directMessages(lab, 'noah')).toEqual(['A moderator took down the picture that you reported. Thank you.']);
    expect(directMessages(lab, 'mia')).toEqual(['A moderator took down your picture after a report.']);
    await lab.until('undo', () => controls(card).join() === 'Undo');
    await untilLogged(lab, id, 'noah reported', 'vera reported', 'otto taken-down');
  });

  it('answers each who reported, once, wherever a try ends, and names the place, the prompt and the reason', async () => {
    // No nonce saves a message from being sent again.
    const lab = await createModeratedLab({}, { discord: { nonceMs: 0 } });
    const { id, result } = await post(lab, 'make the sky  purple');
    for (const by of [noah, at(otto, 'general'), veraInGeneral]) await report(lab, by, result);
    const reported = await cardOf(lab, id);
    const dm = lab.discord.world.channel('dm-otto', lab.discord.world.user('otto').id).id;
    lab.discord.standIn.fault({
      method: 'POST',
      path: new RegExp(`/channels/${dm}/messages`),
      kind: 'answer',
      status: 503,
      times: 3,
    });
    await pressCard(lab, vera, reported, 'review-take-down');
    const told = 'A moderator took down the picture that you reported. Thank you.';
    await lab.until('all', () => ['noah', 'otto', 'vera', 'mia'].every((name) => directMessages(lab, name).length > 0));
    await untilLogged(lab, id, 'noah reported', 'otto reported', 'vera reported', 'vera taken-down');
    for (const name of ['noah', 'otto', 'vera']) expect(directMessages(lab, name), name).toEqual([told]);
    const { guild } = lab.discord.world;
    const channel = lab.discord.world.channel('general').id;
    expect(lab.discord.messages('dm-mia').map(({ content }) => content)).toEqual([
      `-# **${guild.name}** · <#${channel}> · https://discord.com/channels/${guild.id}/${channel}/${result.id}\n` +
        '> make the sky purple\nA moderator took down your picture after a report.',
    ]);
  });

  it('of several is answered to each, although Discord knows a nonce by its author alone', async () => {
    const lab = await createModeratedLab();
    const { id, result } = await post(lab);
    for (const by of [noah, at(otto, 'general'), veraInGeneral]) await report(lab, by, result);
    await pressCard(lab, vera, await cardOf(lab, id), 'review-keep');
    await lab.until('all', () => ['noah', 'otto', 'vera'].every((name) => directMessages(lab, name).length === 1));
  });

  it('that is not shared by the moderators: the picture stays, the reporter is told, a later one opens another', async () => {
    const lab = await createModeratedLab();
    const { id, result } = await post(lab);
    await report(lab, noah, result);
    const card = await cardOf(lab, id);
    await pressCard(lab, vera, card, 'review-keep');
    await lab.until('the direct message', () => directMessages(lab, 'noah').length === 1);
    expect(directMessages(lab, 'noah')).toEqual([
      'The moderators looked at the picture that you reported and decided to keep it.',
    ]);
    expect(directMessages(lab, 'mia')).toEqual([]);
    expect(picturesIn(lab, 'general')).toHaveLength(1);
    expect(controls(card)).toEqual(['Undo']);
    await untilLogged(lab, id, 'noah reported', 'vera kept');
    expect(await report(lab, mia, result)).toBe(
      'Thank you. I show it to the moderators, and tell you in a direct message what comes of it.',
    );
    await lab.until('another card', () => cardsOf(lab, id).length === 2);
    expect(controls(cardsOf(lab, id)[1] ?? card)).toEqual(open);
  });

  it('that was decided by a slip is undone, and the next decision is told as well', async () => {
    const lab = await createModeratedLab();
    const { id, result } = await post(lab);
    await report(lab, noah, result);
    const card = await cardOf(lab, id);
    await pressCard(lab, vera, card, 'review-keep');
    await lab.until('the direct message', () => directMessages(lab, 'noah').length === 1);
    await lab.until('undo', () => controls(card).join() === 'Undo');
    expect(await pressCard(lab, vera, card, 'review-undo')).toBe('Taken back. The card is open again.');
    await untilOpen(lab, card);
    await pressCard(lab, vera, card, 'review-take-down');
    await lab.until(
      'the direct messages',
      () => directMessages(lab, 'noah').length === 2 && directMessages(lab, 'mia').length === 1,
    );
    expect(directMessages(lab, 'noah')).toEqual([
      'The moderators looked at the picture that you reported and decided to keep it.',
      'The moderators looked again at the picture that you reported, and a moderator took it down. Thank you.',
    ]);
    await lab.until('undo', () => controls(card).join() === 'Undo');
    await pressCard(lab, vera, card, 'review-undo');
    await untilOpen(lab, card);
    await pressCard(lab, vera, card, 'review-keep');
    await lab.until('the third', () => directMessages(lab, 'noah').length === 3);
    expect(directMessages(lab, 'noah')[2]).toBe(
      'The moderators looked again at the picture that you reported and decided to keep it.',
    );
    await untilLogged(
      lab,
      id,
      'noah reported',
      'vera kept',
      'vera undone',
      'vera taken-down',
      'vera undone',
      'vera kept',
    );
  });

  it('of a picture that its requester deletes meanwhile still ends, and the reporter is told that it is gone', async () => {
    const lab = await createModeratedLab();
    const { id, result } = await post(lab);
    await report(lab, noah, result);
    const card = await cardOf(lab, id);
    const asked = await askToDelete(lab, mia, result.id);
    const question = await asked.replied();
    lab.discord.press(mia, question.id, /^delete-confirmed:/);
    await untilLogged(lab, id, 'noah reported', 'mia deleted');
    await lab.until('gone', () => picturesIn(lab, 'general').length === 0);
    await pressCard(lab, vera, card, 'review-keep');
    await lab.until('the direct message', () => directMessages(lab, 'noah').length === 1);
    expect(directMessages(lab, 'noah')).toEqual(['The picture that you reported was deleted.']);
    await untilLogged(lab, id, 'noah reported', 'mia deleted', 'vera kept');
  });

  it('of a message that is deleted by hand before the card is there gets its pictures from the run', async () => {
    const lab = await createModeratedLab();
    const { id, result } = await post(lab);
    const asked = lab.discord.menu(noah, en.moderation.report.menu, result.id);
    await asked.acknowledged;
    lab.discord.deleteMessage(result.id);
    expect(await privateText(lab.discord.submit(noah, asked, { reason: 'person' }))).toBe(
      'Thank you. I show it to the moderators, and tell you in a direct message what comes of it.',
    );
    const card = await cardOf(lab, id);
    expect(card.attachments).toHaveLength(2);
    await pressCard(lab, vera, card, 'review-take-down');
    await lab.until(
      'the direct messages',
      () => directMessages(lab, 'noah').length === 1 && directMessages(lab, 'mia').length === 1,
    );
  });

  it('that nobody looks at keeps the picture and says so; closed direct messages hold nothing up', async () => {
    const lab = await createModeratedLab();
    lab.discord.closeDms('vera');
    const { id, result } = await post(lab);
    await report(lab, veraInGeneral, result);
    await report(lab, noah, result);
    await cardOf(lab, id);
    await lab.stop();
    lab.clock.move(72 * hourMs);
    await lab.start();
    await lab.until('the direct message', () => directMessages(lab, 'noah').length === 1);
    expect(directMessages(lab, 'noah')).toEqual([
      'No moderator looked at the picture that you reported in time, so it stays.',
    ]);
    await untilLogged(lab, id, 'vera reported', 'noah reported', 'bot kept');
    expect(picturesIn(lab, 'general')).toHaveLength(1);
  });

  it('where the review channel cannot be posted in waits for one, and the picture stays meanwhile', async () => {
    const lab = await createModeratedLab();
    const { id, result } = await post(lab);
    lab.discord.deny('review', 'SEND_MESSAGES');
    await report(lab, noah, result);
    await lab.until('a wait', () => lab.logs.some(({ msg }) => msg === 'a card waits for a review channel'));
    expect(picturesIn(lab, 'general')).toHaveLength(1);
    lab.discord.allow('review');
    const card = await cardOf(lab, id);
    expect(directMessages(lab, 'mia'), 'it is no business of hers').toEqual([]);
    await pressCard(lab, vera, card, 'review-keep');
    await untilLogged(lab, id, 'noah reported', 'vera kept');
  });

  it('that finds no review channel at all ends in time, and the reporter is told that nobody looked', async () => {
    const lab = await createModeratedLab();
    const { id, result } = await post(lab);
    lab.discord.deny('review', 'SEND_MESSAGES');
    await report(lab, noah, result);
    await lab.until('a wait', () => lab.logs.some(({ msg }) => msg === 'a card waits for a review channel'));
    await lab.stop();
    lab.clock.move(72 * hourMs);
    await lab.start();
    await lab.until('the direct message', () => directMessages(lab, 'noah').length === 1);
    await untilLogged(lab, id, 'noah reported', 'bot kept');
  });
});

describe('what is not taken as a report', () => {
  it('other messages, a server without a review channel, a picture that is gone', async () => {
    const lab = await createLab();
    const { result } = await post(lab);
    expect(await report(lab, noah, result)).toBe(
      'This server has no review channel. Please tell a moderator directly.',
    );
    const spoken = lab.discord.post(mia, 'hello');
    expect(await report(lab, noah, spoken)).toBe('I can only take reports about pictures that I posted.');
    const copy = lab.discord.post(mia, 'a copy');
    copy.components = result.components;
    expect(await report(lab, noah, copy)).toBe('I can only take reports about pictures that I posted.');
  });

  it('a notice without a picture', async () => {
    const lab = await createModeratedLab();
    const edit = lab.edit('blur [flagged]');
    const card = await cardOf(lab, edit.id);
    const notice = edit.original();
    if (!notice) throw new Error('no notice');
    expect(await report(lab, noah, notice)).toBe('I can only take reports about pictures that I posted.');
    expect(await report(lab, vera, card)).toBe('I can only take reports about pictures that I posted.');
    expect(await readActions(lab, edit.id)).toEqual(['bot held']);
  });
});

it('a member’s reports are limited, in words, and others’ are not', async () => {
  const lab = await createModeratedLab();
  const { result } = await post(lab);
  for (let times = 0; times < 5; times += 1) expect(await report(lab, noah, result)).not.toContain('a lot');
  expect(await report(lab, noah, result)).toMatch(
    /^You have made 5 reports within 10 minutes, which is the most\. You can report again <t:\d+:R>\.$/,
  );
  expect(await report(lab, veraInGeneral, result)).toContain('It is reported already');
  lab.clock.move(10 * 60_000);
  expect(await report(lab, noah, result)).toContain('It is reported already');
});

it('an approved picture can be reported: its own card stays as it was, the report gets another', async () => {
  const lab = await createModeratedLab();
  const edit = lab.edit('blur [flagged]');
  const first = await cardOf(lab, edit.id);
  await pressCard(lab, vera, first, 'review-approve');
  await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
  await untilLogged(lab, edit.id, 'bot held', 'vera approved');
  const [result] = picturesIn(lab, 'general');
  if (!result) throw new Error('no result');
  await report(lab, noah, result);
  await lab.until('another card', () => cardsOf(lab, edit.id).length === 2);
  await lab.until('nothing to undo', () => controls(first).length === 0);
  await pressCard(lab, otto, cardsOf(lab, edit.id)[1] ?? first, 'review-take-down');
  await lab.until('taken down', () => picturesIn(lab, 'general').length === 0);
});
