// Decisions that are taken back by whoever made them, and results that their requester contests.

import { describe, expect, it } from 'vitest';
import type { Interaction, Message } from '../../sandbox/discord/discord.ts';
import { en } from '../../src/texts/en/en.ts';
import type { Lab } from '../lab.ts';
import { askToDelete, at, hourMs, mia, noah, otto, vera, type Who } from '../support.ts';
import {
  card as cardOf,
  cardsOf,
  change,
  controls,
  createModeratedLab,
  directMessages,
  holdOne,
  picturesIn,
  pressCard,
  reject,
  reportPicture,
  untilLogged,
} from './review-cards.ts';

const open = [
  en.moderation.card.approve,
  en.moderation.card.approveSpoiler,
  en.moderation.card.reject,
  en.moderation.card.timeOut,
];

const untilControls = (lab: Lab, card: Message, wanted: string[]) =>
  lab.until(`a card with ${wanted}`, () => controls(card).join() === wanted.join());

/** mia presses "ask for another look" on a note that only she sees, or in a direct message. */
function contest(lab: Lab, message: Message | undefined, by: Who = mia): Promise<string> {
  return pressCard(lab, by, message ?? fail(), 'contest');
}

async function shown(lab: Lab, { id }: Interaction): Promise<Message> {
  const named = ({ attachments }: Message) => attachments.some(({ filename }) => filename.includes(id));
  await lab.until('the picture', () => picturesIn(lab, 'general').some(named));
  return picturesIn(lab, 'general').find(named) ?? fail();
}

function fail(): never {
  throw new Error('there is no message');
}

async function lastFollowUp(lab: Lab, edit: Interaction): Promise<Message> {
  await lab.until('the note', () => edit.followups().length > 0);
  return edit.followups().at(-1) ?? fail();
}

async function lastDirectMessage(lab: Lab, user = 'mia', count = 1): Promise<Message> {
  await lab.until('the direct message', () => directMessages(lab, user).length === count);
  return lab.discord.messages(`dm-${user}`).at(-1) ?? fail();
}

