// Covering and showing posted pictures where they stand: one PATCH that uploads nothing and touches nothing else.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDiscord, type Discord } from '../../sandbox/discord/discord.ts';
import { createMessenger, type Messenger } from '../../src/discord/messenger.ts';
import { createTransport } from '../../src/discord/transport.ts';
import { stamp } from '../lab.ts';

let discord: Discord;
let messenger: Messenger;
const { makeRequest, close } = createTransport();

beforeAll(async () => {
  discord = await createDiscord();
  messenger = createMessenger({ token: 'sandbox-token', apiUrl: discord.url, makeRequest });
});
afterAll(async () => {
  await close();
  await discord.close();
});

let nonce = 0;
const post = (...files: { name: string; spoiler?: boolean }[]) => {
  nonce += 1;
  return messenger.send(discord.world.channel('general').id, `n${nonce}`, {
    text: 'a *result*',
    files: files.map((file) => ({ ...file, pieces: [stamp.bytes], alt: 'a stamp' })),
    buttons: [{ id: 'again:1', label: 'Again' }],
  });
};
const shown = (messageId: string) => {
  const message = discord.messages('general').find(({ id }) => id === messageId);
  return message?.attachments.map(({ spoiler }) => spoiler);
};
const requests = () => discord.standIn.requests.map(({ method, files }) => ({ method, files: files.length }));

it('covers and shows all pictures or one, without an upload, and leaves the rest of the message as it is', async () => {
  const message = await post({ name: 'one.png' }, { name: 'two.png' });
  const before = discord.messages('general').find(({ id }) => id === message.messageId);
  const kept = JSON.stringify([before?.content, before?.components, before?.attachments.map(({ id }) => id)]);
  const sent = requests().length;

  const covered = await messenger.setSpoiler(message, true);
  expect(covered?.map(({ name, spoiler }) => [name, spoiler])).toEqual([
    ['one.png', true],
    ['two.png', true],
  ]);
  expect(requests().slice(sent)).toEqual([
    { method: 'GET', files: 0 },
    { method: 'PATCH', files: 0 },
  ]);
  await messenger.setSpoiler(message, false, [1]);
  expect(shown(message.messageId)).toEqual([true, false]);
  await messenger.setSpoiler(message, false);
  expect(shown(message.messageId)).toEqual([false, false]);

  const after = discord.messages('general').find(({ id }) => id === message.messageId);
  expect(JSON.stringify([after?.content, after?.components, after?.attachments.map(({ id }) => id)])).toBe(kept);
  expect(after?.attachments.map(({ description }) => description)).toEqual(['a stamp', 'a stamp']);
});

it('does not name a covered picture as a spoiler, which could never be taken back', async () => {
  const message = await post({ name: 'one.png', spoiler: true });
  expect(shown(message.messageId)).toEqual([true]);
  expect((await messenger.setSpoiler(message, false))?.map(({ spoiler }) => spoiler)).toEqual([false]);
});

it('says what stays covered all the same: older results carry it in their names', async () => {
  const message = await post({ name: 'SPOILER_one.png' });
  expect((await messenger.setSpoiler(message, false))?.map(({ spoiler }) => spoiler)).toEqual([true]);
});

it('says when the message is gone, and tells a refusal from that', async () => {
  const message = await post({ name: 'one.png' });
  discord.deny('general', 'READ_MESSAGE_HISTORY');
  await expect(messenger.setSpoiler(message, true)).rejects.toMatchObject({ kind: 'forbidden' });
  discord.allow('general');
  discord.deleteMessage(message.messageId);
  expect(await messenger.setSpoiler(message, true)).toBeUndefined();
});
