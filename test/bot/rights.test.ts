// Who counts as a moderator, and as the requester, when a picture is deleted or reported and when the safety check is
// switched off: by Manage Messages or by the moderator role, in the server of the edit, and after its record is gone.

import { describe, expect, it } from 'vitest';
import type { Message } from '../../sandbox/discord/discord.ts';
import { createRecords } from '../../src/edit/records.ts';
import { createSqliteStore } from '../../src/store/sqlite.ts';
import { en } from '../../src/texts/en/en.ts';
import { createLab, type Lab, rocket, storePath } from '../lab.ts';
import { askToDelete, at, mia, noah, privateText, vera, type Who } from '../support.ts';
import { change, createModeratedLab, picturesIn, readActions } from './review-cards.ts';

async function post(lab: Lab, by: Who = mia): Promise<{ id: string; result: Message }> {
  const edit = lab.edit('blur', {}, by);
  const result = await edit.until(({ attachments }) => attachments.length > 0);
  await lab.until('delivered', () => lab.logs.some(({ msg, edit: id }) => msg === 'edit delivered' && id === edit.id));
  return { id: edit.id, result };
}

/** Presses Delete and confirms it; what the presser reads in the end. */
async function remove(lab: Lab, by: Who, result: Message): Promise<string> {
  const question = await (await askToDelete(lab, by, result.id)).replied();
  if (question.components.length === 0) return question.content;
  const edits = question.history.length;
  const confirmed = lab.discord.press(by, question.id, /^delete-confirmed:/);
  return (await confirmed.until(({ history }) => history.length > edits)).content;
}

/** Changes an edit's record behind the bot's back: to that of another server, or away. */
async function alter(lab: Lab, editId: string, guildId: string | undefined): Promise<void> {
  const store = createSqliteStore(storePath(lab));
  try {
    const records = createRecords(store, 1_000_000);
    const found = await records.find(editId);
    if (!found) throw new Error('no record');
    const { edit, version } = found;
    if (guildId === undefined) await store.commit([{ table: 'edit', key: editId, expected: version }]);
    else await records.save({ ...edit, origin: { ...edit.origin, guildId } }, version);
  } finally {
    await store.close();
  }
}

const forget = (lab: Lab, editId: string) => alter(lab, editId, undefined);
const notYours = 'Only the person who asked for this picture, or a moderator, can delete it.';

/** Makes noah a helper, whose role has no permissions of its own. */
function makeHelper(lab: Lab): { role: string; undo: () => void } {
  const { world } = lab.discord;
  const [everyone] = world.roles;
  if (!everyone) throw new Error('no roles');
  const helpers = { ...everyone, id: '700000000000000009', name: 'Helpers', position: 1, permissions: 0n };
  world.roles.push(helpers);
  const { roles } = world.user('noah');
  roles.push(helpers.id);
  return {
    role: helpers.id,
    undo() {
      roles.pop();
      world.roles.pop();
    },
  };
}

describe('the moderator role', () => {
  it('deletes and switches the safety check off as Manage Messages does, also with Again, while it is set', async () => {
    const lab = await createModeratedLab({}, { idle: true });
    const helper = makeHelper(lab);
    await lab.start();
    try {
      const inLounge = at(noah, 'lounge');
      const unsafe = () => lab.edit('blur', { safety: false }, inLounge);
      const { id, result } = await post(lab);
      expect(await remove(lab, noah, result)).toBe(notYours);
      expect((await unsafe().acknowledged).ephemeral, 'refused').toBe(true);
      await change(lab, { moderatorRole: helper.role });
      expect(await remove(lab, noah, result)).toBe('Deleted.');
      expect(await readActions(lab, id)).toEqual(['noah deleted']);
      const own = unsafe();
      const shown = await own.until(({ attachments }) => attachments.length > 0);
      const pressed = lab.discord.press(inLounge, shown.id, /^again:/);
      expect((await pressed.acknowledged).ephemeral).toBe(false);
      await lab.until('three runs', () => lab.runs().length === 3);
      expect(lab.runs().map(({ input }) => input.enable_safety_checker)).toEqual([undefined, false, false]);
      const inGeneral = lab.discord.slash(noah, 'edit', { image: rocket, prompt: 'blur', safety: false });
      expect((await inGeneral.acknowledged).ephemeral, 'only where it is age-restricted').toBe(true);
    } finally {
      helper.undo();
    }
  });
});

describe('a picture of another server', () => {
  it('is deleted by no moderator of this one, and reported only there', async () => {
    const lab = await createModeratedLab();
    const { id, result } = await post(lab);
    await alter(lab, id, '700000000000000001');
    expect(await remove(lab, at(vera, 'general'), result)).toBe(notYours);
    const reported = lab.discord.menu(noah, en.moderation.report.menu, result.id);
    expect(await privateText(reported)).toBe(
      'That picture belongs to another server, and only its moderators can decide about it.',
    );
    expect(picturesIn(lab, 'general')).toHaveLength(1);
    expect(await remove(lab, mia, result), 'its requester may anywhere').toBe('Deleted.');
  });
});

describe('a picture whose record is gone', () => {
  it('is deleted by its requester and by moderators, and by nobody else; a report says what to do', async () => {
    const lab = await createLab({ runflow: { runMs: 400 } });
    const [reply, other] = [await post(lab), await post(lab)];
    const late = lab.edit('blur');
    await late.acknowledged;
    lab.discord.expireToken(late);
    await lab.until('a message of its own', () => picturesIn(lab, 'general').length === 3);
    const apart = picturesIn(lab, 'general').find(({ id }) => id !== reply.result.id && id !== other.result.id);
    if (!apart) throw new Error('no message');
    await lab.until('delivered', () => lab.logs.filter(({ msg }) => msg === 'edit delivered').length === 3);
    for (const id of [reply.id, other.id, late.id]) await forget(lab, id);
    for (const { id } of [reply.result, other.result, apart]) {
      const found = lab.discord.messages('general').find((message) => message.id === id);
      expect(await remove(lab, noah, found ?? fail())).toBe(notYours);
    }
    const reported = lab.discord.menu(noah, en.moderation.report.menu, reply.result.id);
    expect(await privateText(reported)).toContain("I don't remember this picture any more.");
    expect(await remove(lab, mia, reply.result)).toBe('Deleted.');
    expect(await remove(lab, mia, apart)).toBe('Deleted.');
    expect(await remove(lab, at(vera, 'general'), other.result)).toBe('Deleted.');
    expect(picturesIn(lab, 'general')).toEqual([]);
  });

  it('is nobody’s whose words name another: a prompt cannot, nor a reply to another interaction', async () => {
    const lab = await createLab();
    const prompt = `<@${lab.discord.world.user('noah').id}>\nblur`;
    const edit = lab.edit(prompt);
    const result = await edit.until(({ attachments }) => attachments.length > 0);
    await lab.until('delivered', () => lab.logs.some(({ msg }) => msg === 'edit delivered'));
    await forget(lab, edit.id);
    expect(await remove(lab, noah, result)).toBe(notYours);
    result.origin = { ...(result.origin ?? fail()), id: '1300000000000000009' };
    expect(await remove(lab, mia, result)).toBe(notYours);
  });
});

function fail(): never {
  throw new Error('it is not there');
}
