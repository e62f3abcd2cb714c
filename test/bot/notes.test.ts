// The private note about a held result follows what becomes of it for as long as Discord lets it be rewritten, so that it
// never stands there saying what is over.

import { expect, it } from 'vitest';
import type { Interaction } from '../../sandbox/discord/discord.ts';
import { en } from '../../src/texts/en/en.ts';
import type { Lab } from '../lab.ts';
import { askToDelete, hourMs, mia, privateText, vera } from '../support.ts';
import {
  card,
  cardsOf,
  controls,
  createModeratedLab,
  directMessages,
  holdOne,
  notes,
  picturesIn,
  pressCard,
  reject,
  said,
} from './review-cards.ts';

const note = (edit: Interaction) => said(edit.followups()[0]) ?? '';
const untilNote = (lab: Lab, edit: Interaction, words: string) => lab.until(words, () => note(edit).includes(words));
const looksAtIt = 'The model flagged your result, so a moderator looks at it first.';

it('follows each verdict, what is taken back and what is asked for, and stays one message', async () => {
  const lab = await createModeratedLab();
  const { edit, card: shown } = await holdOne(lab);
  await untilNote(lab, edit, looksAtIt);

  await reject(lab, vera, shown, { reason: 'nsfw', note: 'Not here.' });
  await untilNote(
    lab,
    edit,
    'A moderator decided not to show your result. Reason: Not safe for this server: Not here.',
  );
  await lab.until('undo', () => controls(shown).includes('Undo'));
  await pressCard(lab, vera, shown, 'review-undo');
  await untilNote(lab, edit, looksAtIt);
  expect(controls(edit.followups()[0] ?? shown)).toEqual(['Withdraw it']);

  await lab.until('open again', () => controls(shown).includes('Reject'));
  await reject(lab, vera, shown, { reason: 'rules' });
  await lab.until('a way to ask', () => controls(edit.followups()[0] ?? shown).includes('Ask for another look'));
  const asked = lab.discord.press(mia, edit.followups()[0]?.id ?? '', /^contest:/);
  expect(await privateText(asked)).toBe('I have asked the moderators for another look.');
  await untilNote(lab, edit, 'You asked for another look, so I show your result to the moderators.');

  await lab.until('open once more', () => controls(shown).includes('Approve'));
  await pressCard(lab, vera, shown, 'review-approve');
  await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
  const [picture] = picturesIn(lab, 'general');
  const { guild } = lab.discord.world;
  const link = `https://discord.com/channels/${guild.id}/${picture?.channelId}/${picture?.id}`;
  await untilNote(lab, edit, `A moderator approved your result: ${link}`);
  const question = await (await askToDelete(lab, mia, picture?.id ?? '')).replied();
  await lab.discord.press(mia, question.id, /^delete-confirmed:/).acknowledged;
  await untilNote(lab, edit, 'Your result was deleted.');
  expect(edit.followups()).toHaveLength(1);
});

it('no longer says that no moderator can be reached once one can', async () => {
  const lab = await createModeratedLab();
  await lab.discord.deny('review', 'SEND_MESSAGES');
  const edit = lab.edit('blur [flagged]');
  await untilNote(lab, edit, "right now I can't reach them in this server");
  lab.discord.allow('review');
  await card(lab, edit.id);
  await untilNote(lab, edit, looksAtIt);
  expect(notes(lab, 'mia')).toHaveLength(1);
});

it('says that no moderator can be reached where it said that one looks at it', async () => {
  const lab = await createModeratedLab();
  lab.discord.standIn.fault({
    method: 'POST',
    path: new RegExp(`/channels/${lab.discord.world.channel('review').id}/messages$`),
    kind: 'answer',
    status: 403,
    body: { code: 50013, message: 'Missing Permissions' },
    times: 1_000,
  });
  const edit = lab.edit('blur [flagged]');
  await untilNote(lab, edit, looksAtIt);
  await untilNote(lab, edit, "right now I can't reach them in this server");
  expect(notes(lab, 'mia')).toHaveLength(1);
});

it('asking for another look while the bot is kept out of the review channel comes to pass once it is let in', async () => {
  const lab = await createModeratedLab();
  const { edit, card: shown } = await holdOne(lab);
  await reject(lab, vera, shown, { reason: 'nsfw' });
  await untilNote(lab, edit, 'A moderator decided not to show your result.');
  lab.discord.deny('review', 'VIEW_CHANNEL');
  const asked = lab.discord.press(mia, edit.followups()[0]?.id ?? '', /^contest:/);
  expect(await privateText(asked)).toContain('ask them for another look as soon as I can.');
  await untilNote(lab, edit, "right now I can't reach them in this server");
  lab.discord.allow('review');
  const open = () => cardsOf(lab, edit.id).some((one) => controls(one).includes('Approve'));
  await lab.until('a card to decide on', open);
  await untilNote(lab, edit, 'You asked for another look');
});

it('asking for another look while the review channel is gone promises it for later', async () => {
  const lab = await createModeratedLab();
  const { edit, card: shown } = await holdOne(lab);
  await reject(lab, vera, shown, { reason: 'nsfw' });
  await untilNote(lab, edit, 'A moderator decided not to show your result.');
  lab.discord.deleteChannel('review');
  const asked = lab.discord.press(mia, edit.followups()[0]?.id ?? '', /^contest:/);
  expect(await privateText(asked)).toBe(
    "I can't reach the moderators right now, and ask them for another look as soon as I can.",
  );
  await untilNote(lab, edit, "right now I can't reach them in this server");
});

it('a note whose time is over, or that is gone, holds nothing up', async () => {
  const lab = await createModeratedLab();
  const late = await holdOne(lab);
  await untilNote(lab, late.edit, looksAtIt);
  lab.clock.move(hourMs);
  await pressCard(lab, vera, late.card, 'review-approve');
  await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
  expect(note(late.edit)).toContain(looksAtIt);

  const gone = await holdOne(lab);
  await untilNote(lab, gone.edit, looksAtIt);
  lab.discord.standIn.fault({
    method: 'PATCH',
    path: new RegExp(`/messages/${gone.edit.followups()[0]?.id}`),
    kind: 'answer',
    status: 404,
    body: { code: 10008, message: 'Unknown Message' },
  });
  await reject(lab, vera, gone.card, {});
  await lab.until('the letter', () => directMessages(lab, 'mia').length === 1);
});

it('whoever takes no direct messages reads the verdict once, in the note that there is', async () => {
  const lab = await createModeratedLab();
  lab.discord.closeDms('mia');
  const { edit, card: shown } = await holdOne(lab);
  await untilNote(lab, edit, looksAtIt);
  await reject(lab, vera, shown, { reason: 'nsfw' });
  await untilNote(lab, edit, 'A moderator decided not to show your result.');
  await lab.until('the channel says so', () => edit.original()?.content === en.result.notShown.rejected);
  // What it is at is done before it stops.
  await lab.stop();
  expect(edit.followups()).toHaveLength(1);
  expect(controls(edit.followups()[0] ?? shown)).toEqual(['Ask for another look']);
});
