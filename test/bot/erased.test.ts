// What the database still holds of a deleted result, read as bytes: neither the prompt nor any address of a picture, as soon
// as nothing is owed for it any more.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Message } from '../../sandbox/discord/discord.ts';
import { type Lab, storePath } from '../lab.ts';
import { askToDelete, mia, minuteMs, noah, otto, vera } from '../support.ts';
import {
  card as cardOf,
  controls,
  createModeratedLab,
  directMessages,
  holdOne,
  picturesIn,
  pressCard,
  readActions,
  reportPicture,
} from './review-cards.ts';

/** Which of these the stopped bot's database holds. */
function kept(lab: Lab, words: readonly string[]): string[] {
  const bytes = readFileSync(storePath(lab));
  return words.filter((word) => bytes.includes(word));
}

async function post(lab: Lab, prompt: string): Promise<Message & { editId: string }> {
  const edit = lab.edit(prompt);
  const result = await edit.until(({ attachments }) => attachments.length > 0);
  await lab.until('delivered', () => lab.logs.some(({ msg, edit: id }) => msg === 'edit delivered' && id === edit.id));
  return Object.assign(result, { editId: edit.id });
}

async function remove(lab: Lab, messageId: string): Promise<void> {
  const question = await (await askToDelete(lab, mia, messageId)).replied();
  await lab.discord.press(mia, question.id, /^delete-confirmed:/).acknowledged;
}

it('a deleted result leaves neither prompt nor address, once nobody can take that back', async () => {
  const lab = await createModeratedLab();
  const kinds = ['quokka', 'wombat', 'numbat', 'bilby'];
  const addresses = ['rocket.jpg', lab.runflow.url];

  const mine = await post(lab, 'a quokka');
  await remove(lab, mine.id);
  await lab.until('gone', () => picturesIn(lab, 'general').length === 0);

  // Undone, its picture still stands when its requester deletes it.
  const { edit, card } = await holdOne(lab, 'a wombat [flagged]');
  lab.discord.expireToken(edit);
  await pressCard(lab, vera, card, 'review-approve');
  await lab.until('the picture', () => picturesIn(lab, 'general').length === 1 && controls(card).join() === 'Undo');
  const [shown] = picturesIn(lab, 'general');
  const path = new RegExp(`/messages/${shown?.id}$`);
  const allow = lab.discord.standIn.fault({ method: 'DELETE', path, kind: 'answer', status: 503, times: 10_000 });
  await pressCard(lab, vera, card, 'review-undo');
  await lab.until('the open card', () => controls(card).length === 4);
  await remove(lab, shown?.id ?? '');
  await lab.until('nothing to press', () => controls(card).length === 0);
  await lab.stop();
  expect(kept(lab, kinds), 'as long as it has to come down').toEqual(['wombat']);
  allow();
  await lab.start();
  await lab.until('gone', () => picturesIn(lab, 'general').length === 0);

  // Taken down, it may be undone for a while.
  const reported = await post(lab, 'a numbat');
  await reportPicture(lab, noah, reported.id);
  const reportCard = await cardOf(lab, reported.editId);
  await pressCard(lab, otto, reportCard, 'review-take-down');
  await lab.until('everybody knows', () => ['mia', 'noah'].every((name) => directMessages(lab, name).length > 0));
  await lab.until('undo', () => controls(reportCard).join() === 'Undo');
  await lab.stop();
  expect(kept(lab, kinds), 'as long as that can be undone').toEqual(['numbat']);
  lab.clock.move(16 * minuteMs);
  await lab.start();
  await lab.until('the end of undo', () => controls(reportCard).length === 0);
  await lab.stop();
  expect(kept(lab, [...kinds, ...addresses])).toEqual([]);
  expect(await readActions(lab, reported.editId), 'the log has what it needs').toEqual([
    'noah reported',
    'otto taken-down',
  ]);

  await lab.start();
  await post(lab, 'a bilby');
  await lab.stop();
  expect(kept(lab, [...kinds, ...addresses]), 'what stands is kept').toEqual(['bilby', ...addresses]);
});
