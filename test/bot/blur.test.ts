// "Blur" for moderators: at once, where the picture stands, without an upload, and taken back with one press.
import { expect, it } from 'vitest';
import type { Lab } from '../lab.ts';
import { at, mia, noah, privateReply, privateText, vera } from '../support.ts';
import { pressInReply } from './moderator-commands.ts';
import { createModeratedLab, readActions, untilLogged } from './review-cards.ts';

const moderator = at(vera, 'general');

async function post(lab: Lab, options: Record<string, number> = {}) {
  const edit = lab.edit('sepia', options);
  const result = await edit.until(({ attachments }) => attachments.length > 0);
  await lab.until('delivered', () => lab.logs.some(({ msg, edit: id }) => msg === 'edit delivered' && id === edit.id));
  return { edit, result };
}

const spoilers = ({ attachments }: Awaited<ReturnType<typeof post>>['result']) =>
  attachments.map(({ spoiler }) => spoiler === true);

it('blurs every picture of a result in one request, and shows again what it blurred', async () => {
  const lab = await createModeratedLab();
  const { edit, result } = await post(lab, { count: 2 });
  const before = lab.discord.standIn.requests.length;
  const reply = await privateReply(lab.discord.menu(moderator, 'Blur', result.id));
  expect(reply.content).toBe('The 2 pictures are blurred now.');
  expect(spoilers(result)).toEqual([true, true]);
  const sent = lab.discord.standIn.requests.slice(before).filter(({ path }) => path.endsWith(`/messages/${result.id}`));
  expect(sent.map(({ method }) => method)).toEqual(['GET', 'PATCH']);
  expect(sent.flatMap(({ files }) => files)).toEqual([]);
  expect(await privateText(lab.discord.menu(moderator, 'Blur', result.id))).toBe('It is blurred already.');
  // Its requester does not show what a moderator blurred.
  const more = await privateReply(lab.discord.press(mia, result.id, /^more:/));
  const refused = lab.discord.press(mia, more.id, /^show:/);
  await refused.acknowledged;
  await lab.until('the refusal', () =>
    lab.discord.visible('general', 'mia').some(({ content }) => /moderator/.test(content)),
  );
  expect(spoilers(result)).toEqual([true, true]);
  const after = await pressInReply(lab, reply, /^unblur:/, moderator);
  expect(after.content).toBe('It is shown again as it was.');
  expect(after.components).toEqual([]);
  expect(spoilers(result)).toEqual([false, false]);
  await untilLogged(lab, edit.id, 'vera covered', 'vera shown');
});

it('is for moderators, about shown pictures of ours, and says so otherwise', async () => {
  const lab = await createModeratedLab();
  const { result } = await post(lab);
  expect(() => lab.discord.menu(noah, 'Blur', result.id)).toThrow('hidden');
  const theirs = lab.discord.post(mia, 'hello');
  expect(await privateText(lab.discord.menu(moderator, 'Blur', theirs.id))).toBe(
    'I can only blur pictures that I posted.',
  );
  lab.discord.standIn.fault({
    method: 'PATCH',
    path: /\/messages\/\d+$/,
    kind: 'answer',
    status: 403,
    body: { code: 50013, message: 'Missing Permissions' },
  });
  expect(await privateText(lab.discord.menu(moderator, 'Blur', result.id))).not.toContain('blurred now');
  expect(spoilers(result)).toEqual([false]);
  expect((await readActions(lab)).filter((one) => one.includes('covered'))).toEqual([]);
});
