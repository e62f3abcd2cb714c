// What an error of Discord means for whoever asked. Only a JSON body whose code says so is the end: a 401, HTML in front
// of Discord and codes that nobody knows come and go. Codes: Discord's documentation of opcodes and status codes.
import { DiscordAPIError, HTTPError, RateLimitError } from 'discord.js';
import { asError, DiscordTrouble } from '../errors.ts';

export const unknownMessage = 10008;
/** Also what the token of an interaction that nobody has answered yet is called. */
export const unknownWebhook = 10015;

const kinds = new Map<string | number, DiscordTrouble['kind']>([
  // Invalid webhook token, unknown message, unknown webhook, unknown interaction
  [50027, 'reply-gone'],
  [unknownMessage, 'reply-gone'],
  [unknownWebhook, 'reply-gone'],
  [10062, 'reply-gone'],
  // Unknown channel, unknown guild, unknown user; cannot send messages to this user, no server in common
  [10003, 'gone'],
  [10004, 'gone'],
  [10013, 'gone'],
  [50007, 'gone'],
  [50278, 'gone'],
  // Missing access, missing permissions
  [50001, 'forbidden'],
  [50013, 'forbidden'],
  [50083, 'archived'],
  // Request entity too large
  [40005, 'too-large'],
  // AutoMod, harmful link
  [200000, 'text-blocked'],
  [240000, 'text-blocked'],
  // Explicit content
  [20009, 'picture-blocked'],
]);

const invalidForm = 50035;
/** The fields of a message that hold words of members. */
const wordFields = ['content', 'description'];

/** Whether form errors name a field, however deep. */
function names(errors: unknown, field: string): boolean {
  if (typeof errors !== 'object' || errors === null) return false;
  return Object.entries(errors).some(([key, value]) => key === field || names(value, field));
}

function kindOf({ code, status, rawError }: DiscordAPIError): DiscordTrouble['kind'] {
  const known = kinds.get(code);
  if (known) return known;
  if (status === 413) return 'too-large';
  // Any other refusal is about this message only if Discord itself says so.
  if (status !== 400 || typeof code !== 'number' || code <= 0) return 'later';
  if (code !== invalidForm) return 'rejected';
  const errors = 'errors' in rawError ? rawError.errors : undefined;
  return wordFields.some((field) => names(errors, field)) ? 'text-blocked' : 'rejected';
}

/** Whether Discord refused the bot's token. */
export const isUnauthorized = (thrown: unknown): boolean => thrown instanceof DiscordAPIError && thrown.status === 401;

/** Sorts what discord.js threw by what a retry could achieve. */
export function readTrouble(thrown: unknown): DiscordTrouble {
  const error = asError(thrown);
  if (error instanceof DiscordTrouble) return error;
  if (error instanceof RateLimitError) {
    return new DiscordTrouble('later', `rate limited on ${error.route}`, error, error.retryAfter || undefined);
  }
  if (error instanceof DiscordAPIError) {
    return new DiscordTrouble(kindOf(error), `${error.status} (code ${error.code}): ${error.message}`, error);
  }
  const status = error instanceof HTTPError ? `${error.status} ` : '';
  return new DiscordTrouble('later', `no answer from Discord: ${status}${error.message}`, error);
}
