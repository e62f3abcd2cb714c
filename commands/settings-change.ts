// Changes a server's settings, however somebody asks for it: checks, saves, accounts for each change, and wakes what
// waited for it.
import { allChanges, type Changed, checkChange } from '../src/settings/check-change.ts';
import type { Person } from '../src/settings/rights.ts';
import type { Settings } from '../src/settings/settings.ts';
import { optionName } from '../src/settings/table.ts';
import type { Bot } from './command.ts';

export type ChangeSettings = (
  person: Pick<Person, 'guildId' | 'userId'>,
  change: (present: Settings) => Settings,
) => Promise<{ settings: Settings; changes: readonly Changed[] }>;

/** Enough of the words that came or went for a line of the log. */
const difference = (longer: readonly string[], shorter: readonly string[]) =>
  longer.filter((entry) => !shorter.includes(entry)).join(', ');

export function createChangeSettings({
  settings,
  audit,
  moderation,
}: Pick<Bot, 'settings' | 'audit' | 'moderation'>): ChangeSettings {
  return async ({ guildId, userId }, change) => {
    let before = await settings.get(guildId);
    const wanted = change(before).reviewChannel;
    // Before anything is saved: Discord says whether cards can be posted there.
    if (wanted !== undefined && wanted !== before.reviewChannel) await moderation.reviewChannel.check(guildId, wanted);
    const after = await settings.update(guildId, (present) => {
      before = present;
      const changed = change(present);
      checkChange(present, changed, guildId);
      return changed;
    });
    const changes = allChanges(before, after);
    const account = (details: Record<string, string | number | boolean>) =>
      audit.log.append(guildId, { action: 'setting-changed', actorId: userId, details });
    for (const { setting, role, from = 'none', to = 'none' } of changes) {
      await account({ setting: optionName(setting), ...(role === undefined ? {} : { role }), from, to });
    }
    const [added, removed] = [
      difference(after.blocklist, before.blocklist),
      difference(before.blocklist, after.blocklist),
    ];
    if (added !== '') await account({ setting: 'blocklist', added });
    if (removed !== '') await account({ setting: 'blocklist', removed });
    if (changes.some(({ setting }) => setting === 'reviewChannel')) void moderation.wake(guildId);
    return { settings: after, changes };
  };
}
