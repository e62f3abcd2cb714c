// /review as moderators use it: pages, files, numbers, also after restarts.

import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { OptionValue } from '../../sandbox/discord/slash-options.ts';
import type { AuditEntry } from '../../src/audit/audit.ts';
import { readCsv } from '../audit/csv.ts';
import { createLab } from '../lab.ts';
import { privateReply, type Reply, vera } from '../support.ts';
import { idOf, numbered, pressInReply, review, write } from './moderator-commands.ts';

/** The numbers at the ends of the lines of a page, as they were given for a reason. */
const reasons = (reply: Reply) => [...reply.content.matchAll(/reason (\d+)$/gm)].map(([, number]) => Number(number));

const down = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, index) => from - index);

describe('/review log', () => {
  it('turns pages back and forth, also after a restart and while more is written', async () => {
    const lab = await createLab();
    await write(lab, numbered(lab, 20));
    const first = await privateReply(review(lab, 'log'));
    expect(reasons(first)).toEqual(down(19, 12));
    await write(lab, [{ action: 'rejected', actorId: idOf(lab, 'vera'), reason: { note: 'reason 20' } }]);
    const second = await pressInReply(lab, first, /^audit-page:before:/);
    expect(reasons(second)).toEqual(down(11, 4));
    await lab.stop();
    await lab.start();
    const third = await pressInReply(lab, second, /^audit-page:before:/);
    expect(reasons(third)).toEqual(down(3, 0));
    expect(() => lab.discord.press(vera, third.id, /^audit-page:before:/)).toThrow();
    expect(reasons(await pressInReply(lab, third, /^audit-page:after:/))).toEqual(down(11, 4));
    expect(reasons(await pressInReply(lab, third, /^audit-page:after:/))).toEqual(down(19, 12));
    expect(reasons(await pressInReply(lab, third, /^audit-page:newest:/))).toEqual(down(20, 13));
    expect(reasons(await pressInReply(lab, third, /^audit-page:before:/))).toEqual(down(12, 5));
    // Less than a page is newer: the whole newest page is shown.
    expect(reasons(await pressInReply(lab, third, /^audit-page:after:/))).toEqual(down(20, 13));
    expect(() => lab.discord.press(vera, third.id, /^audit-page:after:/)).toThrow();
  });

  it('filters by member and by moderator, on every page', async () => {
    const lab = await createLab();
    await write(lab, numbered(lab, 50));
    const byOtto = await privateReply(review(lab, 'log', { moderator: { user: 'otto' }, member: { user: 'noah' } }));
    expect(reasons(byOtto)).toEqual([45, 35, 25, 15, 5]);
    expect(byOtto.content).toContain(`about <@${idOf(lab, 'noah')}> · by <@${idOf(lab, 'otto')}>`);
    expect(byOtto.components).toEqual([]);
    const ofMia = await privateReply(review(lab, 'log', { member: { user: 'mia' } }));
    const next = await pressInReply(lab, ofMia, /^audit-page:before:/);
    for (const reason of [...reasons(ofMia), ...reasons(next)]) expect(reason % 5).not.toBe(0);
  });

  it('shows hostile text as it was typed and fits it into a message', async () => {
    const lab = await createLab();
    const hostile = '@everyone **x** <@&1> [a](https://evil.example)\n# '.repeat(9);
    const entry = { action: 'approved-spoiler' as const, actorId: '9'.repeat(20), memberId: '8'.repeat(20) };
    const details = { prompt: hostile, [hostile]: true };
    await write(
      lab,
      Array.from({ length: 9 }, () => ({ ...entry, editId: '7'.repeat(20), reason: { note: hostile }, details })),
    );
    const reply = await privateReply(review(lab, 'log'));
    expect(reply.content.split('\n')).toHaveLength(9);
    expect(reply.content).toContain('\\@everyone \\*\\*x\\*\\*');
  });

  it('says that nothing is there', async () => {
    const lab = await createLab();
    expect((await privateReply(review(lab, 'log'))).content).toContain('Nothing is on record');
  });
});

describe('/review export', () => {
  it('gives the whole log as CSV and as JSON Lines, oldest first', async () => {
    const lab = await createLab();
    await write(lab, numbered(lab, 30));
    await write(lab, [{ action: 'prompt-refused', actorId: 'bot', details: { prompt: '=1+1,"a"\nb', entry: 'x' } }]);
    const csv = await privateReply(review(lab, 'export'));
    expect(csv.content).toContain('31 entries');
    expect(csv.attachments.map(({ filename }) => filename)).toEqual(['audit-log.csv']);
    const rows = readCsv(csv.attachments[0]?.bytes.toString() ?? '');
    expect(rows.map((row) => row[6])).toEqual(['reason', ...numbered(lab, 30).map(({ reason }) => reason.note), '']);
    expect(JSON.parse(rows.at(-1)?.[7] ?? '')).toEqual({ prompt: '=1+1,"a"\nb', entry: 'x' });
    const jsonl = await privateReply(review(lab, 'export', { format: 'jsonl' }));
    expect(jsonl.attachments[0]?.filename).toBe('audit-log.jsonl');
    const lines = (jsonl.attachments[0]?.bytes.toString() ?? '').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).reason)).toEqual(rows.slice(1).map((row) => row[6] || undefined));
  });

  it('keeps to the days that were asked for', async () => {
    const lab = await createLab();
    await write(lab, numbered(lab, 3));
    const today = new Date().toISOString().slice(0, 10);
    const day = (offset: number) => new Date(Date.parse(today) + offset * 86_400_000).toISOString().slice(0, 10);
    const ask = async (options: Record<string, OptionValue>) =>
      (await privateReply(review(lab, 'export', options))).content;
    expect(await ask({ from: day(-1), to: day(1) })).toContain('3 entries');
    expect(await ask({ to: day(-2) })).toContain('Nothing is on record');
    expect(await ask({ from: day(2) })).toContain('Nothing is on record');
    expect(await ask({ from: 'yesterday' })).toContain('`from` must be a day');
  });

  it('says so when the file is larger than Discord takes', async () => {
    const lab = await createLab({ discord: { uploadLimit: 2_000 } });
    await write(lab, numbered(lab, 40));
    const reply = await privateReply(review(lab, 'export'));
    expect(reply.content).toMatch(
      /^That is too much for one file: 0\.\d MiB, and it may have 0 MiB here\. Ask for a shorter time/,
    );
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
    const reply = await privateReply(review(lab, 'stats'));
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
    const reply = await privateReply(review(lab, 'stats'));
    expect(reply.content).toContain('Median time to decision: none yet');
    expect(reply.attachments).toHaveLength(1);
  });
});
