// An approved result that cannot be posted: its requester has it directly, card and log say so, and a moderator has it
// posted again when the channel is open again.
import { describe, expect, it } from 'vitest';
import { vera } from '../support.ts';
import {
  cardsOf,
  controls,
  createModeratedLab,
  directMessages,
  holdOne,
  picturesIn,
  pressCard,
  readActions,
} from './review-cards.ts';

describe('an approved result that cannot be posted', () => {
  it('is sent to its requester, said on the card, and posted again on a press', async () => {
    const lab = await createModeratedLab();
    const held = await holdOne(lab);
    lab.discord.expireToken(held.edit);
    lab.discord.deny('general', 'ATTACH_FILES');
    await pressCard(lab, vera, held.card, 'review-approve');

    await lab.until('sent directly', () => picturesIn(lab, 'dm-mia').length === 1);
    const theCard = () => cardsOf(lab, held.edit.id)[0] ?? held.card;
    await lab.until('the card', () => theCard().content.includes('Approved, but not posted'));
    expect(controls(theCard())).toEqual(['Post again']);
    // Nothing promises any more that a moderator looks at it.
    const promises = () => lab.discord.messages('general').filter(({ content }) => content.includes('waiting for'));
    await lab.until('no promise', () => promises().length === 0);
    expect(picturesIn(lab, 'general')).toEqual([]);
    expect(await readActions(lab, held.edit.id)).toEqual(['bot held', 'vera approved', 'bot not-posted']);

    lab.discord.allow('general');
    expect(await pressCard(lab, vera, theCard(), 'review-post-again')).toContain('post it again');
    await lab.until('posted', () => picturesIn(lab, 'general').length === 1);
    await lab.until('the card', () => !theCard().content.includes('not posted'));
    expect(await readActions(lab, held.edit.id)).toContain('vera post-again');
  });

  it('is sent to its requester once, however often the channel cannot be told', async () => {
    const lab = await createModeratedLab({}, { discord: { nonceMs: 0 } });
    const held = await holdOne(lab);
    lab.discord.expireToken(held.edit);
    lab.discord.deny('general', 'ATTACH_FILES');
    const path = new RegExp(`/channels/${lab.discord.world.channel('general').id}/messages/`);
    lab.discord.standIn.fault({ method: 'DELETE', path, kind: 'answer', status: 503, times: 3 });
    await pressCard(lab, vera, held.card, 'review-approve');
    await lab.until('told', () => lab.discord.messages('general').length === 0);
    expect(picturesIn(lab, 'dm-mia')).toHaveLength(1);
  });

  it('is told of again when it could not be posted again either', async () => {
    const lab = await createModeratedLab();
    const held = await holdOne(lab);
    lab.discord.expireToken(held.edit);
    const path = new RegExp(`/channels/${lab.discord.world.channel('general').id}/messages$`);
    const explicit = { code: 20009, message: 'Explicit content cannot be sent to the desired recipient(s)' };
    lab.discord.standIn.fault({ method: 'POST', path, kind: 'answer', status: 400, body: explicit, times: 1_000 });
    const told = () => directMessages(lab, 'mia').filter((text) => text.includes('takes this picture for explicit'));
    const theCard = () => cardsOf(lab, held.edit.id)[0] ?? held.card;

    await pressCard(lab, vera, held.card, 'review-approve');
    await lab.until('told', () => told().length === 1);
    await lab.until('the card', () => controls(theCard()).includes('Post again'));
    await pressCard(lab, vera, theCard(), 'review-post-again');
    await lab.until('told again', () => told().length === 2);
  });

  it('is found, not posted twice, when an earlier attempt had posted it where the bot could not look', async () => {
    const lab = await createModeratedLab({}, { discord: { nonceMs: 0 } });
    const held = await holdOne(lab);
    lab.discord.expireToken(held.edit);
    const path = new RegExp(`/channels/${lab.discord.world.channel('general').id}/messages$`);
    lab.discord.standIn.fault({ method: 'POST', path, kind: 'reset-after' });
    await pressCard(lab, vera, held.card, 'review-approve');
    await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
    lab.discord.deny('general', 'READ_MESSAGE_HISTORY');
    const theCard = () => cardsOf(lab, held.edit.id)[0] ?? held.card;
    await lab.until('the card', () => theCard().content.includes('Approved, but not posted'));

    lab.discord.allow('general');
    await pressCard(lab, vera, theCard(), 'review-post-again');
    await lab.until('known', () => lab.logs.some(({ msg }) => msg === 'edit delivered'));
    expect(picturesIn(lab, 'general')).toHaveLength(1);
    await lab.until('the card', () => !theCard().content.includes('not posted'));
  });
});
