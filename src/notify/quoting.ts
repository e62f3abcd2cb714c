// A message that quotes the prompt, so that its reader knows which edit it is about. It matters more than the quotation.
import { DiscordTrouble } from '../errors.ts';

/**
 * Sends with the prompt; where a filter of Discord or of the server does not take such words, without.
 * @param send makes the message, and uses the words of a member only when `quoted`
 */
export async function quoting<Result>(send: (quoted: boolean) => Promise<Result>): Promise<Result> {
  try {
    return await send(true);
  } catch (error) {
    if (!(error instanceof DiscordTrouble) || error.kind !== 'text-blocked') throw error;
    return send(false);
  }
}
