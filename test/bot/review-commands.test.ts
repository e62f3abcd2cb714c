// /review as moderators and members use it: pages, files, numbers, the queue and time-outs, also after restarts.
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Interaction } from '../../sandbox/discord/discord.ts';
import type { OptionValue } from '../../sandbox/discord/slash-options.ts';
import { systemClock } from '../../src/clock.ts';
import { type AuditEntry, createAudit } from '../../src/guild/audit.ts';
import { createMembers } from '../../src/guild/members.ts';
import { createLocalStore } from '../../src/store/local.ts';
import { readCsv } from '../guild/csv.ts';
import { createLab, type Lab, mia, type Who } from '../lab.ts';

const otto: Who = { user: 'otto', channel: 'general' };
const vera: Who = { user: 'vera', channel: 'general' };
const noah: Who = { user: 'noah', channel: 'general' };

const review = (lab: Lab, subcommand: string, options: Record<string, OptionValue> = {}, by = vera): Interaction =>
  lab.discord.slash(by, 'review', options, subcommand);

type Reply = Awaited<ReturnType<Interaction['replied']>>;

/** The private answer. */
async function answer(interaction: Interaction): Promise<Reply> {
  const reply = await interaction.replied();
  expect(reply.ephemeralFor, 'only the user sees the answer').toBeDefined();
  expect(reply.mentions).toEqual([]);
  expect(reply.content.length).toBeLessThanOrEqual(2000);
  return reply;
}

const idOf = (lab: Lab, user: string) => lab.discord.world.user(user).id;

/** Writes into the bot's own database, as another process of it would. */
async function write(lab: Lab, entries: readonly Omit<AuditEntry, 'id' | 'at'>[]): Promise<void> {
  const store = createLocalStore((lab.env.STORE_URL ?? '').replace('sqlite://', ''));
  const audit = createAudit(store, systemClock);
  for (const entry of entries) await audit.append(lab.discord.world.guild.id, entry);
  await store.close();
}

async function timeOut(lab: Lab, user: string, hours: number): Promise<void> {
  const store = createLocalStore((lab.env.STORE_URL ?? '').replace('sqlite://', ''));
  const members = createMembers(store, createAudit(store, systemClock), systemClock);
  await members.timeOut(lab.discord.world.guild.id, idOf(lab, user), idOf(lab, 'vera'), hours * 3_600_000);
  await store.close();
}

/** The numbers at the ends of the lines of a page, as they were given for a reason. */
const reasons = (reply: Reply) => [...reply.content.matchAll(/reason (\d+)$/gm)].map(([, number]) => Number(number));

/** Presses a button of a private reply and gives the reply as it is then. */
async function press(lab: Lab, reply: Reply, customId: RegExp, by = vera): Promise<Reply> {
  const edits = reply.history.length;
  const pressed = lab.discord.press(by, reply.id, customId);
  await pressed.until(({ history }) => history.length > edits);
  return answer(pressed);
}

const numbered = (lab: Lab, count: number) =>
  Array.from({ length: count }, (_, index) => ({
    action: 'rejected' as const,
    actorId: idOf(lab, index % 2 === 0 ? 'vera' : 'otto'),
    memberId: idOf(lab, index % 5 === 0 ? 'noah' : 'mia'),
    editId: '9'.repeat(19),
    reason: `reason ${index}`,
  }));

const down = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, index) => from - index);

