// A held result that its requester withdraws: nobody sees it, nobody has to decide, and it is there in nobody's queue.
import { expect, it } from 'vitest';
import { at, mia, noah, vera } from '../support.ts';
import { openQueue } from './queue.ts';
import {
  controls,
  createModeratedLab,
  holdOne,
  notes,
  picturesIn,
  pressCard,
  reject,
  untilLogged,
} from './review-cards.ts';

it('is taken back with one press on the note that says that it waits', async () => {
  const lab = await createModeratedLab();
  const { edit, card } = await holdOne(lab);
  await lab.until('the note', () => notes(lab, 'mia').some((note) => controls(note).includes('Withdraw it')));
  const note = notes(lab, 'mia').find((one) => controls(one).includes('Withdraw it'));
  if (!note) throw new Error('no note');
  expect(await pressCard(lab, mia, note, 'withdraw')).toBe(
    "Withdrawn. It won't be shown, and the moderators have nothing to decide about it any more.",
  );
  await lab.until('the card', () => card.content.includes('**Deleted**') && controls(card).length === 0);
  await lab.until('the line in the channel is gone', () => lab.discord.messages('general').length === 0);
  expect(picturesIn(lab, 'general')).toEqual([]);
  expect((await openQueue(lab)).content).toContain('Nothing is waiting for a moderator.');
  await untilLogged(lab, edit.id, 'bot held', 'mia deleted');
  expect(await pressCard(lab, vera, card, 'review-approve').catch(() => 'no button')).toBe('no button');
});

it('after a decision it is too late, and says so; nobody else can', async () => {
  const lab = await createModeratedLab();
  const { card } = await holdOne(lab);
  await lab.until('the note', () => notes(lab, 'mia').some((note) => controls(note).includes('Withdraw it')));
  const note = notes(lab, 'mia').find((one) => controls(one).includes('Withdraw it'));
  if (!note) throw new Error('no note');
  const { components } = note;
  await reject(lab, vera, card, {});
  await lab.until('another note', () => !controls(note).includes('Withdraw it'));
  note.components = components;
  expect(await pressCard(lab, mia, note, 'withdraw')).toContain('does not wait for a moderator any more');
  const { card: other } = await holdOne(lab, 'sepia [flagged]');
  other.components = components;
  expect(await pressCard(lab, at(noah, 'review'), other, 'withdraw').catch(() => 'unseen')).toBe('unseen');
});
