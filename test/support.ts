// What tests of all kinds share: the people of the sandbox's server, fingerprints of files, pauses.
import { createHash } from 'node:crypto';

export type Who = { user: string; channel: string };

/** A member, and one who has nothing to do with her edits; both in #general. */
export const mia: Who = { user: 'mia', channel: 'general' };
export const noah: Who = { user: 'noah', channel: 'general' };
/** A moderator, and the server's owner; both where moderators are, in #review. */
export const vera: Who = { user: 'vera', channel: 'review' };
export const otto: Who = { user: 'otto', channel: 'review' };

/** In hexadecimal; of nothing where there are no bytes. */
export const sha256 = (bytes: Buffer | undefined): string =>
  createHash('sha256')
    .update(bytes ?? '')
    .digest('hex');

/** For what must not happen: an event to wait for does not exist. */
export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
