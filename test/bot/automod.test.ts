// The server's own AutoMod rules, as members, moderators and Discord see that the bot keeps to them.
import { describe, expect, it, vi } from 'vitest';
import { createLab, type Lab } from '../lab.ts';
import { at, mia, otto, privateText, vera } from '../support.ts';
import { readLog } from './review-cards.ts';

const asked = (lab: Lab) => lab.discord.standIn.requests.filter(({ path }) => path.includes('/auto-moderation/'));

async function setUp(options: Parameters<typeof createLab>[0] = {}): Promise<Lab> {
  const lab = await createLab(options);
  lab.discord.grant('darkroom', ['MANAGE_GUILD']);
  return lab;
}

/** What only the member reads of a refused prompt; undefined when it is taken. */
async function refusal(interaction: ReturnType<Lab['edit']>): Promise<string | undefined> {
  const { ephemeral } = await interaction.acknowledged;
  return ephemeral ? interaction.original()?.content : undefined;
}

const settings = (lab: Lab) => privateText(lab.discord.slash(otto, 'settings', {}, 'moderation'));

describe('a prompt that the server’s AutoMod would block', () => {
  it('is refused privately before anything is paid for, by whichever way, and moderators read the rule’s name', async () => {
    const lab = await setUp();
    const first = lab.edit('a forest of oaks');
    await lab.until('a picture', () => lab.results().length === 1);
    lab.discord.autoMod.add({ name: 'No trees', keywords: ['forest*'], message: 'We prefer the sea.' });
    const text = await refusal(lab.edit('two Forests, please'));
    expect(text).toContain("This server's AutoMod does not let that prompt through.");
    expect(text).toContain('We prefer the sea.');
    const [result] = lab.results();
    const again = () => lab.discord.press(mia, result?.id ?? '', new RegExp(`^again:${first.id}`));
    await vi.waitFor(async () => expect(await refusal(again())).toContain('AutoMod'), { timeout: 2_000 });
    expect(lab.runs()).toHaveLength(1);
    const [entry] = await readLog(lab);
    expect(entry).toMatchObject({
      action: 'prompt-refused',
      memberId: lab.discord.world.user('mia').id,
      details: { rule: 'No trees', entry: 'forest*', prompt: 'two Forests, please' },
    });
    expect(await privateText(lab.discord.slash(otto, 'review', {}, 'log'))).toContain('AutoMod rule: No trees');
  });

  it('is let through where the rule is off, only alerts, is about something else, or exempts who asks or where', async () => {
    const lab = await setUp();
    const { world } = lab.discord;
    const moderators = world.roles.find(({ name }) => name === 'Moderators')?.id ?? '';
    const here = world.channel('general').id;
    const keywords = ['oak'];
    const lets = async (by = mia) => (await refusal(lab.edit('an oak', {}, by))) === undefined;
    for (const rule of [
      { enabled: false },
      { onlyAlerts: true },
      { trigger: 6 as const },
      { exemptChannels: [here] },
    ]) {
      const id = lab.discord.autoMod.add({ keywords, ...rule });
      expect(await lets(), JSON.stringify(rule)).toBe(true);
      if ('exemptChannels' in rule) {
        expect(await lets(at(mia, 'general-thread')), 'a thread is as its parent').toBe(true);
        expect(await lets(at(mia, 'lounge'))).toBe(false);
      }
      lab.discord.autoMod.remove(id);
    }
    lab.discord.autoMod.add({ keywords, exemptRoles: [moderators] });
    await vi.waitFor(async () => expect(await lets()).toBe(false), { timeout: 2_000 });
    expect(await lets(at(vera, 'general'))).toBe(true);
    expect(await lets(at(otto, 'general')), 'AutoMod does not bind who runs the server').toBe(true);
  });

  it('follows each change within two seconds, also after a new session that told nothing', async () => {
    const lab = await setUp();
    const id = lab.discord.autoMod.add({ keywords: ['oak'] });
    const soon = { timeout: 2_000, interval: 50 };
    expect(await refusal(lab.edit('an oak'))).toContain('AutoMod');
    lab.discord.autoMod.change(id, { keywords: ['elm'] });
    await vi.waitFor(async () => expect(await refusal(lab.edit('an oak'))).toBeUndefined(), soon);
    expect(await refusal(lab.edit('an elm'))).toContain('AutoMod');
    lab.discord.autoMod.remove(id);
    await vi.waitFor(async () => expect(await refusal(lab.edit('an elm'))).toBeUndefined(), soon);
    lab.discord.invalidateSession();
    lab.discord.autoMod.add({ keywords: ['elm'] });
    await lab.discord.ready();
    await lab.until('a new session', () => lab.discord.sessions() === 1);
    await vi.waitFor(async () => expect(await refusal(lab.edit('an elm'))).toContain('AutoMod'), { timeout: 10_000 });
  });
});

describe('reading the rules', () => {
  it('costs one request for a server, and none where the bot may not', async () => {
    const lab = await createLab();
    lab.discord.autoMod.add({ keywords: ['oak'] });
    expect(await refusal(lab.edit('an oak'))).toBeUndefined();
    expect(asked(lab)).toHaveLength(0);
    expect(await settings(lab)).toContain("can't read this server's AutoMod rules");
    lab.discord.grant('darkroom', ['MANAGE_GUILD']);
    await Promise.all(
      Array.from({ length: 5 }, async () => expect(await refusal(lab.edit('an oak'))).toContain('AutoMod')),
    );
    expect(await refusal(lab.edit('an elm'))).toBeUndefined();
    expect(asked(lab)).toHaveLength(1);
    lab.discord.grant('darkroom', ['MANAGE_GUILD'], false);
    expect(await refusal(lab.edit('an oak'))).toBeUndefined();
  });

  it('refuses while Discord does not answer and nothing is known, and goes by what was known later', async () => {
    const lab = await setUp();
    lab.discord.autoMod.add({ keywords: ['oak'] });
    const fault = { method: 'GET', path: /auto-moderation/, kind: 'answer', status: 503, times: 100 } as const;
    lab.discord.standIn.fault(fault);
    expect(await refusal(lab.edit('an elm'))).toContain("can't read this server's AutoMod rules right now");
    expect(lab.runs()).toEqual([]);
    lab.discord.standIn.clearFaults();
    expect(await refusal(lab.edit('an elm'))).toBeUndefined();
    lab.discord.standIn.fault(fault);
    lab.discord.autoMod.add({ keywords: ['elm'] });
    await lab.until('it is read again', () => asked(lab).length >= 3);
    expect(await refusal(lab.edit('an oak'))).toContain('does not let that prompt through');
  });

  it('says in /settings what is checked and what cannot be', async () => {
    const lab = await setUp();
    lab.discord.autoMod.add({ keywords: ['oak'], patterns: ['a(?!b)', 'b+'] });
    lab.discord.autoMod.add({ name: 'Slurs', trigger: 4 });
    lab.discord.autoMod.add({ trigger: 3 });
    const text = await settings(lab);
    expect(text).toContain('AutoMod rules that prompts are checked against: 1');
    expect(text).toContain("Discord keeps its own word lists secret, so I can't check these AutoMod rules: Slurs.");
    expect(text).toContain("I can't read one pattern of your AutoMod rules");
  });
});
