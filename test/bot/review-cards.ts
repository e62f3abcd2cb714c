// What the tests of moderation have in common: a server with settings, a flagged result on its card, people who press.

import { expect, vi } from 'vitest';
import type { Interaction, Message } from '../../sandbox/discord/discord.ts';
import { type AuditEntry, createAudit } from '../../src/audit/audit.ts';
import { systemClock } from '../../src/clock.ts';
import { createSettings, readSettings, type Settings } from '../../src/settings/settings.ts';
import { createSqliteStore } from '../../src/store/sqlite.ts';
import { createLab, type Lab, type LabOptions, storePath } from '../lab.ts';
import { mia, privateText, type Who } from '../support.ts';

/** Changes the server's settings behind the bot's back, which reads them each time. */
export async function change(lab: Lab, changes: Partial<Settings>): Promise<void> {
  const store = createSqliteStore(storePath(lab));
  try {
    await createSettings(store, systemClock).update(lab.discord.world.guild.id, (settings) => ({
      ...settings,
      ...changes,
    }));
  } finally {
    await store.close();
  }
}

/** The server's audit log, the oldest entry first. */
export async function readLog(lab: Lab): Promise<AuditEntry[]> {
  const store = createSqliteStore(storePath(lab));
  try {
    const entries: AuditEntry[] = [];
    for await (const entry of createAudit(store, lab.clock).all(lab.discord.world.guild.id)) entries.push(entry);
    return entries;
  } finally {
    await store.close();
  }
}

/** The log as `actor action`, with names for ids. */
export async function readActions(lab: Lab, editId?: string): Promise<string[]> {
  const name = (id: string) => lab.discord.world.findUser(id)?.username ?? id;
  const entries = await readLog(lab);
  return entries
    .filter((entry) => editId === undefined || entry.editId === editId)
    .map(({ actorId, action }) => `${name(actorId)} ${action}`);
}

/** A lab whose server has a review channel and these settings. */
export async function createModeratedLab(settings: Partial<Settings> = {}, options: LabOptions = {}): Promise<Lab> {
  const lab = await createLab({ ...options, idle: true });
  const reviewChannel = lab.discord.world.channel('review').id;
  await change(lab, { ...readSettings(undefined), reviewChannel, ...settings });
  if (!options.idle) await lab.start();
  return lab;
}

/** The cards of an edit: each message in the review channel with its pictures. */
export function cardsOf(lab: Lab, editId: string): Message[] {
  const named = (message: Message) => message.attachments.some(({ filename }) => filename.includes(editId));
  return lab.discord.messages('review').filter((message) => named(message) || carries(message, editId));
}

export const carries = (message: Message, text: string) => JSON.stringify(message.components).includes(text);

/** The labels of a message's buttons, and the placeholder of its select. */
export function controls({ components }: Message): string[] {
  return [...JSON.stringify(components).matchAll(/"(?:label|placeholder)":"((?:[^"\\]|\\.)*)"/g)]
    .map(([, label = '']) => label)
    .filter((label) => !label.startsWith('for '));
}

export async function card(lab: Lab, editId: string): Promise<Message> {
  await lab.until('the card', () => cardsOf(lab, editId).length > 0);
  const [found] = cardsOf(lab, editId);
  if (!found) throw new Error('there is no card');
  return found;
}

export type Case = { edit: Interaction; card: Message };

/** mia's flagged edit, waiting on its card. */
export async function holdOne(lab: Lab, prompt = 'blur [flagged]', by = mia): Promise<Case> {
  const edit = lab.edit(prompt, {}, by);
  return { edit, card: await card(lab, edit.id) };
}

/**
 * Presses one of a card's buttons, by the beginning of its id, and fills in the modal if it asks for a reason; what only
 * the presser sees of it.
 */
export async function pressCard(
  lab: Lab,
  by: Who,
  message: Message,
  button: string,
  fields: Record<string, string> = {},
): Promise<string> {
  const pressed = lab.discord.press(by, message.id, new RegExp(`^${button}:`));
  await pressed.acknowledged;
  return privateText(pressed.modal ? lab.discord.submit(by, pressed, fields) : pressed);
}

export const reject = (lab: Lab, by: Who, message: Message, fields: Record<string, string>): Promise<string> =>
  pressCard(lab, by, message, 'review-reject', fields);

/** Reports a posted picture, with the reason that is asked for; what only the reporter sees of it. */
export async function reportPicture(
  lab: Lab,
  by: Who,
  messageId: string,
  fields: Record<string, string> = { reason: 'rules' },
): Promise<string> {
  const asked = lab.discord.menu(by, 'Report this edit', messageId);
  await asked.acknowledged;
  return privateText(asked.modal ? lab.discord.submit(by, asked, fields) : asked);
}

export const picturesIn = (lab: Lab, channel: string): Message[] =>
  lab.discord.messages(channel).filter(({ attachments }) => attachments.length > 0);

/** What stands above each direct message about an edit: server, channel, link, and the beginning of the prompt. */
const heading = /^-# \*\*.+\*\* · <#\d+> · https:\/\/discord\.com\/channels\/\d+\/\d+(?:\/\d+)?\n(?:> .*\n)?/;

/** The messages that the bot sent to somebody directly, without what stands above each. */
export const directMessages = (lab: Lab, user: string): string[] =>
  lab.discord.messages(`dm-${user}`).map(({ content }) => content.replace(heading, ''));

/** What a note says, without the prompt above it. */
export const said = (note: Message | undefined): string | undefined => note?.content.replace(/^> .*\n/, '');

/** The notes on an interaction that only its user sees. */
export const notes = (lab: Lab, user: string, channel = 'general'): Message[] =>
  lab.discord.visible(channel, user).filter(({ ephemeralFor }) => ephemeralFor !== undefined);

/** Waits until the log tells just that about an edit. */
export async function untilLogged(lab: Lab, editId: string, ...actions: string[]): Promise<void> {
  const patience = { timeout: 10_000, interval: 20 };
  await vi.waitFor(async () => expect(await readActions(lab, editId)).toEqual(actions), patience);
}