describe('undo', () => {
  it('of an approval takes the picture down; approving again posts it again, once', async () => {
    const lab = await createModeratedLab();
    const { edit, card } = await holdOne(lab);
    await pressCard(lab, vera, card, 'review-approve');
    await untilControls(lab, card, ['Undo']);
    await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
    await untilLogged(lab, edit.id, 'bot held', 'vera approved');

    expect(await pressCard(lab, vera, card, 'review-undo')).toBe('Taken back. The card is open again.');
    await lab.until('taken down', () => picturesIn(lab, 'general').length === 0);
    await untilControls(lab, card, open);
    const waiting = () => lab.discord.messages('general').map(({ content }) => content);
    await lab.until('the notice', () =>
      waiting().some((text) => text.includes('This result is waiting for a moderator.')),
    );
    expect(waiting()).toHaveLength(1);

    await pressCard(lab, otto, card, 'review-approve');
    await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
    await lab.until('the picture alone', () => lab.discord.messages('general').length === 1);
    await untilLogged(lab, edit.id, 'bot held', 'vera approved', 'vera undone', 'otto approved');
    expect(cardsOf(lab, edit.id)).toHaveLength(1);
  });

  it('of a rejection opens the card again, and the line in the channel says so', async () => {
    const lab = await createModeratedLab();
    const { edit, card } = await holdOne(lab);
    await reject(lab, vera, card, { reason: 'nsfw' });
    await lab.until('rejected', () => edit.original()?.content === 'A moderator decided not to show this result.');
    await untilControls(lab, card, ['Undo']);
    await lastDirectMessage(lab);
    await pressCard(lab, vera, card, 'review-undo');
    await lab.until('waiting', () => edit.original()?.content === 'This result is waiting for a moderator.');
    await untilControls(lab, card, open);
    await pressCard(lab, vera, card, 'review-approve');
    await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
    await lab.until('the picture alone', () => lab.discord.messages('general').length === 1);
    await untilLogged(lab, edit.id, 'bot held', 'vera rejected', 'vera undone', 'vera approved');
  });

  it('is for the moderator who decided, for fifteen minutes, also after a restart', async () => {
    const lab = await createModeratedLab();
    const { edit, card } = await holdOne(lab);
    await pressCard(lab, vera, card, 'review-approve');
    await untilControls(lab, card, ['Undo']);
    await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
    await untilLogged(lab, edit.id, 'bot held', 'vera approved');
    const byVera = `Only <@${lab.discord.world.user('vera').id}>, who decided, can take that back.`;
    expect(await pressCard(lab, otto, card, 'review-undo')).toBe(byVera);
    const { components } = card;
    await lab.stop();
    lab.clock.move(15 * 60_000);
    await lab.start();
    await untilControls(lab, card, []);
    expect(card.content, 'it keeps its words').toContain('**Approved**');
    expect(card.attachments).toHaveLength(2);
    // Somebody's client may still show it.
    card.components = components;
    expect(await pressCard(lab, vera, card, 'review-undo')).toMatch(
      /^That was decided <t:\d+:R>\. A decision can be taken back for 15 minutes\.$/,
    );
    expect(picturesIn(lab, 'general')).toHaveLength(1);
    await untilLogged(lab, edit.id, 'bot held', 'vera approved');
  });

  it('is over for what its requester deleted, for what somebody reported, and for what is open again', async () => {
    const lab = await createModeratedLab();
    const [first, second] = [await holdOne(lab), await holdOne(lab, 'sepia [flagged]')];
    for (const { card } of [first, second]) {
      await pressCard(lab, vera, card, 'review-approve');
      await untilControls(lab, card, ['Undo']);
    }
    const { components } = first.card;
    const [deleted, reported] = [await shown(lab, first.edit), await shown(lab, second.edit)];
    const question = await (await askToDelete(lab, mia, deleted.id)).replied();
    await lab.discord.press(mia, question.id, /^delete-confirmed:/).acknowledged;
    await untilControls(lab, first.card, []);
    await lab.until('the card says so', () => first.card.content.includes('**Deleted** · <@'));
    first.card.components = components;
    expect(await pressCard(lab, vera, first.card, 'review-undo')).toContain('what is deleted does not come back');

    const undo = second.card.components;
    await reportPicture(lab, noah, reported.id);
    await untilControls(lab, second.card, []);
    second.card.components = undo;
    expect(await pressCard(lab, vera, second.card, 'review-undo')).toContain('was reported since');

    const third = await holdOne(lab, 'mirror [flagged]');
    await reject(lab, vera, third.card, {});
    await untilControls(lab, third.card, ['Undo']);
    const stale = third.card.components;
    await pressCard(lab, vera, third.card, 'review-undo');
    await untilControls(lab, third.card, open);
    third.card.components = stale;
    expect(await pressCard(lab, vera, third.card, 'review-undo')).toContain('nobody has decided');
  });

  it('takes the picture down after a restart in between, and where Discord is away for a moment', async () => {
    const lab = await createModeratedLab();
    const { card } = await holdOne(lab);
    await pressCard(lab, vera, card, 'review-approve');
    await untilControls(lab, card, ['Undo']);
    await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
    lab.discord.standIn.fault({ method: 'DELETE', path: /\/messages\//, kind: 'answer', status: 503, times: 2 });
    await lab.until('delivered', () => lab.logs.some(({ msg }) => msg === 'edit delivered'));
    await pressCard(lab, vera, card, 'review-undo');
    await lab.stop();
    await lab.start();
    await lab.until('taken down', () => picturesIn(lab, 'general').length === 0);
    await untilControls(lab, card, open);
  });
});

describe('another look', () => {
  it('is not offered before anybody has looked, and an older note that offers it takes nothing away', async () => {
    const lab = await createModeratedLab();
    const { edit, card } = await holdOne(lab);
    const note = await lastFollowUp(lab, edit);
    expect(controls(note)).toEqual(['Withdraw it']);
    const pressOld = () => {
      const button = { type: 2, style: 2, label: 'Ask for another look', custom_id: `contest:${edit.id}` };
      note.components = [{ type: 1, components: [button] }];
      return contest(lab, note);
    };
    expect(await pressOld()).toBe(
      'No moderator has decided yet. Should they reject it, you can ask for another look then.',
    );
    expect(card.content).not.toContain('asked for another look');
    await reject(lab, vera, card, {});
    const directMessage = await lastDirectMessage(lab);
    expect(controls(directMessage)).toEqual(['Ask for another look']);
    expect(await contest(lab, directMessage, at(mia, 'dm'))).toBe('I have asked the moderators for another look.');
    await lab.until('the card says so', () => card.content.includes('**The requester asked for another look.**'));
    expect(await pressOld()).toBe('The moderators know already that you asked for another look.');
    await reject(lab, otto, card, {});
    expect((await lastDirectMessage(lab, 'mia', 2)).components, 'asked once already').toEqual([]);
    expect(await pressOld()).toBe('This result has been decided for good.');
    await untilLogged(lab, edit.id, 'bot held', 'vera rejected', 'mia contested', 'otto rejected');
  });

  it('at a rejected result opens its card again, from the direct message', async () => {
    const lab = await createModeratedLab();
    const { edit, card } = await holdOne(lab);
    await reject(lab, vera, card, { reason: 'rules' });
    const directMessage = await lastDirectMessage(lab);
    await untilLogged(lab, edit.id, 'bot held', 'vera rejected');
    await lab.stop();
    lab.clock.move(24 * hourMs);
    await lab.start();
    expect(await contest(lab, directMessage, at(mia, 'dm'))).toBe('I have asked the moderators for another look.');
    await untilControls(lab, card, open);
    const both = /\*\*Rejected\*\* · <@\d+> · <t:\d+:f> – Breaks a rule of this server\n\*\*The requester asked for/;
    expect(card.content, 'the earlier verdict stays').toMatch(both);
    expect(cardsOf(lab, edit.id)).toHaveLength(1);
    await lab.until('waiting', () => edit.original()?.content === 'This result is waiting for a moderator.');
    await pressCard(lab, otto, card, 'review-approve');
    await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
    await lab.until('the picture alone', () => lab.discord.messages('general').length === 1);
    await untilLogged(lab, edit.id, 'bot held', 'vera rejected', 'mia contested', 'otto approved');
    await untilControls(lab, card, ['Undo']);
    expect(card.content, 'all that was decided, in its order').toMatch(/Rejected.+asked for another look.+Approved/s);
    expect(await contest(lab, directMessage, at(mia, 'dm'))).toBe(
      'This result was approved, so there is nothing to ask for.',
    );
  });

  it('at a result that the settings blocked puts it on a card for the first time', async () => {
    const blocked = 'block' as const;
    const lab = await createModeratedLab({
      flagged: blocked,
      unchecked: blocked,
      flaggedRestricted: blocked,
      uncheckedRestricted: blocked,
    });
    const edit = lab.edit('blur [flagged]');
    const note = await lastFollowUp(lab, edit);
    await untilLogged(lab, edit.id, 'bot blocked');
    expect(await contest(lab, note)).toBe('I have asked the moderators for another look.');
    const card = await cardOf(lab, edit.id);
    expect(card.content).toContain('**The requester asked for another look.**');
    const line = 'This result is waiting for a moderator.';
    await lab.until('waiting', () => lab.discord.messages('general').some(({ content }) => content.includes(line)));
    await pressCard(lab, vera, card, 'review-approve');
    await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
    await lab.until('the picture alone', () => lab.discord.messages('general').length === 1);
    await untilLogged(lab, edit.id, 'bot blocked', 'mia contested', 'vera approved');
  });

  it('at an expired one whose pictures were deleted posts a new card with them', async () => {
    const lab = await createModeratedLab({ deleteExpiredFiles: true });
    const { edit, card } = await holdOne(lab);
    await lab.stop();
    lab.clock.move(72 * hourMs);
    await lab.start();
    const directMessage = await lastDirectMessage(lab);
    await untilLogged(lab, edit.id, 'bot held', 'bot expired');
    expect(card.attachments).toEqual([]);
    await contest(lab, directMessage, at(mia, 'dm'));
    const second = await cardOf(lab, edit.id);
    expect(second.id).not.toBe(card.id);
    expect(second.attachments).toHaveLength(2);
    // Somebody looks for the first time: the one appeal against that is still there.
    await reject(lab, vera, second, {});
    const rejected = await lastDirectMessage(lab, 'mia', 2);
    expect(controls(rejected)).toEqual(['Ask for another look']);
    await contest(lab, rejected, at(mia, 'dm'));
    await untilControls(lab, second, open);
    await pressCard(lab, vera, second, 'review-approve');
    await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
  });

  it('is for the requester alone, and for servers that still have a review channel', async () => {
    const lab = await createModeratedLab();
    const { edit, card } = await holdOne(lab);
    await reject(lab, vera, card, {});
    const directMessage = await lastDirectMessage(lab);
    await untilLogged(lab, edit.id, 'bot held', 'vera rejected');
    // As if somebody could show another person's button.
    const copy = lab.discord.post(noah, 'look');
    copy.components = directMessage.components;
    expect(await contest(lab, copy, noah)).toBe('Only the person who asked for this edit can do that.');
    await change(lab, { reviewChannel: undefined });
    expect(await contest(lab, directMessage, at(mia, 'dm'))).toBe(
      'This server has no review channel any more. Please ask a moderator directly.',
    );
    await untilLogged(lab, edit.id, 'bot held', 'vera rejected');
  });
});
