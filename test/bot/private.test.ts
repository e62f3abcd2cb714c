// A private result: only its requester sees it, whatever happens, until they share it.
import { expect, it } from 'vitest';
import { createLab, type Lab, stamp } from '../lab.ts';
import { at, mia, minuteMs, noah, privateReply, privateText, vera, type Who } from '../support.ts';
import { card, controls, createModeratedLab, pressCard, reportPicture } from './review-cards.ts';

const ask = (lab: Lab, prompt = 'sepia', more: Record<string, string | number | boolean> = {}, by: Who = mia) =>
  lab.discord.slash(by, 'edit', { image: stamp, prompt, private: true, ...more });
/** What everybody sees of the bot in the channel. */
const seen = (lab: Lab, channel = 'general') =>
  lab.discord.messages(channel).filter((one) => one.ephemeralFor === undefined);

it('is seen by its requester alone, and then by everybody', async () => {
  const lab = await createLab();
  const mine = await privateReply(ask(lab, 'sepia', { seed: 7 }));
  expect(mine.attachments).toHaveLength(1);
  expect(controls(mine)).toEqual(['Share', 'Edit further', 'Change', 'Again', 'More…']);
  expect(seen(lab)).toEqual([]);
  await lab.stop();
  await lab.start();

  const shared = await lab.discord.press(mia, mine.id, /^share:/).replied();
  expect(shared.ephemeralFor).toBeUndefined();
  expect(shared.attachments).toHaveLength(1);
  expect(controls(shared)).toEqual(['Edit further', 'Change', 'Again', 'More…']);
  expect(lab.runs()).toHaveLength(1);
  // From now on it is a result like every other.
  expect((await lab.discord.press(noah, shared.id, /^again:/).replied()).ephemeralFor).toBeUndefined();
  expect(await privateText(lab.discord.press(mia, mine.id, /^share:/))).toContain('already');
  expect(await reportPicture(lab, noah, shared.id)).not.toContain("don't remember");
});

it('is shared once, whoever presses twice', async () => {
  const lab = await createLab();
  const mine = await privateReply(ask(lab));
  await lab.until('that is on record', () => lab.logs.some(({ msg }) => msg === 'edit delivered'));
  const presses = [1, 2, 3].map(() => lab.discord.press(mia, mine.id, /^share:/));
  await lab.until('one is posted', () => seen(lab).some(({ attachments }) => attachments.length === 1));
  await Promise.all(presses.map(({ acknowledged }) => acknowledged));
  await lab.until('the others are answered', () => seen(lab).filter(({ loading }) => loading).length === 0);
  expect(seen(lab).flatMap(({ attachments }) => attachments)).toHaveLength(1);
});

it('what is made of it is private, too', async () => {
  const lab = await createLab();
  const mine = await privateReply(ask(lab));
  expect((await privateReply(lab.discord.press(mia, mine.id, /^again:/))).attachments).toHaveLength(1);
  const modal = lab.discord.press(mia, mine.id, /^further:/);
  await modal.acknowledged;
  expect((await privateReply(lab.discord.submit(mia, modal, { prompt: 'blur' }))).attachments).toHaveLength(1);
  expect(seen(lab)).toEqual([]);
});

it('a failure stays private, and so does what comes too late for the reply', async () => {
  const lab = await createLab();
  await privateReply(ask(lab, 'sepia [failed]'));
  const late = ask(lab, 'sepia [stuck]');
  await lab.until('it runs', () => lab.runs().length === 2);
  lab.clock.move(20 * minuteMs);
  await lab.until('nothing else is due', () => late.original() !== undefined);
  lab.runflow.finish(lab.runs()[1]?.id ?? '');
  await lab.until('it is there', () =>
    lab.discord.messages('dm-mia').some(({ attachments }) => attachments.length === 1),
  );
  expect(lab.discord.messages('dm-mia')[0]?.content).toContain('Your private picture');
  expect(seen(lab)).toEqual([]);
});

it('a flagged one waits for moderators without a line in the channel, and comes to its requester alone', async () => {
  const lab = await createModeratedLab();
  const asked = ask(lab, 'sepia [flagged]');
  const posted = await card(lab, asked.id);
  expect(seen(lab)).toEqual([]);
  await pressCard(lab, vera, posted, 'review-approve');
  await lab.until('it is there', () => asked.original()?.attachments.length === 1);
  expect(asked.original()?.ephemeralFor).toBeDefined();
  expect(seen(lab)).toEqual([]);
});

it('does not exist where nobody else is', async () => {
  const lab = await createLab();
  const message = await ask(lab, 'sepia', {}, at(mia, 'dm')).replied();
  expect(message.attachments).toHaveLength(1);
  expect(controls(message)).not.toContain('Share');
});
