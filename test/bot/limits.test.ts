// How often members may edit, as they and those who run the server see it.
import { describe, expect, it } from 'vitest';
import { createLab, type Lab } from '../lab.ts';
import { at, hourMs, mia, noah, otto, pause, privateText } from '../support.ts';
import { change, createModeratedLab, readLog } from './review-cards.ts';

const limits = (lab: Lab, options: Parameters<Lab['discord']['slash']>[2] = {}, by = otto) =>
  privateText(lab.discord.slash(by, 'settings', options, 'limits'));

const delivered = (lab: Lab, count: number) => lab.until(`${count} pictures`, () => lab.results().length === count);
/** Asks until it is taken: what became of the share of the one before is saved after its picture is posted. */
async function taken(ask: () => ReturnType<Lab['edit']>): Promise<ReturnType<Lab['edit']>> {
  for (let tries = 0; tries < 50; tries += 1) {
    const interaction = ask();
    if (!(await interaction.acknowledged).ephemeral) return interaction;
    await pause(20);
  }
  throw new Error('it is refused again and again');
}

/** What only the presser reads of a refused edit. */
async function refusal(interaction: ReturnType<Lab['edit']>): Promise<string> {
  const { ephemeral } = await interaction.acknowledged;
  expect(ephemeral, 'only the member sees it').toBe(true);
  return interaction.original()?.content ?? '';
}

