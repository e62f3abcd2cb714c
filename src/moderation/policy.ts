// What becomes of a result: posted, withheld, or told as a failure. Pure, and the one place where a flag decides.
import type { EditEvent } from '../edit/events.ts';
import type { Settled } from '../edit/record.ts';
import type { Settings } from '../settings/settings.ts';
import type { Policy, SettingValues } from '../settings/table.ts';

const eventOf = {
  post: { type: 'approved', spoiler: false },
  spoiler: { type: 'approved', spoiler: true },
  hold: { type: 'held' },
  block: { type: 'withheld' },
} as const satisfies Record<Policy, EditEvent>;

/**
 * What becomes of a result by the server's settings.
 * @param flag Runflow's `nsfw_detected`: null means that nothing was checked
 */
export function policyFor(
  settings: SettingValues,
  flag: boolean | null,
  place: { ageRestricted: boolean; guild: boolean },
): Policy {
  if (flag === false) return 'post';
  const { flagged, flaggedRestricted, unchecked, uncheckedRestricted } = settings;
  const [elsewhere, restricted] = flag ? [flagged, flaggedRestricted] : [unchecked, uncheckedRestricted];
  const wanted = place.ageRestricted ? restricted : elsewhere;
  // Discord's rule: what a moderator has not seen is never shown flagged outside of age-restricted channels.
  const lawful = flag && !place.ageRestricted && (wanted === 'post' || wanted === 'spoiler') ? 'hold' : wanted;
  const canHold = place.guild && settings.reviewChannel !== undefined;
  return lawful === 'hold' && !canHold ? 'block' : lawful;
}

/**
 * What the server's settings make of an outcome; in a direct message there is no server, and a flagged one is withheld.
 * @param settings of the server, or the defaults
 */
export function decideOutcome(edit: Settled, settings: Settings): EditEvent {
  const { outcome, origin } = edit;
  switch (outcome.kind) {
    case 'succeeded': {
      const place = { ageRestricted: origin.ageRestricted, guild: origin.guildId !== undefined };
      return eventOf[policyFor(settings, outcome.nsfw, place)];
    }
    case 'failed': {
      const reason = outcome.code === 'NO_OUTPUT' ? 'bad-output' : 'run-failed';
      return { type: 'failed', reason, detail: `${outcome.code}: ${outcome.message}` };
    }
    case 'canceled':
      return { type: 'failed', reason: 'run-canceled', detail: 'the run was canceled' };
  }
}
