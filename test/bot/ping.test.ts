// Who is pinged in the review channel, and that a contest is heard under its card.
import { expect, it } from 'vitest';
import type { Message } from '../../sandbox/discord/discord.ts';
import type { Lab } from '../lab.ts';
import { at, hourMs, mia, minuteMs, noah, otto, privateText, vera } from '../support.ts';
import {
  card as cardOf,
  createModeratedLab,
  holdOne,
  picturesIn,
  pressCard,
  reject,
  reportPicture,
} from './review-cards.ts';

const moderators = (lab: Lab) => lab.discord.world.roles.find(({ name }) => name === 'Moderators')?.id ?? '';
const pinged = (lab: Lab) =>
  lab.discord.messages('review').filter(({ mentions }) => mentions.includes(`@&${moderators(lab)}`));

async function contest(lab: Lab): Promise<void> {
  await lab.until('the note', () => lab.discord.messages('dm-mia').length > 0);
  const [note] = lab.discord.messages('dm-mia');
  if (!note) throw new Error('no note');
  expect(await pressCard(lab, at(mia, 'dm'), note, 'contest')).toContain('asked the moderators');
}

const answersTo = (lab: Lab, card: Message) =>
  lab.discord.messages('review').filter(({ repliesTo }) => repliesTo === card.id);

it('the role is pinged once for each quiet spell, by cards, contests and reminders, and nobody else ever', async () => {
  const lab = await createModeratedLab({}, { idle: true });
  await lab.start();
  expect(
    await privateText(lab.discord.slash(otto, 'settings', { ping: { role: 'Moderators' } }, 'moderation')),
  ).toContain(`Pinged about what waits: <@&${moderators(lab)}>`);
  const first = await holdOne(lab);
  expect(pinged(lab).map(({ id }) => id)).toEqual([first.card.id]);
  lab.clock.move(20 * minuteMs);
  await holdOne(lab, 'sepia [flagged]');
  // Half an hour after the first, but not after the last.
  lab.clock.move(20 * minuteMs);
  await reject(lab, vera, first.card, {});
  await contest(lab);
  await lab.until('the answer', () => answersTo(lab, first.card).length === 1);
  expect(pinged(lab)).toHaveLength(1);
  lab.clock.move(31 * minuteMs);
  await lab.edit('invert').replied();
  await lab.until('delivered', () => lab.logs.some(({ msg }) => msg === 'edit delivered'));
  const result = picturesIn(lab, 'general').at(-1);
  await reportPicture(lab, noah, result?.id ?? '');
  await lab.until('the report', () => pinged(lab).length === 2);
  lab.clock.move(12 * hourMs);
  await lab.stop();
  await lab.start();
  await lab.until('a reminder', () => pinged(lab).length === 3);
  expect(pinged(lab).at(-1)?.content).toContain('is waiting for a moderator since');
  for (const { mentions } of lab.discord.messages('review')) {
    expect(mentions.filter((one) => one !== `@&${moderators(lab)}`)).toEqual([]);
  }
});

it('nobody is pinged unless the server says whom, and never everyone', async () => {
  const lab = await createModeratedLab();
  await holdOne(lab);
  expect(pinged(lab)).toEqual([]);
  const everyone = lab.discord.world.guild.id;
  const answer = await privateText(lab.discord.slash(otto, 'settings', { ping: { role: everyone } }, 'moderation'));
  expect(answer).toContain('Everyone has that role');
});

it('a contest is a message under its card, once, also when the first try fails', async () => {
  const lab = await createModeratedLab();
  const { edit, card } = await holdOne(lab);
  await reject(lab, vera, card, {});
  const { id } = lab.discord.world.channel('review');
  lab.discord.standIn.fault({
    method: 'POST',
    path: new RegExp(`/channels/${id}/messages$`),
    kind: 'reset-after',
    times: 1,
  });
  await contest(lab);
  await lab.until('the answer', () => answersTo(lab, card).length > 0);
  await lab.until('an open card', () => card.content.includes('asked for another look'));
  expect(answersTo(lab, card)).toHaveLength(1);
  expect(answersTo(lab, card)[0]?.content).toMatch(/^<@\d+> asks for another look at this\.$/);
  expect((await cardOf(lab, edit.id)).id).toBe(card.id);
});
