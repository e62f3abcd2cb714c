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

/** In hexadecimal; of nothing where there are no bytes, and of a picture without XMP, which every result gets. */
export const sha256 = (bytes: Buffer | undefined): string =>
  createHash('sha256')
    .update(withoutXmp(bytes ?? Buffer.alloc(0)))
    .digest('hex');

/**
 * Found by its name alone; an independent reading of where XMP stands. Sources: XMP specification part 3 (PNG, JPEG), WebP
 * container specification.
 */
function withoutXmp(bytes: Buffer): Buffer {
  const find = (name: string) => bytes.indexOf(name, 0, 'latin1');
  const without = (at: number, length: number) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
  if (find('RIFF') === 0) {
    // The header in front tells of the XMP behind, so only what is between them counts.
    const picture = Math.max(find('VP8 '), find('VP8L'));
    const xmp = bytes.lastIndexOf('XMP ', undefined, 'latin1');
    return bytes.subarray(picture, xmp > picture ? xmp : undefined);
  }
  const png = find('iTXtXML:com.adobe.xmp\0') - 4;
  const jpeg = find('http://ns.adobe.com/xap/1.0/\0') - 4;
  if (png >= 0) return without(png, 12 + bytes.readUInt32BE(png));
  return jpeg >= 0 ? without(jpeg, 2 + bytes.readUInt16BE(jpeg + 2)) : bytes;
}

/** Where there is no event to wait for: for what must not happen, and between two looks. */
export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
