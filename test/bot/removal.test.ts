// A picture that has to come down and that Discord does not delete: it stays owed until it is gone, nothing else waits for
// it, and nobody is told that it is gone before it is.

import { describe, expect, it } from 'vitest';
import type { Message } from '../../sandbox/discord/discord.ts';
import type { Lab } from '../lab.ts';
import { askToDelete, mia, noah, otto, privateText, vera } from '../support.ts';
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
  untilLogged,
} from './review-cards.ts';

const html = { body: '<html></html>', headers: { 'content-type': 'text/html' } };
const refusals = [
  ['403 without access', { status: 403, body: { code: 50001, message: 'Missing Access' } }],
  ['403 without permission', { status: 403, body: { code: 50013, message: 'Missing Permissions' } }],
  ['403 of Cloudflare', { status: 403, body: { code: 40333, message: 'internal network error' } }],
  ['403 as a page', { status: 403, ...html }],
  ['404 as a page', { status: 404, ...html }],
  ['401', { status: 401, body: { code: 0, message: '401: Unauthorized' } }],
  ['400', { status: 400, body: { code: 50035, message: 'Invalid Form Body' } }],
  ['503', { status: 503, ...html }],
] as const;

/** Keeps Discord from deleting a message, until the returned function is called. */
function refuse(
  lab: Lab,
  messageId: string,
  effect: { status: number; body?: unknown; headers?: Record<string, string> },
) {
  const path = new RegExp(`/messages/${messageId}$`);
  return lab.discord.standIn.fault({ method: 'DELETE', path, kind: 'answer', ...effect, times: 10_000 });
}

const tried = (lab: Lab, message: Message, times: number) =>
  lab.until('tries', () => {
    const { requests } = lab.discord.standIn;
    return requests.filter(({ method, path }) => method === 'DELETE' && path.endsWith(message.id)).length >= times;
  });

async function post(lab: Lab): Promise<{ id: string; result: Message }> {
  const edit = lab.edit('blur');
  const result = await edit.until(({ attachments }) => attachments.length > 0);
  await lab.until('delivered', () => lab.logs.some(({ msg, edit: id }) => msg === 'edit delivered' && id === edit.id));
  return { id: edit.id, result };
}

async function reported(lab: Lab) {
  const { id, result } = await post(lab);
  await reportPicture(lab, noah, result.id);
  return { id, result, card: await cardOf(lab, id) };
}

const stands = 'The picture still stands in the channel';

describe.each(refusals)('while Discord answers %s', (_what, effect) => {
  it('a picture taken down after a report stays owed, and is told to be gone only when it is', async () => {
    const lab = await createModeratedLab();
    const { id, result, card } = await reported(lab);
    const allow = refuse(lab, result.id, effect);
    const answer = await pressCard(lab, otto, card, 'review-take-down');
    expect(answer).toContain('the picture still stands in the channel');
    await lab.until('the card says so', () => card.content.includes(stands) && card.content.includes('Taken down'));
    await tried(lab, result, 4);
    expect(directMessages(lab, 'noah')).toEqual([]);
    expect(directMessages(lab, 'mia')).toEqual([]);
    await untilLogged(lab, id, 'noah reported', 'otto taken-down');
    allow();
    await lab.until('gone', () => picturesIn(lab, 'general').length === 0);
    await lab.until('the card says so', () => !card.content.includes(stands));
    await lab.until('everybody knows', () => ['mia', 'noah'].every((name) => directMessages(lab, name).length === 1));
  });
});

/** A held result that was approved and posted as a message of its own, which Discord does not delete. */
async function approveForGood(lab: Lab) {
  const { edit, card } = await holdOne(lab);
  lab.discord.expireToken(edit);
  await pressCard(lab, vera, card, 'review-approve');
  await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
  const [result] = picturesIn(lab, 'general');
  if (!result) throw new Error('no result');
  await lab.until('undo', () => controls(card).join() === 'Undo');
  return { card, result, allow: refuse(lab, result.id, { status: 403, ...html }) };
}

