// A source that somebody covered gives a covered result, whichever way the result is asked for and shown.
import { expect, it } from 'vitest';
import { editOfRun } from '../../src/run/recover.ts';
import { runMetadata } from '../../src/run/submit.ts';
import { accepted, klein } from '../edit/examples.ts';
import { createLab, rocket } from '../lab.ts';
import { mia, noah, type Reply, vera } from '../support.ts';
import { card as cardOf, cardsOf, createModeratedLab, picturesIn, pressCard } from './review-cards.ts';

const covered = { ...rocket, spoiler: true };
const named = { ...rocket, name: 'SPOILER_rocket.jpg' };
const isCovered = ({ attachments }: Pick<Reply, 'attachments'>) => attachments.map(({ spoiler }) => spoiler);

it('holds for every source of /edit, by its flag and by its name, for Again and for the message menu', async () => {
  const lab = await createLab();
  expect(isCovered(await lab.edit('blur').replied())).toEqual([false]);
  const inputs = [{ image: named }, { image: rocket, image2: covered }, { image: covered, count: 2 }];
  const replies = [];
  for (const input of inputs) {
    replies.push(await lab.discord.slash(mia, 'edit', { prompt: 'blur', ...input }).replied());
  }
  expect(replies.map(isCovered)).toEqual([[true], [true], [true, true]]);

  const again = await lab.discord.press(noah, replies[1]?.id ?? '', /^again:/).replied();
  expect(isCovered(again)).toEqual([true]);
  expect(isCovered(await lab.discord.press(noah, again.id, /^again:/).replied())).toEqual([true]);

  // A covered result is a covered source.
  for (const id of [again.id, lab.discord.post(noah, '', [covered]).id]) {
    const menu = lab.discord.menu(mia, 'Edit this image', id);
    await menu.acknowledged;
    expect(isCovered(await lab.discord.submit(mia, menu, { prompt: 'blur' }).replied())).toEqual([true]);
  }
});

it('holds for a result that was approved as it is, sent directly, and posted again', async () => {
  const lab = await createModeratedLab();
  const edit = () => lab.discord.slash(mia, 'edit', { image: covered, prompt: 'blur [flagged]' });
  const first = edit();
  await pressCard(lab, vera, await cardOf(lab, first.id), 'review-approve');
  await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
  expect(picturesIn(lab, 'general').map(isCovered)).toEqual([[true]]);

  const second = edit();
  const card = await cardOf(lab, second.id);
  lab.discord.expireToken(second);
  lab.discord.deny('general', 'ATTACH_FILES');
  await pressCard(lab, vera, card, 'review-approve');
  await lab.until('sent directly', () => picturesIn(lab, 'dm-mia').length === 1);
  expect(picturesIn(lab, 'dm-mia').map(isCovered)).toEqual([[true]]);
  const theCard = () => cardsOf(lab, second.id)[0] ?? card;
  await lab.until('the card', () => theCard().content.includes('not posted'));
  lab.discord.allow('general');
  await pressCard(lab, vera, theCard(), 'review-post-again');
  await lab.until('posted again', () => picturesIn(lab, 'general').length === 2);
  expect(picturesIn(lab, 'general').map(isCovered)).toEqual([[true], [true]]);
});

it('holds for a channel whose pictures are all covered, and for its threads', async () => {
  const lab = await createLab();
  lab.discord.setSpoilers('general', true);
  const inThread = { ...mia, channel: 'general-thread' };
  try {
    const result = await lab.edit('blur').replied();
    const posted = lab.discord.post(noah, '', [rocket]);
    const menu = lab.discord.menu(mia, 'Edit this image', posted.id);
    await menu.acknowledged;
    const chosen = await lab.discord.submit(mia, menu, { prompt: 'blur' }).replied();
    const there = await lab.edit('blur', {}, inThread).replied();
    expect([result, chosen, there].map(isCovered)).toEqual([[true], [true], [true]]);
  } finally {
    lab.discord.setSpoilers('general', false);
  }
  expect(isCovered(await lab.edit('blur').replied())).toEqual([false]);
});

it('outlives a lost store', () => {
  const edit = accepted();
  for (const spoiler of [true, undefined] as const) {
    const metadata = runMetadata({ ...edit, origin: { ...edit.origin, spoiler } }, 'app');
    const run = { id: 'run-1', createdAt: 1, clientRef: edit.id, metadata, input: edit.input };
    const rebuilt = editOfRun({ ...run, outcome: undefined, hint: undefined }, klein, 'app', 1);
    expect(rebuilt?.origin.spoiler).toBe(spoiler);
  }
});
