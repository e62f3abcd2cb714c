// /settings as the owner, a moderator and a member use it, and what its settings do to the next /edit.

import { describe, expect, it } from 'vitest';
import type { Interaction } from '../../sandbox/discord/discord.ts';
import type { OptionValue } from '../../sandbox/discord/slash-options.ts';
import { createSqliteStore } from '../../src/store/sqlite.ts';
import { createLab, type Lab, storePath } from '../lab.ts';
import { at, hourMs, mia, noah, otto, privateText, vera } from '../support.ts';
import { change, createModeratedLab, readLog } from './review-cards.ts';

const settings = (lab: Lab, subcommand: string, options: Record<string, OptionValue> = {}, by = otto): Interaction =>
  lab.discord.slash(by, 'settings', options, subcommand);

/** The audit log as /review log shows it to the owner. */
const log = (lab: Lab) => privateText(lab.discord.slash(otto, 'review', {}, 'log'));

/** As if a server's administrator had shown the command to everybody in the integration settings. */
function showToEverybody(lab: Lab, name: string): void {
  for (const command of lab.discord.commands()) {
    if (command.name === name) command.default_member_permissions = null;
  }
}

describe('/settings moderation', () => {
  it('shows the present settings and changes nothing', async () => {
    const lab = await createLab();
    const text = await privateText(settings(lab, 'moderation'));
    expect(text).toContain('Flagged results: hold');
    expect(text).toContain('Unchecked results: post');
    expect(text).toContain('Review channel: none');
    expect(text).toContain('Reminder after: 12 h');
    expect(text).toContain('Expiry after: 72 h');
    expect(text).toContain('no review channel, so what would be held is blocked');
    expect(await log(lab)).toContain('Nothing is on record');
  });

  it('saves every option, also across a restart, and accounts for each change', async () => {
    const lab = await createLab();
    const options = {
      flagged: 'block',
      unchecked: 'spoiler',
      'flagged-restricted': 'spoiler',
      'unchecked-restricted': 'hold',
      'review-channel': { channel: 'review' },
      'moderator-role': { role: 'Moderators' },
      'self-approval': true,
      'reminder-hours': 1,
      'expiry-hours': 24,
      'delete-expired-files': true,
    };
    const saved = await privateText(settings(lab, 'moderation', options));
    await lab.stop();
    await lab.start();
    const shown = await privateText(settings(lab, 'moderation'));
    expect(shown.split('\n').slice(3)).toEqual(saved.split('\n').slice(3));
    const { id } = lab.discord.world.channel('review');
    for (const line of [
      'Flagged results: block',
      'Unchecked results: spoiler',
      'Flagged results in age-restricted channels: spoiler',
      'Unchecked results in age-restricted channels: hold',
      `Review channel: <#${id}>`,
      'Moderator role: <@&',
      'own edits: yes',
      'Reminder after: 1 h',
      'Expiry after: 24 h',
      'expired cards: deleted',
    ]) {
      expect(shown).toContain(line);
    }
    expect(shown).not.toContain('Everyone can see');
    const entries = await log(lab);
    expect(entries.match(/setting changed/g)).toHaveLength(8);
    expect(entries).toContain(`by <@${lab.discord.world.user('otto').id}>`);
    expect(entries).toContain('setting: delete-expired-files, from: kept, to: deleted');
  });

  it('says when nothing changed, and writes nothing down', async () => {
    const lab = await createLab();
    expect(await privateText(settings(lab, 'moderation', { flagged: 'hold' }))).toContain('Nothing to change');
    expect(await log(lab)).toContain('Nothing is on record');
  });

  it('puts the review channel and the moderator role back to none', async () => {
    const lab = await createLab();
    const both = { 'review-channel': { channel: 'review' }, 'moderator-role': { role: 'Moderators' } };
    await privateText(settings(lab, 'moderation', both));
    await privateText(settings(lab, 'moderation', { clear: 'review-channel' }));
    const text = await privateText(settings(lab, 'moderation', { clear: 'moderator-role' }));
    expect(text).toContain('Review channel: none');
    expect(text).toContain('Moderator role: none');
  });

  it('lets other settings be changed whatever role is stored', async () => {
    const lab = await createModeratedLab({}, { idle: true });
    await change(lab, { moderatorRole: lab.discord.world.guild.id });
    await lab.start();
    expect(await privateText(settings(lab, 'moderation', { 'reminder-hours': 5 }))).toContain('Saved');
  });

  it('names what the bot lacks in a review channel, and takes it once that is given', async () => {
    const lab = await createLab();
    const channel = { 'review-channel': { channel: 'review' } };
    lab.discord.deny('review', 'SEND_MESSAGES', 'ATTACH_FILES', 'READ_MESSAGE_HISTORY');
    const refused = await privateText(settings(lab, 'moderation', channel));
    expect(refused).toContain('Send Messages, Attach Files, Read Message History');
    expect(refused).not.toContain('View Channel');
    expect(await privateText(settings(lab, 'moderation'))).toContain('Review channel: none');
    lab.discord.allow('review');
    expect(await privateText(settings(lab, 'moderation', channel))).toContain('Saved');
  });

  it('refuses what makes no sense and says what to do', async () => {
    const lab = await createLab();
    const refuse = (options: Record<string, OptionValue>) => privateText(settings(lab, 'moderation', options));
    expect(await refuse({ 'moderator-role': { role: '@everyone' } })).toContain('Everyone has that role');
    expect(await refuse({ 'reminder-hours': 72 })).toContain('before the expiry');
    expect(await refuse({ 'review-channel': { channel: 'general-thread' } })).toContain('text channel');
    expect(await log(lab)).toContain('Nothing is on record');
  });

  it('refuses a review channel that everybody sees, whatever else is asked for, and takes it once it is private', async () => {
    const lab = await createLab();
    const options = { 'review-channel': { channel: 'general' }, flagged: 'block' };
    const { id } = lab.discord.world.channel('general');
    expect(await privateText(settings(lab, 'moderation', options))).toContain(`Everyone can see <#${id}>`);
    const shown = await privateText(settings(lab, 'moderation'));
    expect(shown).toContain('Review channel: none');
    expect(shown).toContain('Flagged results: hold');
    lab.discord.setPublic('general', false);
    expect(await privateText(settings(lab, 'moderation', options))).toContain('Saved');
  });

  it('warns above everything else while the review channel is not age-restricted', async () => {
    const lab = await createLab();
    const channel = { 'review-channel': { channel: 'review' } };
    const warning = `# ⚠️ <#${lab.discord.world.channel('review').id}> is not age-restricted`;
    expect((await privateText(settings(lab, 'moderation', channel))).split('\n')[0]).toBe(warning);
    expect((await privateText(settings(lab, 'moderation'))).split('\n')[0]).toBe(warning);
    lab.discord.setRestricted('review', true);
    expect(await privateText(settings(lab, 'moderation'))).not.toContain('age-restricted\n');
  });

  it('says what is wrong with the review channel, and what Discord does not allow', async () => {
    const lab = await createModeratedLab({ flagged: 'post' });
    const shown = () => privateText(settings(lab, 'moderation'));
    expect(await shown()).toContain('I hold flagged results whatever is set here');
    lab.discord.setPublic('review', true);
    expect(await shown()).toContain('Everyone can see the review channel');
    lab.discord.setPublic('review', false);
    lab.discord.deny('review', 'VIEW_CHANNEL');
    expect(await shown()).toContain("I can't use the review channel");
    await change(lab, { reviewChannel: lab.discord.world.channel('elsewhere').id });
    expect(await shown()).toContain('The review channel is not in this server');
    await change(lab, { reviewChannel: '1' });
    expect(await shown()).toContain('The review channel was deleted');
  });

  it('does not take a channel of another server', async () => {
    const lab = await createLab();
    const elsewhere = { 'review-channel': { channel: 'elsewhere' } };
    expect(await privateText(settings(lab, 'moderation', elsewhere))).toContain('has to be in this server');
    expect(await privateText(settings(lab, 'moderation'))).toContain('Review channel: none');
  });

  it('is hidden from those who do not run the server, and refuses them all the same', async () => {
    const lab = await createLab();
    for (const by of [mia, vera]) expect(() => settings(lab, 'moderation', {}, by)).toThrow('hidden');
    showToEverybody(lab, 'settings');
    for (const by of [mia, vera]) {
      expect(await privateText(settings(lab, 'moderation', { flagged: 'post' }, by))).toContain(
        'you need Manage Server',
      );
      expect(await privateText(settings(lab, 'blocklist add', { words: 'one' }, by))).toContain(
        'you need Manage Server',
      );
      expect(await privateText(settings(lab, 'blocklist show', {}, by))).toContain('you need Manage Server');
    }
    expect(await privateText(settings(lab, 'moderation'))).toContain('Flagged results: hold');
    expect(await log(lab)).toContain('Nothing is on record');
  });

  it('loses no change when several are made at once', async () => {
    const lab = await createLab();
    const changes = [{ flagged: 'block' }, { 'expiry-hours': 100 }, { 'self-approval': true }, { 'reminder-hours': 3 }];
    await Promise.all(changes.map((options) => privateText(settings(lab, 'moderation', options))));
    const text = await privateText(settings(lab, 'moderation'));
    for (const line of ['Flagged results: block', '100 h', 'own edits: yes', ': 3 h']) expect(text).toContain(line);
  });
});

