// A server's settings, with defaults. Reads settings of older versions too. What cannot be read never opens anything: its
// results wait for a moderator, and the other rows stay as they are.
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { isUnreadable } from '../errors.ts';
import { exclusively } from '../store/exclusive.ts';
import type { Store } from '../store/store.ts';
import { mostRoles, type RoleLimits, readRoleLimits } from './role-limits.ts';
import { settingsTable, unreadChannel } from './table.ts';

const texts = z.array(z.string());
const isText = (entry: unknown) => typeof entry === 'string';

const shape = settingsTable.extend({
  /** Words and phrases to refuse in prompts. */
  blocklist: z
    .array(z.unknown())
    .catch([])
    .default([])
    .transform((entries): readonly string[] => entries.filter(isText)),
  /** Roles whose members may edit more often. */
  roleLimits: z
    .array(z.unknown())
    .catch([])
    .default([])
    .transform((entries): readonly RoleLimits[] => {
      return entries.flatMap((entry) => readRoleLimits(entry) ?? []).slice(0, mostRoles);
    }),
});

export type Settings = z.infer<typeof shape> & {
  /** The prompt list, or an entry of it, cannot be read: nobody can tell what the server refuses. */
  listUnread?: true | undefined;
};

const record = z.record(z.string(), z.unknown());

/** Policies that cannot be read: `null` is not among their values. */
const unreadPolicies = { flagged: null, flaggedRestricted: null, unchecked: null, uncheckedRestricted: null };

/** Settings of schema 1: four of them were nested, two had other names. */
function flatten(values: Record<string, unknown>): Record<string, unknown> {
  const { moderation, reviewChannelId, moderatorRoleId, ...rest } = values;
  const nested = record.safeParse(moderation ?? {}).data ?? unreadPolicies;
  const { flagged, flaggedRestricted, unchecked, uncheckedRestricted } = nested;
  const policies = { flagged, flaggedRestricted, unchecked, uncheckedRestricted };
  return { ...policies, reviewChannel: reviewChannelId, moderatorRole: moderatorRoleId, ...rest };
}

/** Whatever is stored, as far as it is rows of settings; nothing is stored as `undefined` or `null`. */
function rowsOf(value: unknown): Record<string, unknown> {
  const stored = record.safeParse(value ?? {}).data;
  return stored ? flatten(stored) : { ...unreadPolicies, reviewChannel: unreadChannel, blocklist: null };
}

/** Reads settings from whatever is stored; all defaults if nothing is. */
export function readSettings(value: unknown): Settings {
  const rows = rowsOf(value);
  const settings = shape.parse(rows);
  return texts.optional().safeParse(rows.blocklist).success ? settings : { ...settings, listUnread: true };
}

/** The stored rows with what a change made different; rows of a newer version stay as that version wrote them. */
function withChange(value: unknown, before: Settings, after: Settings): Record<string, unknown> {
  const known = new Map<string, unknown>(Object.entries(before));
  const wanted = new Map<string, unknown>(Object.entries(after));
  const names = [...new Set([...known.keys(), ...wanted.keys()])];
  const changed = names.filter((name) => known.get(name) !== wanted.get(name));
  return { ...rowsOf(value), ...Object.fromEntries(changed.map((name) => [name, wanted.get(name)])) };
}

export type SettingsStore = {
  get(guildId: string): Promise<Settings>;
  /** Applies a change; concurrent changes run one by one. @returns the new settings */
  update(guildId: string, change: (settings: Settings) => Settings): Promise<Settings>;
};

export function createSettings(store: Store, clock: Clock): SettingsStore {
  const space = store.space<unknown>('settings');

  /** What is stored; a text, which is no settings, where that is no entry at all. */
  async function load(guildId: string): Promise<unknown> {
    try {
      return await space.get(guildId);
    } catch (error) {
      if (isUnreadable(error)) return 'unreadable';
      throw error;
    }
  }

  return {
    get: async (guildId) => readSettings(await load(guildId)),
    update: (guildId, change) =>
      exclusively(store, clock, `settings:${guildId}`, async (stillOurs) => {
        const stored = await load(guildId);
        const before = readSettings(stored);
        const rows = withChange(stored, before, change(before));
        stillOurs();
        await space.set(guildId, rows);
        return readSettings(rows);
      }),
  };
}
