// A held result on its way through the moderators' hands: the card, each decision, and whom it is told.

import { describe, expect, it } from 'vitest';
import { sayReason } from '../../src/audit/log-line.ts';
import { en } from '../../src/texts/en/en.ts';
import { createLab } from '../lab.ts';
import { at, hourMs, mia, otto, sha256, vera } from '../support.ts';
import {
  cardsOf,
  controls,
  createModeratedLab,
  directMessages,
  holdOne,
  notes,
  picturesIn,
  pressCard,
  readLog,
  reject,
  said,
  untilLogged,
} from './review-cards.ts';

describe('a card', () => {
  it('shows the results and the picture that was edited, blurred, with who asked for what, where and when', async () => {
    const lab = await createModeratedLab();
    const prompt = 'blur *this* @everyone [flagged]';
    const { edit, card } = await holdOne(lab, prompt);
    const { id: miaId } = lab.discord.world.user('mia');
    expect(card.content).toContain('**Flagged result** – the model marked it as not safe for everyone.');
    expect(card.content).toContain('blur \\*this\\* \\@everyone');
    expect(card.content).toContain(`<@${miaId}> · <#${lab.discord.world.channel('general').id}> · <t:`);
    expect(card.content).toMatch(/black-forest-labs\/flux-2-klein-9b\/edit · seed \d+/);
    expect(card.content).toContain('other edits of this member: 0 held back, 0 approved, 0 rejected');
    expect(card.mentions).toEqual([]);
    expect(controls(card)).toEqual([
      en.moderation.card.approve,
      en.moderation.card.approveSpoiler,
      en.moderation.card.reject,
      en.moderation.card.timeOut,
    ]);
    const [result, input] = card.attachments;
    expect(card.attachments.map(({ spoiler }) => spoiler)).toEqual([true, true]);
    expect(sha256(result?.bytes)).toBe(sha256(lab.runs()[0]?.files[0]?.bytes));
    expect(result?.filename).toContain(edit.id);
    expect(input?.description).toBe('The picture that was edited');
    expect(JSON.stringify(edit.original())).not.toContain(result?.filename);
  });

  it('has all the pictures of an edit, the longest prompt, and fits one request', async () => {
    const lab = await createModeratedLab();
    const edit = lab.edit(`[flagged] ${'*_`'.repeat(330)}`, { count: 4 });
    await lab.until('the card', () => cardsOf(lab, edit.id).length === 1);
    const [card] = cardsOf(lab, edit.id);
    expect(card?.attachments).toHaveLength(5);
    expect(card?.content.length).toBeLessThanOrEqual(2000);
  });

  it('counts what became of the member’s earlier edits', async () => {
    const lab = await createModeratedLab();
    const first = await holdOne(lab);
    await pressCard(lab, vera, first.card, 'review-approve');
    const second = await holdOne(lab, 'sepia [flagged]');
    await reject(lab, vera, second.card, {});
    const { card } = await holdOne(lab, 'mirror [flagged]');
    expect(card.content).toContain('other edits of this member: 2 held back, 1 approved, 1 rejected');
  });
});

describe('a decision', () => {
  it('approves: the picture takes the place of the notice, once, and the card says who and when', async () => {
    const lab = await createModeratedLab();
    const { edit, card } = await holdOne(lab);
    expect(await pressCard(lab, vera, card, 'review-approve')).toBe('Approved.');
    await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
    const [result] = picturesIn(lab, 'general');
    expect(result?.id).toBe(edit.original()?.id);
    expect(result?.content).toMatch(/^> blur/);
    expect(result?.attachments.map(({ spoiler }) => spoiler)).toEqual([false]);
    expect(sha256(result?.attachments[0]?.bytes)).toBe(sha256(lab.runs()[0]?.files[0]?.bytes));
    await untilLogged(lab, edit.id, 'bot held', 'vera approved');
    const { id } = lab.discord.world.user('vera');
    expect(card.content).toMatch(new RegExp(`\\*\\*Approved\\*\\* · <@${id}> · <t:\\d+:f>`));
    expect(controls(card)).toEqual(['Undo']);
    expect(card.attachments).toHaveLength(2);
    expect(lab.discord.messages('general')).toHaveLength(1);
  });

  it('approves as spoiler', async () => {
    const lab = await createModeratedLab();
    const { edit, card } = await holdOne(lab);
    await pressCard(lab, otto, card, 'review-spoiler');
    await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
    expect(picturesIn(lab, 'general')[0]?.attachments.map(({ spoiler }) => spoiler)).toEqual([true]);
    await untilLogged(lab, edit.id, 'bot held', 'otto approved-spoiler');
  });

  it.each([
    [{ reason: 'person', note: ' my *mother* ' }, 'Shows a real person: my *mother*', 'person: my \\*mother\\*'],
    [{ reason: 'rules' }, 'Breaks a rule of this server', 'Reason: Breaks a rule of this server'],
    [{ note: 'not here' }, 'not here', 'Reason: not here'],
    [{}, undefined, 'decided not to show your result.'],
  ])('rejects with the modal filled in as %j', async (fields, reason, directMessage) => {
    const lab = await createModeratedLab();
    const { edit, card } = await holdOne(lab);
    expect(await reject(lab, vera, card, fields)).toBe('Rejected.');
    await lab.until('the direct message', () => directMessages(lab, 'mia').length === 1);
    expect(directMessages(lab, 'mia')[0]).toContain(directMessage);
    expect(directMessages(lab, 'mia')[0]?.includes('Reason')).toBe(reason !== undefined);
    expect(lab.discord.messages('general').map(({ content }) => content)).toEqual([
      'A moderator decided not to show this result.',
    ]);
    expect(picturesIn(lab, 'general')).toEqual([]);
    await untilLogged(lab, edit.id, 'bot held', 'vera rejected');
    const logged = (await readLog(lab)).at(-1)?.reason;
    expect(logged && sayReason(logged, en)).toBe(reason);
    expect(card.content).toContain('Rejected');
  });

  it('tells a member whose direct messages are closed on the interaction, or not at all', async () => {
    const lab = await createModeratedLab();
    lab.discord.closeDms('mia');
    const { card } = await holdOne(lab);
    await reject(lab, vera, card, { reason: 'nsfw' });
    await lab.until('the note', () =>
      notes(lab, 'mia').some(({ content }) => content.includes('Not safe for this server')),
    );

    const late = await holdOne(lab, 'sepia [flagged]');
    lab.discord.expireToken(late.edit);
    lab.clock.move(hourMs);
    await reject(lab, vera, late.card, { reason: 'nsfw' });
    await untilLogged(lab, late.edit.id, 'bot held', 'vera rejected');
    await lab.until('the line', () => late.edit.original()?.content === 'A moderator decided not to show this result.');
    await lab.until('closed', () => controls(late.card).length === 1);
  });
});

describe('time', () => {
  it('reminds once after twelve hours and rejects after three days, restarts or not', async () => {
    const lab = await createModeratedLab();
    const { edit, card } = await holdOne(lab);
    await lab.stop();
    lab.clock.move(12 * hourMs);
    await lab.start();
    const reminders = () => lab.discord.messages('review').filter(({ content }) => content.includes(card.id));
    await lab.until('the reminder', () => reminders().length === 1);
    await lab.stop();
    lab.clock.move(12 * hourMs);
    await lab.start();
    await lab.stop();
    expect(reminders()).toHaveLength(1);
    expect(edit.original()?.content).toBe('This result is waiting for a moderator.');
    lab.clock.move(48 * hourMs);
    await lab.start();
    await lab.until('the end', () =>
      directMessages(lab, 'mia').includes('No moderator looked at your result in time, so it is not shown.'),
    );
    expect(edit.original()?.content).toBe('Nobody reviewed this result in time, so it is not shown.');
    await untilLogged(lab, edit.id, 'bot held', 'bot expired');
    expect((await readLog(lab)).at(-1)?.reason).toEqual({ key: 'not-reviewed' });
    expect(controls(card)).toEqual([]);
    expect(card.attachments).toHaveLength(2);
    expect(lab.results('general')).toEqual([]);
  });

  it('takes the pictures of an expired card away where the server wants that', async () => {
    const lab = await createModeratedLab({ deleteExpiredFiles: true, expiryHours: 2, reminderHours: 1 });
    const { card } = await holdOne(lab);
    await lab.stop();
    lab.clock.move(3 * hourMs);
    await lab.start();
    await lab.until('the end', () => card.content.includes('Not reviewed'));
    expect(card.attachments).toEqual([]);
  });
});

describe('a time-out from the card', () => {
  it('stops the member’s edits and leaves the card open', async () => {
    const lab = await createModeratedLab();
    const { edit, card } = await holdOne(lab);
    const chosen = lab.discord.press(vera, card.id, /^review-time-out:/, ['24']);
    expect((await chosen.replied()).content).toMatch(/cannot edit until <t:\d+:f>/);
    const refused = lab.edit('blur');
    expect((await refused.acknowledged).ephemeral).toBe(true);
    expect(lab.runs()).toHaveLength(1);
    await untilLogged(lab, edit.id, 'bot held', 'vera timed-out');
    expect(controls(card)).toHaveLength(4);
    await pressCard(lab, vera, card, 'review-approve');
    await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
  });
});

it('a held result costs the channel nothing but a line, and the requester is told why and what next', async () => {
  const lab = await createModeratedLab();
  const { edit } = await holdOne(lab);
  expect(edit.original()?.content).toBe('This result is waiting for a moderator.');
  expect(lab.discord.messages('general')).toHaveLength(1);
  const [note] = notes(lab, 'mia');
  expect(said(note)).toBe(en.moderation.held.flagged);
  expect(note && controls(note), 'nobody has looked yet').toEqual(['Withdraw it']);
});

it('in a direct message nobody reviews: a flagged result is withheld and nothing can be contested', async () => {
  const lab = await createLab();
  const edit = lab.edit('blur [flagged]', {}, at(mia, 'dm'));
  const reply = await edit.replied();
  expect(said(reply)).toBe('The model flagged your result as not safe for everyone, so I did not post it.');
  expect(reply.components).toEqual([]);
  expect(edit.followups()).toEqual([]);
});