describe('a member', () => {
  it('who presses 50 times at once with 3 left gets 3 pictures and 47 private refusals', async () => {
    const lab = await createModeratedLab({ perDay: 3 }, { discord: { acknowledgeMs: 20_000 } });
    const all = Array.from({ length: 50 }, () => lab.edit('sepia'));
    const answers = await Promise.all(all.map(({ acknowledged }) => acknowledged));
    const refused = answers.filter(({ ephemeral }) => ephemeral);
    expect(refused).toHaveLength(47);
    await delivered(lab, 3);
    expect(lab.runs()).toHaveLength(3);
    const told = all.map((one) => one.original()?.content ?? '').filter((text) => text.includes('24 hours'));
    expect(told).toHaveLength(47);
    expect(told[0]).toMatch(
      /lets you make 3 edits within 24 hours, and you have\. The next one is possible <t:\d+:R>\.$/,
    );
  });

  it('has as many at once as the server allows, by whichever way they are asked for', async () => {
    const lab = await createModeratedLab({ atOnce: 1 }, { runflow: { runMs: 400 } });
    const first = lab.edit('sepia');
    await first.acknowledged;
    expect(await refusal(lab.edit('blur'))).toContain('1 edit under way');
    await delivered(lab, 1);
    const [result] = lab.results();
    const again = () => lab.discord.press(mia, result?.id ?? '', /^again:/);
    await taken(again);
    expect(await refusal(again())).toContain('1 edit under way');
    await delivered(lab, 2);
    expect((await lab.edit('blur', {}, noah).acknowledged).ephemeral, 'another member').toBe(false);
  });

  it.each([
    ['fails', 'sepia [failed]', {}],
    ['is refused by Runflow', 'sepia [invalid]', {}],
    ['is blocked', 'sepia [flagged]', { flagged: 'block' }],
  ] as const)('gets back what %s', async (_what, prompt, settings) => {
    const lab = await createModeratedLab({ perDay: 1, serverPerDay: 1, cooldownSeconds: 600, ...settings });
    await lab.edit(prompt).acknowledged;
    await taken(() => lab.edit('sepia'));
    await delivered(lab, 1);
    expect(await refusal(lab.edit('blur'))).toContain('The next one is possible');
  });

  it('has what the operator gives everybody, also in direct messages and over all places', async () => {
    const lab = await createLab({ env: { MEMBER_EDITS_PER_DAY: '2' } });
    lab.edit('sepia', {}, at(mia, 'dm'));
    await lab.until('a picture', () => lab.results('dm-mia').length === 1);
    lab.edit('sepia');
    await delivered(lab, 1);
    const text = await refusal(lab.edit('sepia', {}, at(mia, 'dm')));
    expect(text).toContain('I make at most 2 edits for one person within 24 hours');
    lab.clock.move(24 * hourMs);
    expect((await lab.edit('sepia', {}, at(mia, 'dm')).acknowledged).ephemeral).toBe(false);
  });

  it('reads nothing of money when the day’s budget is used up, and the operator is told', async () => {
    const lab = await createLab({ env: { DAILY_BUDGET_USD: '0.06' } });
    const all = [lab.edit('sepia'), lab.edit('blur', {}, noah), lab.edit('blur', {}, at(noah, 'dm'))];
    const refused: string[] = [];
    for (const one of all) {
      const { ephemeral } = await one.acknowledged;
      if (ephemeral) refused.push(one.original()?.content ?? '');
    }
    expect(refused).toHaveLength(2);
    expect(refused[0]).toMatch(/^I can't take more edits today\. The next one is possible <t:\d+:R>\.$/);
    await lab.until('told', () => lab.discord.messages('dm-otto').length > 0);
    expect(lab.discord.messages('dm-otto')[0]?.content).toContain('DAILY_BUDGET_USD) is used up');
    await taken(() => lab.edit('sepia', { size: 'square' }, noah));
  });

  it('is refused, and nothing is paid for, while the store does not say what is left', async () => {
    const lab = await createModeratedLab({ perDay: 5 });
    const { DatabaseSync } = await import('node:sqlite');
    const database = new DatabaseSync(lab.env.STORE_URL?.replace('sqlite://', '') ?? '');
    database.exec('ALTER TABLE record RENAME TO away');
    const text = await refusal(lab.edit('sepia'));
    database.exec('ALTER TABLE away RENAME TO record');
    database.close();
    expect(text).toContain('Nothing was charged');
    expect(lab.runs()).toEqual([]);
  });
});

describe('/usage', () => {
  it('says privately what is used and when there is more, here and in direct messages', async () => {
    const lab = await createModeratedLab(
      { perDay: 2, atOnce: 5, serverPerDay: 10 },
      { env: { MEMBER_EDITS_PER_DAY: '9' } },
    );
    const usage = (by = mia) => privateText(lab.discord.slash(by, 'usage', {}));
    expect(await usage()).toContain('Within 24 hours: 0 of 2.');
    await taken(() => lab.edit('sepia'));
    await taken(() => lab.edit('sepia'));
    await delivered(lab, 2);
    const text = await usage();
    expect(text).toMatch(/Within 24 hours: 2 of 2\. The next one is possible <t:\d+:R>\./);
    expect(text).toContain('The whole server within 24 hours: 2 of 10.');
    expect(text).toContain('In all servers and direct messages within 24 hours: 2 of 9.');
    expect(await usage(noah)).toContain('Within 24 hours: 0 of 2.');
    expect(await usage(at(mia, 'dm'))).toBe(
      '**Your edits here**\n- In all servers and direct messages within 24 hours: 2 of 9.',
    );
    lab.clock.move(25 * hourMs);
    expect(await usage()).toContain('Within 24 hours: 0 of 2.');
  });

  it('says so where nothing is limited', async () => {
    const lab = await createLab();
    expect(await privateText(lab.discord.slash(mia, 'usage', {}))).toBe('Nothing limits how often you may edit here.');
  });
});

describe('/settings limits', () => {
  it('shows, changes and clears the limits, and accounts for each change', async () => {
    const lab = await createLab();
    expect(await limits(lab)).toContain('Edits of one member within 24 hours: no limit');
    const saved = await limits(lab, { 'per-day': 10, 'cooldown-seconds': 30 });
    expect(saved).toContain('**Saved.**');
    expect(saved).toContain('within 24 hours: 10');
    expect(saved).toContain('between two edits of one member: 30 s');
    const role = { role: { role: 'Moderators' } };
    expect(await limits(lab, { ...role, 'per-day': 50, 'at-once': 4 })).toMatch(
      /<@&\d+>: Edits of one member at once: 4 · Edits of one member within 24 hours: 50/,
    );
    expect(await limits(lab, { ...role, clear: 'at-once' })).not.toContain('once: 4');
    expect(await limits(lab, { clear: 'per-day' })).toContain('changes nothing: there is no such limit');
    expect(await limits(lab, { ...role, clear: 'per-day' })).not.toContain('<@&');
    expect(await limits(lab, { clear: 'per-day' })).toContain('Nothing to change');
    const entries = (await readLog(lab)).map(({ details }) => details);
    const moderators = lab.discord.world.roles.find(({ name }) => name === 'Moderators')?.id;
    expect(entries).toEqual([
      { setting: 'per-day', from: 'none', to: 10 },
      { setting: 'cooldown-seconds', from: 'none', to: 30 },
      { setting: 'at-once', role: moderators, from: 'none', to: 4 },
      { setting: 'per-day', role: moderators, from: 'none', to: 50 },
      { setting: 'at-once', role: moderators, from: 4, to: 'none' },
      { setting: 'per-day', from: 10, to: 'none' },
      { setting: 'per-day', role: moderators, from: 50, to: 'none' },
    ]);
  });

  it('refuses what makes no sense', async () => {
    const lab = await createLab();
    expect(await limits(lab, { role: { role: '@everyone' }, 'per-day': 5 })).toContain('Everyone has that role');
    const role = { role: { role: 'Moderators' } };
    expect(await limits(lab, { ...role, 'server-per-day': 5 })).toContain('for the whole server');
    expect(await readLog(lab)).toEqual([]);
  });

  it('holds from the next edit on, for the roles that a member has then', async () => {
    const lab = await createModeratedLab({ perDay: 0 });
    expect(await refusal(lab.edit('sepia'))).toBe(
      'Edits are not open to you in this server. Those who run it can change that.',
    );
    const moderators = lab.discord.world.roles.find(({ name }) => name === 'Moderators')?.id ?? '';
    await change(lab, { roleLimits: [{ role: moderators, perDay: 1 }] });
    const user = lab.discord.world.user('mia');
    user.roles.push(moderators);
    try {
      lab.edit('sepia');
      await delivered(lab, 1);
    } finally {
      user.roles.splice(user.roles.indexOf(moderators), 1);
    }
    expect(await refusal(lab.edit('sepia'))).toContain('not open to you');
  });
});
