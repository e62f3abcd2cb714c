// Decides about a result by the settings and the channel as they are now: when the outcome is known, and once more when
// the picture is about to be posted. A channel can lose its age restriction at any time in between.
import type { Places } from '../discord/places.ts';
import type { EditEvent } from '../edit/events.ts';
import { type Delivering, isAgeRestricted, type Settled } from '../edit/record.ts';
import { isRestored } from '../edit/review.ts';
import { DiscordTrouble } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Settings, SettingsStore } from '../settings/settings.ts';
import { carefulPolicy, decideOutcome, needsLook } from './policy.ts';

export type Place = {
  /** What becomes of an outcome. */
  decide(edit: Settled): Promise<EditEvent>;
  /** Whether a result may still be posted as it was approved; otherwise what to do instead. */
  reconsider(edit: Delivering): Promise<EditEvent | undefined>;
};

export function createPlace(options: {
  messenger: Pick<Places, 'isAgeRestricted'>;
  settings: Pick<SettingsStore, 'get'>;
  log: Log;
}): Place {
  const { log } = options;

  /** Asks Discord only where the answer can matter; undefined when it cannot be told. */
  async function look(edit: Settled | Delivering, settings: Settings): Promise<boolean | undefined> {
    const { origin, outcome } = edit;
    const before = isAgeRestricted(edit);
    if (outcome.kind !== 'succeeded' || origin.guildId === undefined) return before;
    if (!needsLook(settings, outcome.nsfw, true, before)) return before;
    try {
      return await options.messenger.isAgeRestricted(origin.channelId);
    } catch (error) {
      if (!(error instanceof DiscordTrouble)) throw error;
      log.warn({ edit: edit.id, err: error }, 'whether a channel is age-restricted cannot be told; it counts as not');
      return undefined;
    }
  }

  const settingsOf = ({ origin }: Settled | Delivering) => options.settings.get(origin.guildId ?? '');

  return {
    async decide(edit) {
      const settings = await settingsOf(edit);
      return decideOutcome(edit, settings, await look(edit, settings));
    },

    async reconsider(edit) {
      const { outcome, origin, spoiler } = edit;
      // Whoever approved it saw it and knew where it goes.
      if (outcome.nsfw === false || edit.review?.verdict || edit.review?.approved) return undefined;
      const settings = await settingsOf(edit);
      const now = await look(edit, settings);
      const looks = { before: isAgeRestricted(edit), now };
      const wanted = carefulPolicy(settings, outcome.nsfw, origin.guildId !== undefined, looks);
      if (wanted === (spoiler ? 'spoiler' : 'post')) return undefined;
      // A take-down that is taken back shows it as it was, where it may still be shown without an approval.
      if (isRestored(edit) && (wanted === 'post' || wanted === 'spoiler')) return undefined;
      log.warn({ edit: edit.id, wanted }, 'a result is not posted as it was approved: channel or settings changed');
      return { type: 'reconsidered', restricted: now === true };
    },
  };
}
