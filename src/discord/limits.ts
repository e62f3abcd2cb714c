// Discord's limits that several parts share. Source: Discord's documentation of messages and interactions.

/** UTF-16 units in a message's text. */
export const messageLimit = 2000;
/** UTF-16 units in an attachment's alt text. */
export const altTextLimit = 1024;
/** Bytes of a file without server boosts, unless the interaction allows more. */
export const usualUploadLimit = 10 * 2 ** 20;

/** Bytes of a file in a message of the bot: what a server's boosts allow, not what a member's subscription does. */
export function messageUploadLimit(premiumTier: number | undefined): number {
  if (premiumTier === 3) return 100 * 2 ** 20;
  return premiumTier === 2 ? 50 * 2 ** 20 : usualUploadLimit;
}

/** Milliseconds for which an interaction's token works. */
export const tokenMs = 15 * 60_000;
/** Milliseconds within which Discord accepts the acknowledgement of an interaction. */
export const acknowledgeMs = 3_000;
