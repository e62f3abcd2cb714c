// What a server decided about moderation, with defaults, and the pure rule that turns it into what becomes of a result.
// Settings that an older version stored are read as far as they go; whatever is missing has its default.
import { z } from 'zod';
import { exclusively } from '../store/exclusive.ts';
import type { Store } from '../store/store.ts';

export const actions = ['hold', 'spoiler', 'post', 'block'] as const;
export type Action = (typeof actions)[number];

/** Reminders and expiry are counted in whole hours: from one hour to 30 days. */
export const hoursRange = [1, 720] as const;

const action = z.enum(actions);
const id = z.string().regex(/^\d{1,20}$/);
const hours = z.int().min(hoursRange[0]).max(hoursRange[1]);

const settingsShape = z.object({
  moderation: z
    .object({
      /** For `true` and for `null` (not checked), elsewhere and in age-restricted channels. */
      flagged: action.catch('hold'),
      unchecked: action.catch('post'),
      flaggedRestricted: action.catch('hold'),
      uncheckedRestricted: action.catch('post'),
    })
    .catch({ flagged: 'hold', unchecked: 'post', flaggedRestricted: 'hold', uncheckedRestricted: 'post' }),
  reviewChannelId: z.union([id, z.undefined()]).catch(undefined),
  moderatorRoleId: z.union([id, z.undefined()]).catch(undefined),
  /** Whether a moderator may decide about an edit of their own. */
  selfApproval: z.boolean().catch(false),
  reminderHours: hours.catch(12),
  expiryHours: hours.catch(72),
  deleteExpiredFiles: z.boolean().catch(false),
  blocklist: z.array(z.string()).readonly().catch([]),
});

type Shape = z.infer<typeof settingsShape>;
export type Settings = Omit<Shape, 'reviewChannelId' | 'moderatorRoleId'> & {
  reviewChannelId: string | undefined;
  moderatorRoleId: string | undefined;
};

/** Settings from whatever is stored; nothing stored is every default. */
export function readSettings(stored: unknown): Settings {
  const { reviewChannelId, moderatorRoleId, ...rest } = settingsShape.safeParse(stored).data ?? settingsShape.parse({});
  return { ...rest, reviewChannelId, moderatorRoleId };
}

export type SettingsStore = {
  get(guildId: string): Promise<Settings>;
  /** Changes what is stored; changes at the same time come one after the other. @returns the new settings */
  update(guildId: string, change: (settings: Settings) => Settings): Promise<Settings>;
};

export function createSettings(store: Store): SettingsStore {
  const space = store.space<unknown>('settings');
  const get = async (guildId: string) => readSettings(await space.get(guildId));
  return {
    get,
    update: (guildId, change) =>
      exclusively(store, `settings:${guildId}`, async () => {
        const changed = change(await get(guildId));
        await space.set(guildId, changed);
        return changed;
      }),
  };
}

/**
 * What becomes of a result by the server's settings.
 * @param flag Runflow's `nsfw_detected`: null means that nothing was checked
 */
export function decide(
  settings: Settings,
  flag: boolean | null,
  place: { ageRestricted: boolean; guild: boolean },
): Action {
  if (flag === false) return 'post';
  const { flagged, flaggedRestricted, unchecked, uncheckedRestricted } = settings.moderation;
  const [elsewhere, restricted] = flag ? [flagged, flaggedRestricted] : [unchecked, uncheckedRestricted];
  const wanted = place.ageRestricted ? restricted : elsewhere;
  // Discord's rule: what a moderator has not seen is never shown flagged outside of age-restricted channels.
  const lawful = flag && !place.ageRestricted && (wanted === 'post' || wanted === 'spoiler') ? 'hold' : wanted;
  const canHold = place.guild && settings.reviewChannelId !== undefined;
  return lawful === 'hold' && !canHold ? 'block' : lawful;
}
