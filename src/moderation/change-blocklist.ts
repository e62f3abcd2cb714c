// Changes a server's prompt list and logs the change.
import type { Audit } from '../audit/audit.ts';
import { UserError } from '../errors.ts';
import type { SettingsStore } from '../settings/settings.ts';
import { addEntries, checkEntry, mostEntries, removeEntries } from './blocklist.ts';

/** How many entries came or went, how many there are now, and how many there may be. */
export type BlocklistChange = { changed: number; all: number; most: number };

export type Blocklist = {
  /**
   * Adds or removes words and phrases.
   * @param text entries, separated by commas
   * @throws {UserError} when there is none, one could match nothing or too much, or the list gets too long
   */
  change(guildId: string, userId: string, way: 'add' | 'remove', text: string): Promise<BlocklistChange>;
  /** Normalises an entry. @throws {UserError} when it could match nothing, or too much */
  check(entry: string): string;
  /** How many entries a list may have. */
  most: number;
};

export function createBlocklist(options: { settings: SettingsStore; audit: Pick<Audit, 'append'> }): Blocklist {
  return {
    check: checkEntry,
    most: mostEntries,
    async change(guildId, userId, way, text) {
      const given = text.split(/[,，、\n]/).filter((part) => part.trim() !== '');
      const entries = given.map((part) => (way === 'add' ? checkEntry(part) : part.trim()));
      if (entries.length === 0) throw new UserError((t) => t.moderation.blocklist.empty);
      let before: readonly string[] = [];
      const { blocklist } = await options.settings.update(guildId, (settings) => {
        before = settings.blocklist;
        return { ...settings, blocklist: (way === 'add' ? addEntries : removeEntries)(before, entries) };
      });
      const changed = Math.abs(blocklist.length - before.length);
      if (way === 'remove' && changed === 0) throw new UserError((t) => t.moderation.blocklist.notFound);
      if (changed > 0) {
        const [longer, shorter] = way === 'add' ? [blocklist, before] : [before, blocklist];
        const difference = longer.filter((entry) => !shorter.includes(entry)).join(', ');
        const details = { setting: 'blocklist', [way === 'add' ? 'added' : 'removed']: difference };
        await options.audit.append(guildId, { action: 'setting-changed', actorId: userId, details });
      }
      return { changed, all: blocklist.length, most: mostEntries };
    },
  };
}