describe('a picture that has to come down', () => {
  it('goes soon after Discord is back, however long its next try would have waited', async () => {
    const lab = await createModeratedLab({}, { timing: { backoffMs: 60_000, probeMs: 300 } });
    const { id, result } = await post(lab);
    const allow = refuse(lab, result.id, { status: 503, ...html });
    const question = await (await askToDelete(lab, mia, result.id)).replied();
    await lab.discord.press(mia, question.id, /^delete-confirmed:/).acknowledged;
    await lab.until('put off', () => lab.logs.some(({ msg, edit }) => msg === 'take-down put off' && edit === id));
    allow();
    await lab.until('gone', () => picturesIn(lab, 'general').length === 0, 5_000);
  });

  it('is still owed after a restart', async () => {
    const lab = await createModeratedLab();
    const { result, card } = await reported(lab);
    const allow = refuse(lab, result.id, { status: 403, ...html });
    await pressCard(lab, otto, card, 'review-take-down');
    await lab.stop();
    await lab.start();
    await tried(lab, result, 4);
    allow();
    await lab.until('gone', () => picturesIn(lab, 'general').length === 0);
    await lab.until('everybody knows', () => directMessages(lab, 'noah').length === 1);
  });

  it.each(['message', 'channel'])('is gone when its %s is', async (what) => {
    const lab = await createModeratedLab();
    const { result, card } = await reported(lab);
    const allow = refuse(lab, result.id, { status: 503, ...html });
    await pressCard(lab, otto, card, 'review-take-down');
    if (what === 'message') lab.discord.deleteMessage(result.id);
    else lab.discord.deleteChannel('general');
    allow();
    await lab.until('everybody knows', () => directMessages(lab, 'noah').length === 1);
    expect(card.content).not.toContain(stands);
  });

  it('after an undo: its card is open and says that it stands; approved again, it is not there twice', async () => {
    const lab = await createModeratedLab();
    const { card, result, allow } = await approveForGood(lab);
    expect(await pressCard(lab, vera, card, 'review-undo')).toContain('the picture still stands in the channel');
    await lab.until('the open card', () => card.content.includes(stands) && controls(card).length === 4);
    await pressCard(lab, vera, card, 'review-approve');
    await tried(lab, result, 4);
    expect(picturesIn(lab, 'general').map(({ id }) => id)).toEqual([result.id]);
    allow();
    await lab.until('the new one', () => picturesIn(lab, 'general').some(({ id }) => id !== result.id));
    expect(picturesIn(lab, 'general')).toHaveLength(1);
    await lab.until('the card says so', () => !card.content.includes(stands));
  });

  it('after an undo and a rejection: nobody is told that it is not shown while it is', async () => {
    const lab = await createModeratedLab();
    const { card, result, allow } = await approveForGood(lab);
    await pressCard(lab, vera, card, 'review-undo');
    await lab.until('the open card', () => controls(card).length === 4);
    const modal = lab.discord.press(vera, card.id, /^review-reject:/);
    await modal.acknowledged;
    await privateText(lab.discord.submit(vera, modal, {}));
    await tried(lab, result, 5);
    const toldEnd = () => directMessages(lab, 'mia').some((text) => text.includes('decided not to show'));
    expect(toldEnd()).toBe(false);
    allow();
    await lab.until('told', toldEnd);
    expect(picturesIn(lab, 'general')).toEqual([]);
  });

  it('after an undo and a delete: the card says so at once, and leaves nothing to press', async () => {
    const lab = await createModeratedLab();
    const { card, result, allow } = await approveForGood(lab);
    await pressCard(lab, vera, card, 'review-undo');
    await lab.until('the open card', () => controls(card).length === 4);
    const question = await (await askToDelete(lab, mia, result.id)).replied();
    await lab.discord.press(mia, question.id, /^delete-confirmed:/).acknowledged;
    await lab.until('nothing to press', () => controls(card).length === 0);
    expect(card.content).toContain(`**Deleted** · <@${lab.discord.world.user('mia').id}>`);
    allow();
    await lab.until('gone', () => picturesIn(lab, 'general').length === 0);
  });

  it('by its requester: the answer says that it stands, and it goes as soon as it can', async () => {
    const lab = await createModeratedLab();
    const { id, result } = await post(lab);
    const allow = refuse(lab, result.id, { status: 403, ...html });
    const remove = async () => {
      const question = await (await askToDelete(lab, mia, result.id)).replied();
      const edits = question.history.length;
      const pressed = lab.discord.press(mia, question.id, /^delete-confirmed:/);
      return pressed.until(({ history }) => history.length > edits);
    };
    expect((await remove()).content).toContain('It still stands there');
    const answer = await remove();
    expect(answer.content, 'asked for again').toContain('It still stands there');
    await tried(lab, result, 4);
    allow();
    await lab.until('gone', () => picturesIn(lab, 'general').length === 0);
    await lab.until('the answer says so', () => answer.content === 'Deleted.');
    expect(await readActions(lab, id)).toEqual(['mia deleted']);
  });

  it('by a moderator, without any record: the answer says that it could not be deleted', async () => {
    const lab = await createModeratedLab();
    const { result } = await post(lab);
    const allow = refuse(lab, result.id, { status: 503, ...html });
    const { components } = result;
    result.components = JSON.parse(JSON.stringify(components).replaceAll(/more:\d+/g, 'more:1300000000000000009'));
    const inGeneral = { ...vera, channel: 'general' };
    const question = await (await askToDelete(lab, inGeneral, result.id)).replied();
    lab.discord.press(inGeneral, question.id, /^delete-confirmed:/);
    const said = () =>
      lab.discord.visible('general', 'vera').some(({ content }) => content.includes('Please try again later'));
    await lab.until('the answer', said);
    allow();
  });
});
