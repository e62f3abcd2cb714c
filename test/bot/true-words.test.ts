// What a requester reads when a result is not posted is what really happened, and nothing of it stays in the channel.
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { createLab } from '../lab.ts';
import { hourMs } from '../support.ts';
import { card, createModeratedLab, directMessages, picturesIn, said, untilLogged } from './review-cards.ts';

it('what Discord takes for explicit is held for that, and neither note nor card calls it flagged', async () => {
  const lab = await createModeratedLab();
  const refused = { code: 20009, message: 'Explicit content cannot be sent to the desired recipient(s)' };
  lab.discord.standIn.fault({
    method: 'PATCH',
    path: /\/messages\/(?:@|%40)original/,
    when: ({ files }) => files.length > 0,
    kind: 'answer',
    status: 400,
    body: refused,
  });
  const edit = lab.edit('blur');
  const shown = await card(lab, edit.id);
  expect(said(edit.followups()[0])).toContain("Discord's own filter takes your result for explicit");
  expect(shown.content).toContain("**Refused result** – Discord's own filter takes it for explicit");
  for (const { content } of [shown, ...edit.followups()]) expect(content).not.toMatch(/model|Flagged|Unchecked/);
});

it('the note of a held result promises no more than there is', async () => {
  const lab = await createModeratedLab();
  const edit = lab.edit('blur [flagged]');
  await card(lab, edit.id);
  const [note] = edit.followups();
  expect(note?.content).toContain('What they approve, I post in the channel.');
  expect(note?.content).not.toContain('You will see here');
});

it('a held result whose picture cannot be had fails for that reason, in private', async () => {
  const lab = await createModeratedLab();
  lab.runflow.plan({ nsfw: true, outputBytes: Buffer.from('no picture') });
  const edit = lab.edit('blur');
  const why = 'What the model sent back is not a picture. Please try again. It was charged all the same.';
  await lab.until('the reason', () => edit.followups().some(({ content }) => content.includes(why)));
  expect(lab.discord.messages('general')).toEqual([]);
  await untilLogged(lab, edit.id, 'bot held', 'bot not-posted');
});

it.each([
  [
    'is refused for its address',
    { status: 302, headers: { location: '/outputs/again' } },
    /at an address that I don't fetch from\. Only whoever operates this bot can change that\. They have been told\./,
  ],
  [
    'is larger than any picture',
    {
      status: 200,
      body: gzipSync(Buffer.alloc(41 * 2 ** 20)),
      headers: { 'content-encoding': 'gzip', 'content-type': 'image/png' },
    },
    /too large for me to fetch\. Try a smaller `size`\. It may have 40 MiB\./,
  ],
])(
  'a held result whose download %s has no card: its requester alone reads why, also after a restart',
  async (_what, answer, why) => {
    const lab = await createModeratedLab();
    lab.runflow.standIn.fault({ method: 'GET', path: /^\/outputs\//, kind: 'answer', ...answer, times: 1_000 });
    // The word to its requester does not arrive before the process ends.
    const followUp = { method: 'POST', path: /\/webhooks\/\d+\/[^/]+$/ };
    lab.discord.standIn.fault({ ...followUp, kind: 'answer', status: 503, skip: 1, times: 1_000 });
    const edit = lab.edit('blur [flagged]');
    await untilLogged(lab, edit.id, 'bot held', 'bot not-posted');
    await lab.stop();
    lab.discord.standIn.clearFaults();
    await lab.start();
    await lab.until('the reason', () => edit.followups().some(({ content }) => why.test(content)));
    const [note, ...more] = edit.followups().map(said);
    expect(note).toBe('Your result could not be shown. I tell you why in a message of its own.');
    expect(more).toEqual([expect.stringContaining('It was charged all the same.')]);
    expect([...lab.discord.messages('general'), ...lab.discord.messages('review')]).toEqual([]);
  },
);

it('an edit that takes long is watched on, and after a day no line promises it any more', async () => {
  const lab = await createLab({ env: { RUN_TIMEOUT_MINUTES: '0.01' } });
  const told = await lab.edit('blur [stuck]').replied();
  expect(told.content).toBe(
    'This takes longer than usual. I keep looking for a day, and post the picture here when it is finished.',
  );
  await lab.stop();
  lab.clock.move(25 * hourMs);
  await lab.start();
  await lab.until('the end', () => directMessages(lab, 'mia').length === 1);
  expect(directMessages(lab, 'mia')[0]).toContain("The model didn't finish within a day");
  expect(lab.discord.messages('general')).toEqual([]);
});

it('the line that it takes long goes also where it is a message of its own', async () => {
  const lab = await createLab({ env: { RUN_TIMEOUT_MINUTES: '20' } });
  lab.edit('blur [stuck]');
  await lab.until('the run', () => lab.runs().length === 1);
  await lab.until('its id is saved', () => lab.discord.standIn.requests.length > 0);
  await lab.stop();
  lab.clock.move(hourMs);
  await lab.start();
  const line = () => lab.discord.messages('general').some(({ content }) => content.includes('longer than usual'));
  await lab.until('the line', line);
  await lab.runflow.finish(lab.runs()[0]?.id ?? '');
  await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
  await lab.until('the picture alone', () => !line());
});
