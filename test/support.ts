// What tests of all kinds share: the people of the sandbox's server, private answers, fingerprints of files, time.
import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import type { Discord, Interaction } from '../sandbox/discord/discord.ts';

export type Who = { user: string; channel: string };

/** A member, and one who has nothing to do with her edits; both in #general. */
export const mia: Who = { user: 'mia', channel: 'general' };
export const noah: Who = { user: 'noah', channel: 'general' };
/** A moderator, and the server's owner; both where moderators are, in #review. */
export const vera: Who = { user: 'vera', channel: 'review' };
export const otto: Who = { user: 'otto', channel: 'review' };

/** The same person in another channel. */
export const at = ({ user }: Who, channel: string): Who => ({ user, channel });

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;

export type Reply = Awaited<ReturnType<Interaction['replied']>>;

/** The answer, which only the user sees, which pings nobody and fits into a message. */
export async function privateReply(interaction: Interaction): Promise<Reply> {
  const reply = await interaction.replied();
  expect(reply.ephemeralFor, 'only the user sees the answer').toBeDefined();
  expect(reply.mentions).toEqual([]);
  expect(reply.content.length).toBeLessThanOrEqual(2000);
  return reply;
}

export const privateText = async (interaction: Interaction): Promise<string> =>
  (await privateReply(interaction)).content;

/** Presses More… under a result, and Delete there: the question whether to delete it, or why not. */
export async function askToDelete(
  { discord }: { discord: Pick<Discord, 'press'> },
  by: Who,
  resultId: string,
): Promise<Interaction> {
  const panel = await discord.press(by, resultId, /^more:/).replied();
  return discord.press(by, panel.id, /^ask-delete:/);
}

/** In hexadecimal; of nothing where there are no bytes. */
export const sha256 = (bytes: Buffer | undefined): string =>
  createHash('sha256')
    .update(bytes ?? '')
    .digest('hex');

/** Where there is no event to wait for: for what must not happen, and between two looks. */
export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
