// /settings export and import: a file brings all settings to another server, and a hostile one brings nothing.
import { describe, expect, it } from 'vitest';
import { createLab, type Lab } from '../lab.ts';
import { otto, privateReply, privateText } from '../support.ts';
import { change, createModeratedLab, readLog } from './review-cards.ts';

const fileOf = (text: string) => ({ name: 'settings.json', type: 'application/json', bytes: Buffer.from(text) });
const take = (lab: Lab, text: string) =>
  privateText(lab.discord.slash(otto, 'settings', { file: fileOf(text) }, 'import'));

async function send(lab: Lab): Promise<string> {
  const reply = await privateReply(lab.discord.slash(otto, 'settings', {}, 'export'));
  return reply.attachments[0]?.bytes.toString('utf8') ?? '';
}

describe('/settings export', () => {
  it('gives a file that import takes as a whole, and each change is accounted for', async () => {
    const lab = await createModeratedLab({ flagged: 'block', perDay: 5, blocklist: ['gore*', 'blood bath'] });
    const moderators = lab.discord.world.roles.find(({ name }) => name === 'Moderators')?.id ?? '';
    await change(lab, { moderatorRole: moderators, roleLimits: [{ role: moderators, perDay: 50 }] });
    const file = await send(lab);
    expect(JSON.parse(file).settings).toMatchObject({ flagged: 'block', 'per-day': 5, 'at-once': null });
    expect(await take(lab, file)).toContain('0 values are different');

    await change(lab, {
      flagged: 'spoiler',
      perDay: 9,
      atOnce: 2,
      moderatorRole: undefined,
      roleLimits: [],
      blocklist: ['a b'],
    });
    expect(await take(lab, file)).toBe('**Taken over.** 5 values are different now; the prompt list has 2 entries.');
    expect(await send(lab)).toBe(file);
    expect((await readLog(lab)).map(({ details }) => details)).toEqual([
      { setting: 'flagged', from: 'spoiler', to: 'block' },
      { setting: 'moderator-role', from: 'none', to: moderators },
      { setting: 'at-once', from: 2, to: 'none' },
      { setting: 'per-day', from: 9, to: 5 },
      { setting: 'per-day', role: moderators, from: 'none', to: 50 },
      { setting: 'blocklist', added: 'gore*, blood bath' },
      { setting: 'blocklist', removed: 'a b' },
    ]);
  });
});

describe('/settings import', () => {
  const file = (changes: object) => JSON.stringify({ kind: 'darkroom settings', version: 1, settings: {}, ...changes });

  it('names every mistake at once, and takes nothing over', async () => {
    const lab = await createLab();
    const before = await send(lab);
    const everyone = lab.discord.world.guild.id;
    const text = await take(
      lab,
      file({
        settings: {
          flagged: 'maybe',
          'reminder-hours': 0,
          'per-day': '5',
          constructor: 1,
          'self-approval': 'yes',
          'moderator-role': '42',
        },
        'prompt-list': ['fine', 7, '*', 'x'.repeat(200)],
        roles: [{ role: 'all', perDay: 5 }, { role: everyone, perDay: -1 }, null],
      }),
    );
    expect(text).toContain('Nothing was taken over');
    for (const words of [
      '`flagged` has to be `hold`, `spoiler`, `post` or `block`',
      '`reminder-hours` has to be a whole number from 1 to 720',
      '`per-day` has to be a whole number from 0 to 1000, or `null`',
      '`constructor` is no setting of mine',
      '`self-approval` has to be `true` or `false`',
      'no role 42',
      '7 in the prompt list is no text',
      'role":"all"',
      'null is no role with limits',
    ]) {
      expect(text).toContain(words);
    }
    expect(text.split('\n- ')).toHaveLength(13);
    expect(await send(lab)).toBe(before);
    expect(await readLog(lab)).toEqual([]);
  });

  it.each([
    ['no JSON', 'hello', 'not a file that'],
    ['another JSON', '[]', 'not a file that'],
    ['nested deeper than anybody writes', '['.repeat(100_000), 'not a file that'],
    ['a channel that is not there', file({ settings: { 'review-channel': '1' } }), 'has to be a text channel'],
    [
      'a reminder after the expiry',
      file({ settings: { 'reminder-hours': 10, 'expiry-hours': 5 } }),
      'before the expiry',
    ],
    [
      'more words than a list may have',
      file({ 'prompt-list': Array.from({ length: 600 }, (_, index) => `word${index}`) }),
      '500',
    ],
    ['too large a file', file({ padding: 'x'.repeat(300_000) }), 'too large'],
  ])('refuses %s', async (_what, text, words) => {
    const lab = await createLab();
    expect(await take(lab, text)).toContain(words);
    expect(await readLog(lab)).toEqual([]);
  });
});
