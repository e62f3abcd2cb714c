// Discord's limits that more than one part has to keep. Source: Discord's documentation of messages and interactions.

/** UTF-16 units in a message's text. */
export const messageLimit = 2000;
/** UTF-16 units in an attachment's alt text. */
export const altTextLimit = 1024;
/** Bytes of a file where nothing is boosted and no interaction tells more. */
export const usualUploadLimit = 10 * 2 ** 20;
/** Milliseconds for which an interaction's token works. */
export const tokenMs = 15 * 60_000;
/** Milliseconds after which Discord takes no acknowledgement of an interaction any more. */
export const acknowledgeMs = 3_000;