describe('/settings blocklist', () => {
  it('refuses prompts with its words privately, before anything is paid for, and writes that down', async () => {
    const lab = await createLab();
    expect(await privateText(settings(lab, 'blocklist add', { words: 'Blood bath, gore*, ' }))).toContain('Added 2');
    const long = `a BLÓOD, bath ${'x'.repeat(300)}`;
    for (const prompt of [long, 'gorey']) {
      const refused = lab.edit(prompt);
      const text = await privateText(refused);
      expect(text).toMatch(/does not allow “(Blood bath|gore\\\*)”/);
      expect(text).toContain('nothing was charged');
    }
    await lab.edit('categories of flowers').replied();
    expect(lab.runs()).toHaveLength(1);
    const entries = await log(lab);
    expect(entries.match(/prompt refused/g)).toHaveLength(2);
    expect(entries).toContain(`<@${lab.discord.world.user('mia').id}>`);
    expect(entries).toContain('entry: Blood bath');
    expect(entries).not.toContain('x'.repeat(201));
  });

  it('holds for the message menu and for the Again button', async () => {
    const lab = await createLab();
    await lab.edit('red roses').replied();
    const [result] = lab.results();
    await privateText(settings(lab, 'blocklist add', { words: 'roses' }));
    const again = lab.discord.press(noah, result?.id ?? '', /^again:/);
    await lab.until('the refusal', () => again.original()?.ephemeralFor !== undefined);
    expect(again.original()?.content).toContain('roses');
    const menu = lab.discord.menu(mia, 'Edit this image', result?.id ?? '');
    await menu.acknowledged;
    const modal = lab.discord.submit(mia, menu, { prompt: 'more ROSES' });
    expect(await privateText(modal)).toContain('does not allow “roses”');
    expect(lab.runs()).toHaveLength(1);
    expect(lab.results()).toHaveLength(1);
  });

  it('is for one server: direct messages, where they are offered, are not concerned', async () => {
    const lab = await createLab();
    await privateText(settings(lab, 'blocklist add', { words: 'blur' }));
    const message = await lab.edit('blur', {}, at(mia, 'dm')).replied();
    expect(message.attachments).toHaveLength(1);
  });

  it('that cannot be read refuses everything until it is changed', async () => {
    const lab = await createLab();
    const store = createSqliteStore(storePath(lab));
    await store.space<unknown>('settings').set(lab.discord.world.guild.id, { blocklist: ['one', { word: 'two' }] });
    await store.close();
    expect(await privateText(lab.edit('roses'))).toContain("I can't read this server's prompt list");
    expect(await privateText(settings(lab, 'moderation'))).toContain("A part of the prompt list can't be read");
    expect(await privateText(settings(lab, 'blocklist add', { words: 'two' }))).toContain('the list has 2');
    await lab.edit('roses').until(({ attachments }) => attachments.length > 0);
    expect(await privateText(lab.edit('one rose'))).toContain('does not allow “one”');
    expect(lab.runs()).toHaveLength(1);
  });

  it('that is asked against again and again fills no log: a few entries an hour, then a count', async () => {
    const lab = await createLab();
    await privateText(settings(lab, 'blocklist add', { words: 'gore' }));
    for (let index = 0; index < 12; index += 1) await privateText(lab.edit(`gore ${index}`));
    const refused = async () => (await readLog(lab)).filter(({ action }) => action === 'prompt-refused');
    expect((await refused()).map(({ details }) => details?.times)).toEqual([undefined, undefined, undefined, 10]);
    expect(await log(lab)).toContain('times this hour: 10');
    const member = { member: { user: 'mia' } };
    expect(await privateText(lab.discord.slash(otto, 'review', member, 'member'))).toContain('refused prompts 12');
    await privateText(lab.edit('gore', {}, noah));
    expect(await refused()).toHaveLength(5);
    lab.clock.move(hourMs);
    await privateText(lab.edit('gore'));
    expect(await refused()).toHaveLength(6);
  });

  it('is shown, shortened and shown as a file when it is long', async () => {
    const lab = await createLab();
    expect(await privateText(settings(lab, 'blocklist show'))).toContain('empty');
    await privateText(settings(lab, 'blocklist add', { words: 'one, *two*, @everyone _bold_ <@&1>' }));
    const shown = await privateText(settings(lab, 'blocklist show'));
    expect(shown).toContain('one, \\*two\\*, \\@everyone');
    const many = Array.from({ length: 300 }, (_, index) => `some word${index}`);
    expect(await privateText(settings(lab, 'blocklist add', { words: many.join(',') }))).toContain('the list has 303');
    const reply = await settings(lab, 'blocklist show').replied();
    const [file] = reply.attachments;
    expect(file?.bytes.toString().split('\n')).toEqual(['one', '*two*', '@everyone _bold_ <@&1>', ...many, '']);
    expect(await privateText(settings(lab, 'blocklist remove', { words: 'ONE, some word7,nothing' }))).toContain(
      'Removed 2',
    );
    expect(await privateText(settings(lab, 'blocklist remove', { words: 'one' }))).toContain('None of these');
  });

  it('refuses entries that match nothing or too much, and a list that is too long, as a whole', async () => {
    const lab = await createLab();
    const add = (words: string) => privateText(settings(lab, 'blocklist add', { words }));
    expect(await add('fine, **')).toContain('no word');
    expect(await add('a*')).toContain('too much');
    expect(await add(' , ,, ')).toContain('at least one word');
    expect(await add('x'.repeat(101))).toContain('it has 101 characters, and an entry can have at most 100');
    await add(Array.from({ length: 499 }, (_, index) => `w${index}`).join(','));
    expect(await add('one, two')).toContain('would have 501 entries, and it can have at most 500');
    expect(await add('one')).toContain('the list has 500');
  });
});