describe('/review log', () => {
  it('turns pages back and forth, also after a restart and while more is written', async () => {
    const lab = await createLab();
    await write(lab, numbered(lab, 20));
    const first = await answer(review(lab, 'log'));
    expect(reasons(first)).toEqual(down(19, 12));
    await write(lab, [{ action: 'rejected', actorId: idOf(lab, 'vera'), reason: 'reason 20' }]);
    const second = await press(lab, first, /^audit-page:before:/);
    expect(reasons(second)).toEqual(down(11, 4));
    await lab.stop();
    await lab.start();
    const third = await press(lab, second, /^audit-page:before:/);
    expect(reasons(third)).toEqual(down(3, 0));
    expect(() => lab.discord.press(vera, third.id, /^audit-page:before:/)).toThrow();
    expect(reasons(await press(lab, third, /^audit-page:after:/))).toEqual(down(11, 4));
    expect(reasons(await press(lab, third, /^audit-page:after:/))).toEqual(down(19, 12));
    expect(reasons(await press(lab, third, /^audit-page:newest:/))).toEqual(down(20, 13));
    expect(reasons(await press(lab, third, /^audit-page:before:/))).toEqual(down(12, 5));
    // Less than a page is newer: the whole newest page is shown.
    expect(reasons(await press(lab, third, /^audit-page:after:/))).toEqual(down(20, 13));
    expect(() => lab.discord.press(vera, third.id, /^audit-page:after:/)).toThrow();
  });

  it('filters by member and by moderator, on every page', async () => {
    const lab = await createLab();
    await write(lab, numbered(lab, 50));
    const byOtto = await answer(review(lab, 'log', { moderator: { user: 'otto' }, member: { user: 'noah' } }));
    expect(reasons(byOtto)).toEqual([45, 35, 25, 15, 5]);
    expect(byOtto.content).toContain(`about <@${idOf(lab, 'noah')}> · by <@${idOf(lab, 'otto')}>`);
    expect(byOtto.components).toEqual([]);
    const ofMia = await answer(review(lab, 'log', { member: { user: 'mia' } }));
    const next = await press(lab, ofMia, /^audit-page:before:/);
    for (const reason of [...reasons(ofMia), ...reasons(next)]) expect(reason % 5).not.toBe(0);
  });

  it('shows hostile text as it was typed and fits it into a message', async () => {
    const lab = await createLab();
    const hostile = '@everyone **x** <@&1> [a](https://evil.example)\n# '.repeat(9);
    const entry = { action: 'approved-spoiler' as const, actorId: '9'.repeat(20), memberId: '8'.repeat(20) };
    const details = { prompt: hostile, [hostile]: true };
    await write(
      lab,
      Array.from({ length: 9 }, () => ({ ...entry, editId: '7'.repeat(20), reason: hostile, details })),
    );
    const reply = await answer(review(lab, 'log'));
    expect(reply.content.split('\n')).toHaveLength(9);
    expect(reply.content).toContain('\\@everyone \\*\\*x\\*\\*');
  });

  it('says that nothing is there', async () => {
    const lab = await createLab();
    expect((await answer(review(lab, 'log'))).content).toContain('Nothing is on record');
  });
});

describe('/review export', () => {
  it('gives the whole log as CSV and as JSON Lines, oldest first', async () => {
    const lab = await createLab();
    await write(lab, numbered(lab, 30));
    await write(lab, [{ action: 'prompt-refused', actorId: 'bot', details: { prompt: '=1+1,"a"\nb', entry: 'x' } }]);
    const csv = await answer(review(lab, 'export'));
    expect(csv.content).toContain('31 entries');
    expect(csv.attachments.map(({ filename }) => filename)).toEqual(['audit-log.csv']);
    const rows = readCsv(csv.attachments[0]?.bytes.toString() ?? '');
    expect(rows.map((row) => row[6])).toEqual(['reason', ...numbered(lab, 30).map(({ reason }) => reason), '']);
    expect(JSON.parse(rows.at(-1)?.[7] ?? '')).toEqual({ prompt: '=1+1,"a"\nb', entry: 'x' });
    const jsonl = await answer(review(lab, 'export', { format: 'jsonl' }));
    expect(jsonl.attachments[0]?.filename).toBe('audit-log.jsonl');
    const lines = (jsonl.attachments[0]?.bytes.toString() ?? '').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).reason)).toEqual(rows.slice(1).map((row) => row[6] || undefined));
  });

  it('keeps to the days that were asked for', async () => {
    const lab = await createLab();
    await write(lab, numbered(lab, 3));
    const today = new Date().toISOString().slice(0, 10);
    const day = (offset: number) => new Date(Date.parse(today) + offset * 86_400_000).toISOString().slice(0, 10);
    const ask = async (options: Record<string, OptionValue>) => (await answer(review(lab, 'export', options))).content;
    expect(await ask({ from: day(-1), to: day(1) })).toContain('3 entries');
    expect(await ask({ to: day(-2) })).toContain('Nothing is on record');
    expect(await ask({ from: day(2) })).toContain('Nothing is on record');
    expect(await ask({ from: 'yesterday' })).toContain('`from` must be a day');
  });

  it('says so when the file is larger than Discord takes', async () => {
    const lab = await createLab({ discord: { uploadLimit: 2_000 } });
    await write(lab, numbered(lab, 40));
    const reply = await answer(review(lab, 'export'));
    expect(reply.content).toContain('too much for one file');
    expect(reply.attachments).toEqual([]);
  });
});

