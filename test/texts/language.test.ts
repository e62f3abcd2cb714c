// A second language is a folder and nothing else: with one that is made up, every screen is said in it whole and keeps
// within Discord's limits (the stand-in refuses what Discord would refuse).

import { expect, it } from 'vitest';
import type { Interaction } from '../../sandbox/discord/discord.ts';
import { createLanguage } from '../../src/settings/language.ts';
import { en } from '../../src/texts/en/en.ts';
import { catalogues } from '../../src/texts/texts.ts';
import { card as cardOf, createModeratedLab, directMessages, notes, picturesIn, readLog } from '../bot/review-cards.ts';
import type { Lab } from '../lab.ts';
import { askToDelete, at, hourMs, mia, noah, otto, vera } from '../support.ts';
import { outsideOf, pseudoTexts } from './pseudo.ts';

const prompt = 'qqqq';
const hooks = { catalogues: { 'en-US': pseudoTexts } };

/** What is read, by the names of the fields of Discord's messages, modals and commands. */
const readFields = ['content', 'label', 'placeholder', 'title', 'description', 'text'];

function collect(value: unknown, found: string[]): void {
  if (Array.isArray(value)) for (const one of value) collect(one, found);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner === 'string' && readFields.includes(key)) found.push(inner);
    else collect(inner, found);
  }
}

/** Everything that the bot has said to people. */
function said(lab: Lab): string[] {
  const found: string[] = [];
  for (const { method, path, json } of lab.discord.standIn.requests) {
    if (method !== 'GET' && !path.includes('/commands')) collect(json, found);
  }
  return found;
}

/** What is no word: what people typed, mentions, times, addresses, names of models and files, markdown. */
const wordless = (text: string) =>
  outsideOf(text)
    .replaceAll('qqqq', '')
    .replace(/\[(?:flagged|failed)\\?\]|\\\[(?:flagged|failed)\\\]/g, '')
    .replace(/\b(?:review-channel|delete-expired-files|reminder-hours|blocklist)\b/g, '')
    .replace(/<[@#t][^>]*>/g, '')
    .replace(/https?:\/\/\S+/g, '')
    .replace(/black-forest-labs\/\S+/g, '');

async function answered(interaction: Interaction): Promise<string> {
  return (await interaction.replied()).content;
}

it('says every screen in the language of the reader, and none is too long', { timeout: 60_000 }, async () => {
  const lab = await createModeratedLab({}, { hooks });
  const { discord } = lab;
  const settings = (subcommand: string, options = {}) => answered(discord.slash(otto, 'settings', options, subcommand));
  const review = (subcommand: string, options = {}) => answered(discord.slash(vera, 'review', options, subcommand));

  // A result, again, deleted; refusals and failures.
  const first = lab.edit(prompt);
  const result = await first.until(({ attachments }) => attachments.length > 0);
  await discord.press(noah, result.id, /^again:/).until(({ attachments }) => attachments.length > 0);
  const ask = await askToDelete({ discord }, mia, result.id);
  const confirm = await ask.replied();
  await discord.press(mia, confirm.id, /^delete-confirmed:/).acknowledged;
  await answered(lab.edit('\u2003'));
  await answered(lab.edit(`${prompt} [failed]`));

  // The moderators' way: hold, refuse a stranger, reject with a reason, contest, approve, report, take down.
  const held = lab.edit(`${prompt} [flagged]`);
  const card = await cardOf(lab, held.id);
  discord.world.channel('review').moderatorsOnly = false;
  await answered(discord.press(at(noah, 'review'), card.id, /^review-approve:/));
  discord.world.channel('review').moderatorsOnly = true;
  const modal = discord.press(vera, card.id, /^review-reject:/);
  await modal.acknowledged;
  await answered(discord.submit(vera, modal, { reason: 'person', note: prompt }));
  await lab.until('the direct message', () => directMessages(lab, 'mia').length === 1);
  const [directMessage] = discord.messages('dm-mia');
  await answered(discord.press(at(mia, 'dm'), directMessage?.id ?? '', /^contest:/));
  await lab.until('an open card', () => JSON.stringify(card.components).includes('review-approve'));
  await answered(discord.press(vera, card.id, /^review-time-out:/, ['1']));
  await answered(lab.edit(prompt));
  await answered(discord.press(vera, card.id, /^review-approve:/));
  await lab.until('the picture', () => picturesIn(lab, 'general').some(({ id }) => id !== result.id));
  const [posted] = picturesIn(lab, 'general').slice(-1);
  const asked = discord.menu(noah, en.moderation.report.menu, posted?.id ?? '');
  await asked.acknowledged;
  await answered(discord.submit(noah, asked, { reason: 'rules' }));
  lab.clock.move(13 * hourMs);

  // Commands.
  await settings('moderation', { 'delete-expired-files': true, 'reminder-hours': 5 });
  await settings('moderation', { clear: 'moderator-role' });
  await answered(discord.slash(otto, 'settings', { words: prompt }, 'blocklist add'));
  await answered(discord.slash(otto, 'settings', {}, 'blocklist show'));
  await answered(lab.edit(prompt, {}, noah));
  for (const name of ['log', 'queue', 'stats', 'export']) await review(name);
  await review('member', { member: { user: 'mia' } });

  const texts = said(lab);
  expect(texts.length).toBeGreaterThan(60);
  for (const text of texts) expect(wordless(text), text).not.toMatch(/[A-Za-z]{2}/);
  expect(notes(lab, 'mia').length + (await readLog(lab)).length).toBeGreaterThan(5);
});

it('gives Discord what it shows itself in every language', async () => {
  const lab = await createModeratedLab({}, { hooks });
  const put = lab.discord.standIn.requests.find(({ method }) => method === 'PUT');
  const described = [...JSON.stringify(put?.json).matchAll(/"description_localizations":\{"en-US":"([^"]*)"\}/g)];
  expect(described.length).toBeGreaterThan(30);
  for (const [, text = ''] of described) expect(text.length).toBeLessThanOrEqual(100);
});

it('knows a dialect by its language, and falls back to English', () => {
  const language = createLanguage({ ...catalogues, de: pseudoTexts });
  expect(language.of('de')).toBe(pseudoTexts);
  expect(language.of('de-AT')).toBe(pseudoTexts);
  expect([language.of('fr'), language.of(''), language.of(undefined)]).toEqual([en, en, en]);
  expect(language.localize((t) => t.result.again)).toEqual({
    text: 'Again',
    localizations: { de: pseudoTexts.result.again },
  });
  expect(createLanguage(catalogues).localize((t) => t.result.again).localizations).toBeUndefined();
});
