// The check for leaks is itself tried: it has to find a flagged picture wherever it should not be.
import { afterAll, expect, it } from 'vitest';
import { createMessenger } from '../src/discord/messenger.ts';
import { createTransport } from '../src/discord/transport.ts';
import { change } from './bot/review-cards.ts';
import { createLab, type Lab } from './lab.ts';
import { sha256 } from './support.ts';

const { makeRequest, close } = createTransport();
afterAll(close);

/** A laboratory in which a flagged result was blocked, as it should be. */
async function blockedLab(): Promise<{ lab: Lab; id: string; bytes: Buffer }> {
  const lab = await createLab({ closeMyself: true });
  const { id } = lab.edit('blur [flagged]');
  await lab.until('the end', () =>
    lab.discord.visible('general', 'mia').some(({ content }) => content.includes('so I did not post it')),
  );
  await lab.stop();
  return { lab, id, bytes: lab.runs()[0]?.files[0]?.bytes ?? Buffer.alloc(0) };
}

function post(lab: Lab, channel: string, text: string, name: string, bytes: Buffer, button?: string) {
  const messenger = createMessenger({ token: 'sandbox-token', apiUrl: lab.discord.url, makeRequest });
  const { id } = lab.discord.world.channel(channel, lab.discord.world.user('mia').id);
  return messenger.send(id, sha256(Buffer.from(name)).slice(0, 25), {
    text,
    files: [{ name, pieces: [bytes], alt: '' }],
    ...(button ? { buttons: [{ id: button, label: 'a button' }] } : {}),
  });
}

it('passes a blocked result, and a flagged one in the review channel', async () => {
  const { lab, id, bytes } = await blockedLab();
  await post(lab, 'review', 'a card', `darkroom-${id}-1.png`, bytes);
  await lab.close();
});

it.each(['lounge', 'dm'])('finds the same bytes under another name in %s', async (channel) => {
  const { lab, bytes } = await blockedLab();
  await post(lab, channel, 'look', 'holiday.png', bytes);
  await expect(lab.close()).rejects.toThrow('was sent to');
});

it('finds a picture that was compressed on its way, by its name', async () => {
  const { lab, id } = await blockedLab();
  await post(lab, 'general', 'look', `SPOILER_darkroom-${id}-1.webp`, Buffer.from('other bytes'));
  await expect(lab.close()).rejects.toThrow('was sent to');
});

it('finds the address of an output', async () => {
  const { lab } = await blockedLab();
  await post(lab, 'general', `${lab.runflow.url}/outputs/run/0.png?signature=00`, 'holiday.png', Buffer.from('a'));
  await expect(lab.close()).rejects.toThrow('address of an output');
});

it('finds a card where everybody sees it, whatever it shows', async () => {
  const { lab, id } = await blockedLab();
  lab.discord.setPublic('review', true);
  await post(lab, 'review', 'a card', 'holiday.png', Buffer.from('other bytes'), `review-approve:${id}`);
  await expect(lab.close()).rejects.toThrow('a card was posted in the open');
});

it('finds a flagged picture in a review channel that everybody sees', async () => {
  const { lab, id, bytes } = await blockedLab();
  lab.discord.setPublic('review', true);
  await post(lab, 'review', 'a card', `darkroom-${id}-1.png`, bytes);
  await expect(lab.close()).rejects.toThrow('was sent to');
});

it('knows whether a channel was age-restricted at that moment', async () => {
  const { lab, id, bytes } = await blockedLab();
  await change(lab, { flaggedRestricted: 'post' });
  await post(lab, 'lounge', 'allowed', `darkroom-${id}-1.png`, bytes);
  lab.discord.setRestricted('lounge', false);
  lab.discord.setRestricted('lounge', true);
  await lab.close();

  const again = await blockedLab();
  await change(again.lab, { flaggedRestricted: 'post' });
  again.lab.discord.setRestricted('lounge', false);
  await post(again.lab, 'lounge', 'not any more', `darkroom-${again.id}-1.png`, again.bytes);
  again.lab.discord.setRestricted('lounge', true);
  await expect(again.lab.close()).rejects.toThrow('was sent to');
});