describe('/review stats', () => {
  it('counts what was decided and draws the weeks', async () => {
    const lab = await createLab();
    for (const prompt of ['blur', 'sepia', 'invert', 'red']) await lab.edit(prompt).replied();
    const entry = { actorId: 'bot', memberId: idOf(lab, 'mia') };
    const decide = (editId: string, action: AuditEntry['action']) => ({ ...entry, action, editId, actorId: '1' });
    await write(lab, [
      ...['1', '2', '3'].map((editId) => ({ ...entry, action: 'held' as const, editId })),
      decide('1', 'approved'),
      decide('2', 'rejected'),
      decide('2', 'contested'),
      decide('2', 'approved'),
    ]);
    const reply = await answer(review(lab, 'stats'));
    expect(reply.content).toContain('Held 3 · blocked 0');
    expect(reply.content).toContain('Approved 2 · rejected 0');
    expect(reply.content).toContain('Overturned 1');
    expect(reply.content).toContain('less than a minute');
    const [picture] = reply.attachments;
    expect(picture?.description).toContain('flag rate');
    expect(await sharp(picture?.bytes).metadata()).toMatchObject({ format: 'png', width: 1100 });
  });

  it('works for a server in which nothing happened', async () => {
    const lab = await createLab();
    const reply = await answer(review(lab, 'stats'));
    expect(reply.content).toContain('Median time to decision: none yet');
    expect(reply.attachments).toHaveLength(1);
  });
});

describe('/review queue', () => {
  it('links to the cards that are open, the oldest first', async () => {
    const lab = await createLab();
    expect((await answer(review(lab, 'queue'))).content).toContain('Nothing is waiting');
    await answer(lab.discord.slash(otto, 'settings', { 'review-channel': { channel: 'review' } }, 'moderation'));
    for (const [index, by] of [mia, noah].entries()) {
      lab.edit('blur [flagged]', {}, by);
      await lab.until('the card', () => lab.discord.messages('review').length === index + 1);
    }
    const links = lab.discord.messages('review').map(({ id, channelId }) => `/${channelId}/${id}`);
    const { content } = await answer(review(lab, 'queue'));
    expect(content).toContain('Waiting for a moderator: 2');
    const lines = content.split('\n').slice(1);
    for (const [index, user] of ['mia', 'noah'].entries()) {
      expect(lines[index]).toContain(`<@${idOf(lab, user)}>`);
      expect(lines[index]).toContain(links[index]);
    }
  });
});

