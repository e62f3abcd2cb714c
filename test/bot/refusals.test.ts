// What is refused before anything is paid for, and what each of Runflow's refusals says to the member.

import { describe, expect, it } from 'vitest';
import { createLab, type Lab, rocket } from '../lab.ts';
import { at, mia, noah, privateText, vera } from '../support.ts';

/** Bytes of which Discord knows no width. */
const noPicture = {
  name: 'notes.png',
  type: 'image/png',
  bytes: Buffer.from('these are words, and no picture at all'),
};

type Options = Parameters<Lab['discord']['slash']>[2];

describe('a refusal before a run', () => {
  const cases: [what: string, words: string, options: Options, prompt?: string][] = [
    ['a blank prompt', 'prompt is empty', {}, '   '],
    ['an invisible prompt', 'prompt is empty', {}, '\u200b\u3164\u2800\u202e'],
    ['an empty file', 'is an empty file', { image: { ...rocket, bytes: Buffer.alloc(0) } }],
    ['what Discord finds no picture in', 'no picture in rocket.jpg', { image: { ...noPicture, name: 'rocket.jpg' } }],
    ['another type', "can't read", { image: { ...rocket, type: 'image/svg+xml', name: 'a_b.png' } }],
    ['too many pixels', 'too many pixels', { image: { ...rocket, width: 8_000, height: 6_000 } }],
    ['safety switched off by a member', 'Only moderators', { safety: false }],
  ];

  it('is private, says what is wrong and costs nothing', async () => {
    const lab = await createLab();
    for (const [what, words, options, prompt = 'blur'] of cases) {
      const interaction = lab.discord.slash(mia, 'edit', { image: rocket, prompt, ...options });
      const { type, ephemeral } = await interaction.acknowledged;
      expect({ type, ephemeral }, what).toEqual({ type: 4, ephemeral: true });
      expect(interaction.original()?.content, what).toContain(words);
    }
    expect(lab.runflow.standIn.requests.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  it('is not for pictures whose type is declared another way, or not at all', async () => {
    const lab = await createLab();
    const image = { ...rocket, type: 'image/jpg' };
    const image2 = { ...rocket, type: 'application/octet-stream' };
    const image3 = { ...rocket, untyped: true };
    const message = await lab.discord.slash(mia, 'edit', { image, image2, image3, prompt: 'blur' }).replied();
    expect(message.attachments).toHaveLength(1);
    const posted = lab.discord.post(mia, '', [{ ...rocket, untyped: true, name: 'rocket' }]);
    const menu = lab.discord.menu(mia, 'Edit this image', posted.id);
    expect((await menu.acknowledged).type).toBe(9);
  });

  it('concerns pictures over 20 MiB', async () => {
    const lab = await createLab({ discord: { uploadLimit: 30 * 2 ** 20 } });
    const image = { ...rocket, bytes: Buffer.alloc(20 * 2 ** 20 + 1) };
    const interaction = lab.discord.slash(mia, 'edit', { image, prompt: 'blur' });
    await interaction.acknowledged;
    expect(interaction.original()?.content).toContain(
      'too large: it has 20.1 MiB, and a picture may have at most 20 MiB',
    );
    expect(lab.runs()).toEqual([]);
  });

  it('lets moderators switch safety off in age-restricted channels and their threads, and nowhere else', async () => {
    const lab = await createLab();
    const from = (user: string, channel: string) =>
      lab.discord.slash({ user, channel }, 'edit', { image: rocket, prompt: 'blur', safety: false }).acknowledged;
    expect((await from('vera', 'general')).ephemeral).toBe(true);
    expect((await from('mia', 'lounge')).ephemeral).toBe(true);
    expect((await from('vera', 'lounge')).ephemeral).toBe(false);
    expect((await from('vera', 'lounge-thread')).ephemeral).toBe(false);
    await lab.until('both runs', () => lab.runs().length === 2);
    expect(lab.runs().map(({ input }) => input.enable_safety_checker)).toEqual([false, false]);
  });

  it.each([
    ['general', ['ATTACH_FILES'], 'Attach Files'],
    ['general', ['SEND_MESSAGES'], 'Send Messages'],
    ['general-thread', ['SEND_MESSAGES_IN_THREADS'], 'Send Messages in Threads'],
  ] as const)('names what the bot may not do in %s: %j', async (channel, permissions, words) => {
    const lab = await createLab();
    lab.discord.deny(channel, ...permissions);
    const interaction = lab.edit('blur', {}, at(mia, channel));
    expect((await interaction.acknowledged).ephemeral).toBe(true);
    expect(interaction.original()?.content).toContain(words);
    expect(lab.runs()).toEqual([]);
  });

  it('keeps what the bot needs out of the way in a thread: Send Messages is not asked for there', async () => {
    const lab = await createLab();
    lab.discord.deny('general', 'SEND_MESSAGES');
    const message = await lab.edit('blur', {}, at(mia, 'general-thread')).replied();
    expect(message.attachments).toHaveLength(1);
  });

  it('asks of whoever presses Again or the message menu what Discord asks of those who post a picture', async () => {
    const lab = await createLab();
    const message = await lab.edit('blur').replied();
    const thread = at(noah, 'general-thread');
    const there = lab.discord.post(mia, '', [rocket]);
    const inThread = lab.discord.post(at(mia, 'general-thread'), '', [rocket]);
    const menu = lab.discord.menu(noah, 'Edit this image', there.id);
    await menu.acknowledged;

    lab.discord.denyMember('noah', 'general', 'SEND_MESSAGES');
    expect(await privateText(lab.discord.press(noah, message.id, /^again:/))).toContain(
      'You would need: Send Messages.',
    );
    // In a thread it is another permission.
    expect((await lab.discord.menu(thread, 'Edit this image', inThread.id).acknowledged).type).toBe(9);
    lab.discord.denyMember('noah', 'general', 'ATTACH_FILES', 'SEND_MESSAGES_IN_THREADS');
    expect(await privateText(lab.discord.press(noah, message.id, /^again:/))).toContain('Send Messages, Attach Files.');
    expect(await privateText(lab.discord.menu(noah, 'Edit this image', there.id))).toContain('You would need');
    expect(await privateText(lab.discord.menu(thread, 'Edit this image', inThread.id))).toContain(
      'Send Messages in Threads, Attach Files.',
    );
    // The modal may have been open meanwhile.
    expect(await privateText(lab.discord.submit(noah, menu, { prompt: 'blur' }))).toContain('You would need');
    expect(lab.runs()).toHaveLength(1);

    // What is denied to one is not denied to others, and not what was posted.
    expect((await lab.discord.press(mia, message.id, /^again:/).replied()).attachments).toHaveLength(1);
  });

  it('names the right permission in a thread that the gateway has not listed', async () => {
    const lab = await createLab({ discord: { archived: true } });
    lab.discord.deny('general', 'SEND_MESSAGES');
    const thread = at(mia, 'general-thread');
    expect((await lab.edit('blur', {}, thread).replied()).attachments).toHaveLength(1);
    lab.discord.deny('general', 'SEND_MESSAGES_IN_THREADS');
    expect(await privateText(lab.edit('blur', {}, thread))).toContain('give me: Send Messages in Threads.');
    // Nor is it open because nothing is known of it.
    const lounge = at(vera, 'lounge-thread');
    expect((await lab.edit('blur', { safety: false }, lounge).acknowledged).ephemeral).toBe(false);
  });

  it('says that Again needs the picture once more when its address has expired', async () => {
    const lab = await createLab({ discord: { cdnMs: 2_000 } });
    const message = await lab.edit('blur').replied();
    lab.clock.move(3_000);
    const again = await lab.discord.press(mia, message.id, /^again:/).replied();
    expect(again.content).toContain('upload it again');
    expect(again.ephemeralFor).toBeDefined();
    expect(lab.runs()).toHaveLength(1);
  });
});

describe('a source that is gone', () => {
  it('has its own sentence, whether Runflow says so or its address ends while it waits in line', async () => {
    const lab = await createLab({ discord: { cdnMs: 2_000 } });
    const failed = 'blur';
    lab.runflow.plan({ failure: { code: 'INPUT_FETCH_FAILED', message: 'Input image 1 could not be fetched' } });
    const told = (await lab.edit(failed).replied()).content;
    expect(told).toContain('could not be fetched');
    expect(told).toContain('upload it again');
    expect(told).not.toContain('another prompt');

    const posts = () => lab.runflow.standIn.requests.filter(({ method }) => method === 'POST').length;
    const body = { code: 'RATE_LIMITED', message: 'later' };
    const later = { status: 429, body, headers: { 'retry-after': '2' } };
    lab.runflow.standIn.fault({ method: 'POST', path: /\/runs$/, kind: 'answer', ...later });
    const waiting = lab.edit('blur');
    await lab.until('the refusal', () => posts() === 2);
    lab.clock.move(5_000);
    expect((await waiting.replied()).content).toContain('upload it again');
    expect(posts()).toBe(2);
    expect(lab.runs()).toHaveLength(1);
  });
});

describe("Runflow's refusals", () => {
  it.each([
    ['credit', 'whoever operates this bot. They have been told. Nothing was charged.', 'error'],
    ['badkey', 'whoever operates this bot. They have been told. Nothing was charged.', 'error'],
    ['forbidden', 'whoever operates this bot. They have been told. Nothing was charged.', 'error'],
    ['invalid', "didn't accept this request", 'warn'],
  ])('[%s] has its own sentence for the member and its line for the operator', async (word, sentence, level) => {
    const lab = await createLab();
    const message = await lab.edit(`blur [${word}]`).replied();
    expect(message.content).toContain(sentence);
    const lines = lab.logs.filter(({ msg }) => msg === 'edit failed');
    expect(lines).toEqual([expect.objectContaining({ level, detail: expect.stringMatching(/40[123]|422/) })]);
    expect(lab.runflow.standIn.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  it('an unknown model is the operator’s to mend', async () => {
    const lab = await createLab({ env: { RUNFLOW_MODEL: 'nobody/knows/this' } });
    const message = await lab.edit('blur').replied();
    expect(message.content).toContain('whoever operates this bot');
    expect(lab.logs.some(({ level, reason }) => level === 'error' && reason === 'model')).toBe(true);
  });

  it('429 is tried again after Retry-After and not before', async () => {
    const lab = await createLab();
    const message = await lab.edit('blur [ratelimit]').replied();
    expect(message.attachments).toHaveLength(1);
    const [first, second] = lab.runflow.standIn.requests.filter(({ method }) => method === 'POST');
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(2_000);
    expect(lab.runs()).toHaveLength(1);
  });

  it('503 is tried again once the list has shown that no run was made, five times at most', async () => {
    const lab = await createLab();
    const once = await lab.edit('blur [unavailable]').replied();
    expect(once.attachments).toHaveLength(1);
    const never = await lab.edit('blur [down]').replied();
    expect(never.content).toContain('not available right now');
    const posts = lab.runflow.standIn.requests.filter(({ path }) => path.endsWith('/runs'));
    expect(posts).toHaveLength(2 + 5);
  });

  it.each(['lost', 'reset'])('[%s] an answer that is lost is looked for, and the run adopted', async (word) => {
    const lab = await createLab();
    const message = await lab.edit(`blur [${word}]`).replied();
    expect(message.attachments).toHaveLength(1);
    expect(lab.runs()).toHaveLength(1);
  });

  it('finds a run that the list shows late, and creates no second one', async () => {
    const lab = await createLab({ runflow: { listLagMs: 200 } });
    const message = await lab.edit('blur [lost]').replied();
    expect(message.attachments).toHaveLength(1);
    expect(lab.runs()).toHaveLength(1);
  });

  it('HTML instead of JSON, a reset before the run and a run without an id are survived', async () => {
    const lab = await createLab();
    const { standIn } = lab.runflow;
    const page = { status: 200, body: '<html>hello</html>', headers: { 'content-type': 'text/html' } };
    standIn.fault({ method: 'POST', path: /\/runs$/, kind: 'answer', ...page });
    expect((await lab.edit('blur').replied()).attachments).toHaveLength(1);
    standIn.fault({ method: 'POST', path: /\/runs$/, kind: 'reset' });
    expect((await lab.edit('blur').replied()).attachments).toHaveLength(1);
    standIn.fault({ method: 'POST', path: /\/runs$/, kind: 'answer', status: 201, body: { nothing: 1 } });
    expect((await lab.edit('blur').replied()).attachments).toHaveLength(1);
    expect(lab.runs()).toHaveLength(3);
  });
});
