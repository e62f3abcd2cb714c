// A server's settings, with defaults. Reads settings of older versions too; anything missing or invalid gets its
// default.
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { exclusively } from '../store/exclusive.ts';
import type { Store } from '../store/store.ts';
import { settingsTable } from './table.ts';

const shape = settingsTable.extend({
  /** Words and phrases to refuse in prompts. */
  blocklist: z.array(z.string()).readonly().catch([]),
});

export type Settings = z.infer<typeof shape>;

const stored = z.record(z.string(), z.unknown()).catch({});

/** Settings of schema 1: four of them were nested, two had other names. */
function flatten(values: Record<string, unknown>): Record<string, unknown> {
  const { moderation, reviewChannelId, moderatorRoleId, ...rest } = values;
  const { flagged, flaggedRestricted, unchecked, uncheckedRestricted } = stored.parse(moderation);
  const policies = { flagged, flaggedRestricted, unchecked, uncheckedRestricted };
  return { ...policies, reviewChannel: reviewChannelId, moderatorRole: moderatorRoleId, ...rest };
}

/** Reads settings from whatever is stored; all defaults if nothing is. */
export function readSettings(value: unknown): Settings {
  return shape.parse(flatten(stored.parse(value)));
}

export type SettingsStore = {
  get(guildId: string): Promise<Settings>;
  /** Applies a change; concurrent changes run one by one. @returns the new settings */
  update(guildId: string, change: (settings: Settings) => Settings): Promise<Settings>;
};

export function createSettings(store: Store, clock: Clock): SettingsStore {
  const space = store.space<unknown>('settings');
  const get = async (guildId: string) => readSettings(await space.get(guildId));
  return {
    get,
    update: (guildId, change) =>
      exclusively(store, clock, `settings:${guildId}`, async (stillOurs) => {
        const changed = change(await get(guildId));
        stillOurs();
        await space.set(guildId, changed);
        return changed;
      }),
  };
}
