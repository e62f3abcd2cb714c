// What cannot be done now is tried again by itself: it holds up nothing else that is due.

import { expect, it } from 'vitest';
import type { Message } from '../../sandbox/discord/discord.ts';
import { type Lab, quick } from '../lab.ts';
import { hourMs, mia, privateText, vera } from '../support.ts';
import {
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

/** Discord answers nothing that makes sense to whoever changes this message. */
function refuseChanges(lab: Lab, { id }: Message): void {
  const path = new RegExp(`/channels/\\d+/messages/${id}$`);
  lab.discord.standIn.fault({ method: 'PATCH', path, kind: 'answer', status: 503, times: 100_000 });
}

const untilPutOff = (lab: Lab, duty: string) =>
  lab.until('put off', () => lab.logs.some(({ msg }) => msg === `${duty} put off`));

it('a card that cannot be rewritten holds up no approved picture, and is rewritten in the end', async () => {
  const lab = await createModeratedLab();
  const { edit, card } = await holdOne(lab);
  refuseChanges(lab, card);
  await pressCard(lab, vera, card, 'review-approve');
  await untilPutOff(lab, 'rewrite-card');
  await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
  lab.discord.standIn.clearFaults();
  await lab.until('the card', () => controls(card).includes('Undo'));
  await untilLogged(lab, edit.id, 'bot held', 'vera approved');
});

it('nor an allowance that is given back, nor the end of the time to decide', async () => {
  const lab = await createModeratedLab({ perDay: 1 });
  const { edit, card } = await holdOne(lab);
  refuseChanges(lab, card);
  await reject(lab, vera, card, {});
  await untilPutOff(lab, 'rewrite-card');
  await lab.until('told', () => directMessages(lab, 'mia').length === 1);
  const next = lab.edit('blur');
  await lab.until('the next picture', () => picturesIn(lab, 'general').length === 1);
  expect(next.original()?.attachments).toHaveLength(1);

  const note = edit.followups()[0];
  await lab.until('a way to ask', () => note !== undefined && controls(note).includes('Ask for another look'));
  await privateText(lab.discord.press(mia, note?.id ?? '', /^contest:/));
  await lab.until('asked', () => said(note)?.includes('You asked for another look') === true);
  lab.clock.move(100 * hourMs);
  await untilLogged(lab, edit.id, 'bot held', 'vera rejected', 'mia contested', 'bot expired');
  expect(controls(card)).toContain('Approve');
});

const tooLarge = "I couldn't make the finished picture small enough";
const takesNoFiles = (lab: Lab) =>
  lab.discord.standIn.fault({
    method: 'POST',
    path: new RegExp(`/channels/${lab.discord.world.channel('review').id}/messages$`),
    kind: 'answer',
    status: 413,
    body: { code: 40005, message: 'Request entity too large' },
    times: 100_000,
  });

it.each([
  ['fits in no format', { shrinkTries: 0 }, () => {}],
  ['is too large for the review channel, however small', {}, takesNoFiles],
] as const)('whoever waits for a moderator is told soon when the picture %s', async (_what, timing, prepare) => {
  const lab = await createModeratedLab({}, { timing: { ...quick, ...timing } });
  prepare(lab);
  const edit = lab.edit('blur [flagged]');
  await lab.until('told', () => edit.followups().some(({ content }) => content.includes(tooLarge)));
  expect(lab.discord.messages('general')).toEqual([]);
  await untilLogged(lab, edit.id, 'bot held', 'bot not-posted');
});
