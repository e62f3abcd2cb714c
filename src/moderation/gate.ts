// The checks before a paid run: a moderator's time-out, and the server's prompt list.
import type { Audit } from '../audit/audit.ts';
import { StoreError, UserError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { SettingsStore } from '../settings/settings.ts';
import { shorten } from '../texts/format.ts';
import type { Words } from '../texts/texts.ts';
import { compileBlocklist } from './blocklist.ts';
import type { Members } from './members.ts';

/** @throws {UserError} when the member may not request this edit in this server now */
export type Gate = (guildId: string, memberId: string, prompt: string) => Promise<void>;

/** Enough of a refused prompt for moderators to see what was meant. */
const promptInLog = 200;

export function createGate(options: {
  settings: Pick<SettingsStore, 'get'>;
  members: Pick<Members, 'current'>;
  audit: Pick<Audit, 'append'>;
  log: Log;
}): Gate {
  const { settings, members, audit, log } = options;

  async function refusal(guildId: string, memberId: string, prompt: string): Promise<Words | undefined> {
    const timeOut = await members.current(guildId, memberId);
    if (timeOut) return (t) => t.moderation.timedOut(timeOut.until);
    const { blocklist } = await settings.get(guildId);
    const entry = blocklist.length === 0 ? undefined : compileBlocklist(blocklist)(prompt);
    if (entry === undefined) return undefined;
    await audit.append(guildId, {
      action: 'prompt-refused',
      actorId: 'bot',
      memberId,
      details: { entry, prompt: shorten(prompt, promptInLog) },
    });
    return (t) => t.moderation.refusedPrompt(entry);
  }

  return async (guildId, memberId, prompt) => {
    let words: Words | undefined;
    try {
      words = await refusal(guildId, memberId, prompt);
    } catch (err) {
      if (!(err instanceof StoreError)) throw err;
      // If the list cannot be read, refuse everything.
      log.error({ err }, 'an edit could not be checked; it was refused');
      throw new UserError((t) => t.general.storeDown, { cause: err });
    }
    if (words) throw new UserError(words);
  };
}
