// The checks before a paid run: a moderator's time-out, the operator's prompt list and the server's.
import { DiscordTrouble, StoreError, UserError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Standing } from '../settings/rights.ts';
import type { Settings, SettingsStore } from '../settings/settings.ts';
import type { Words } from '../texts/texts.ts';
import type { AutoMod } from './automod.ts';
import type { FindEntry } from './blocklist.ts';
import type { Members } from './members.ts';
import { createServerLists } from './prompt-lists.ts';
import type { Refusals } from './refusals.ts';

/**
 * @param guildId undefined in a direct message
 * @param standing how the member stands in the server
 * @returns the server's settings, which it had to read; undefined in a direct message
 * @throws {UserError} when the member may not request this edit here now
 */
export type Gate = (
  guildId: string | undefined,
  memberId: string,
  prompt: string,
  standing?: Standing,
) => Promise<Settings | undefined>;

type Looked = { words?: Words | undefined; settings?: Settings };

export function createGate(options: {
  settings: Pick<SettingsStore, 'get'>;
  members: Pick<Members, 'current' | 'anywhere'>;
  refusals: Pick<Refusals, 'note'>;
  autoMod: Pick<AutoMod, 'find'>;
  /** The operator's own list. */
  findForbidden: FindEntry;
  /** Whether edits may be requested in direct messages. */
  directMessages: boolean;
  log: Log;
}): Gate {
  const { settings, members, refusals, autoMod, findForbidden, log } = options;
  const listOf = createServerLists();

  /** What the server's own AutoMod would block. */
  async function refuseByRule(
    guildId: string,
    memberId: string,
    prompt: string,
    standing: Standing | undefined,
  ): Promise<Words | undefined> {
    if (!standing) return undefined;
    try {
      const blocked = await autoMod.find(guildId, prompt, standing);
      if (!blocked) return undefined;
      const { name, message } = blocked.rule;
      await refusals.note(guildId, memberId, { rule: name, entry: blocked.entry, prompt });
      return (t) => t.moderation.refusedByRule(message);
    } catch (err) {
      if (!(err instanceof DiscordTrouble)) throw err;
      log.warn({ guild: guildId, err }, 'the AutoMod rules of a server are not known; an edit was refused');
      return (t) => t.moderation.rulesUnread;
    }
  }

  async function refuseInServer(
    guildId: string,
    memberId: string,
    prompt: string,
    standing: Standing | undefined,
  ): Promise<Looked> {
    const timeOut = await members.current(guildId, memberId);
    if (timeOut) return { words: (t) => t.moderation.timedOut(timeOut.until) };
    const forbidden = findForbidden(prompt);
    const present = await settings.get(guildId);
    const { blocklist, listUnread } = present;
    const entry = forbidden ?? (blocklist.length === 0 ? undefined : listOf(guildId, blocklist)(prompt));
    if (entry === undefined) {
      if (!listUnread) return { words: await refuseByRule(guildId, memberId, prompt, standing), settings: present };
      log.error({ guild: guildId }, 'the prompt list of a server cannot be read; its edits are refused');
      return { words: (t) => t.moderation.listUnread };
    }
    await refusals.note(guildId, memberId, { entry, prompt });
    const words: Words = (t) =>
      forbidden === undefined ? t.moderation.refusedPrompt(entry) : t.moderation.forbiddenPrompt(entry);
    return { words };
  }

  /** No server's rules apply to a direct message, so that of the strictest does: a time-out anywhere counts. */
  async function refuseDirect(memberId: string, prompt: string): Promise<Looked> {
    if (!options.directMessages) return { words: (t) => t.moderation.noDirectMessages };
    const timeOut = await members.anywhere(memberId);
    if (timeOut) return { words: (t) => t.moderation.timedOut(timeOut.until) };
    const entry = findForbidden(prompt);
    return { words: entry === undefined ? undefined : (t) => t.moderation.forbiddenPrompt(entry) };
  }

  return async (guildId, memberId, prompt, standing) => {
    let looked: Looked;
    try {
      looked = await (guildId === undefined
        ? refuseDirect(memberId, prompt)
        : refuseInServer(guildId, memberId, prompt, standing));
    } catch (err) {
      if (!(err instanceof StoreError)) throw err;
      // If the list cannot be read, refuse everything.
      log.error({ err }, 'an edit could not be checked; it was refused');
      throw new UserError((t) => t.general.storeDown, { cause: err });
    }
    if (looked.words) throw new UserError(looked.words);
    return looked.settings;
  };
}