describe('/review member', () => {
  it('shows a history and lifts a time-out with a button that survives a restart', async () => {
    const lab = await createLab();
    await lab.edit('blur').replied();
    await timeOut(lab, 'mia', 24);
    const refused = await answer(lab.edit('sepia'));
    expect(refused.content).toContain('paused your edits until <t:');
    expect(lab.runs()).toHaveLength(1);
    await lab.edit('sepia', {}, { user: 'mia', channel: 'dm' }).replied();
    await lab.edit('sepia', {}, noah).replied();

    const reply = await answer(review(lab, 'member', { member: { user: 'mia' } }));
    expect(reply.content).toContain('time-outs 1');
    expect(reply.content).toContain(`by <@${idOf(lab, 'vera')}>`);
    await lab.stop();
    await lab.start();
    const lifted = await press(lab, reply, /^lift-time-out:/);
    expect(lifted.content).toContain('The time-out is lifted');
    expect(lifted.components).toEqual([]);
    expect((await lab.edit('sepia').replied()).attachments).toHaveLength(1);
    const log = await answer(review(lab, 'log', { member: { user: 'mia' } }));
    expect(log.content).toContain('time-out lifted');
  });

  it('ends a time-out by itself', async () => {
    const lab = await createLab();
    await timeOut(lab, 'mia', 1);
    await answer(lab.edit('sepia'));
    lab.clock.move(3_600_001);
    expect((await lab.edit('sepia').replied()).attachments).toHaveLength(1);
    const reply = await answer(review(lab, 'member', { member: { user: 'mia' } }));
    expect(reply.content).toContain('May edit');
    expect(reply.components).toEqual([]);
  });

  it('says so when somebody else has lifted it', async () => {
    const lab = await createLab();
    await timeOut(lab, 'mia', 1);
    const replies = [];
    for (const by of [vera, otto]) replies.push(await answer(review(lab, 'member', { member: { user: 'mia' } }, by)));
    const [first, second] = replies;
    if (!first || !second) throw new Error('two replies');
    expect((await press(lab, first, /^lift-time-out:/)).content).toContain('is lifted');
    expect((await press(lab, second, /^lift-time-out:/, otto)).content).toContain('no time-out any more');
  });
});

describe('rights', () => {
  const subcommands = ['log', 'export', 'stats', 'queue', 'member'];
  const optionsOf = (name: string) => (name === 'member' ? { member: { user: 'vera' } } : {});

  it('refuses members every subcommand, and moderators none', async () => {
    const lab = await createLab();
    await write(lab, numbered(lab, 2));
    for (const name of subcommands) {
      const refused = await answer(review(lab, name, optionsOf(name), mia));
      expect(refused.content, name).toContain('That is for moderators');
      expect(refused.attachments).toEqual([]);
      for (const by of [vera, otto]) {
        const reply = await answer(review(lab, name, optionsOf(name), by));
        expect(reply.content, name).not.toContain('That is for moderators');
      }
    }
  });

  it('refuses buttons of a moderator who is none any more', async () => {
    const lab = await createLab();
    await write(lab, numbered(lab, 20));
    await timeOut(lab, 'mia', 1);
    const { roles } = lab.discord.world.user('vera');
    const log = await answer(review(lab, 'log'));
    const member = await answer(review(lab, 'member', { member: { user: 'mia' } }));
    const taken = roles.splice(0);
    try {
      for (const [reply, button] of [
        [log, /^audit-page:before:/],
        [member, /^lift-time-out:/],
      ] as const) {
        const press = lab.discord.press(vera, reply.id, button);
        await lab.until('the refusal', () => press.followups().length === 1);
        expect(press.followups()[0]).toMatchObject({ content: expect.stringContaining('That is for moderators') });
        expect(press.followups()[0]?.ephemeralFor).toBeDefined();
      }
    } finally {
      roles.push(...taken);
    }
    expect((await answer(lab.edit('sepia'))).content).toContain('paused');
  });

  it('admits the moderator role that the server chose, for as long as it is chosen', async () => {
    const lab = await createLab({ idle: true });
    const { world } = lab.discord;
    const helpers = { ...world.roles[0], id: '700000000000000009', name: 'Helpers', position: 1, permissions: 0n };
    world.roles.push(helpers);
    const { roles } = world.user('noah');
    roles.push(helpers.id);
    try {
      await lab.start();
      const ask = async () => (await answer(review(lab, 'queue', {}, noah))).content;
      expect(await ask()).toContain('That is for moderators');
      await answer(lab.discord.slash(otto, 'settings', { 'moderator-role': { role: 'Helpers' } }, 'moderation'));
      expect(await ask()).toContain('Nothing is waiting');
      await answer(lab.discord.slash(otto, 'settings', { clear: 'moderator-role' }, 'moderation'));
      expect(await ask()).toContain('That is for moderators');
    } finally {
      roles.pop();
    }
  });

  it('is not offered in direct messages', async () => {
    const lab = await createLab();
    expect(() => review(lab, 'log', {}, { user: 'vera', channel: 'dm' })).toThrow('not offered');
  });
});
