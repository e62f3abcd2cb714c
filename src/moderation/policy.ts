// Decides what happens to a result: post, withhold, or report a failure. Pure, and the only place that acts on a flag.

import type { EditEvent } from '../edit/events.ts';
import type { FailureReason } from '../edit/failure-reason.ts';
import { isAgeRestricted, type Settled } from '../edit/record.ts';
import { readCause } from '../runflow/failure.ts';
import { failureCodes } from '../runflow/run.ts';
import type { Settings } from '../settings/settings.ts';
import type { Policy, SettingValues } from '../settings/table.ts';

const eventOf = {
  post: { type: 'approved', spoiler: false },
  spoiler: { type: 'approved', spoiler: true },
  hold: { type: 'held' },
  block: { type: 'withheld' },
} as const satisfies Record<Policy, EditEvent>;

/** Ends that are no failure of the run: nobody knows whether it was charged. */
const reasonOf: Record<string, FailureReason | undefined> = {
  [failureCodes.noOutput]: 'bad-output',
  [failureCodes.unknownEnd]: 'run-lost',
  [failureCodes.notFound]: 'run-lost',
};

/**
 * What the server's settings say about a result.
 * @param flag Runflow's `nsfw_detected`; null means not checked
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
  // Discord's rule: outside age-restricted channels, never show a flagged picture that no moderator has seen.
  const allowed = flag && !place.ageRestricted && (wanted === 'post' || wanted === 'spoiler') ? 'hold' : wanted;
  const canHold = place.guild && settings.reviewChannel !== undefined;
  return allowed === 'hold' && !canHold ? 'block' : allowed;
}

/** From the most open to the most careful. */
const strictness: readonly Policy[] = ['post', 'spoiler', 'hold', 'block'];

/** What is known of whether the channel is age-restricted: at the request, and now; undefined when it cannot be told. */
export type Looks = { before: boolean; now: boolean | undefined };

/**
 * The most careful of what the settings say about each look at the channel. Where it cannot be told, both count.
 * @param flag Runflow's `nsfw_detected`; null means not checked
 */
export function carefulPolicy(
  settings: SettingValues,
  flag: boolean | null,
  guild: boolean,
  { before, now }: Looks,
): Policy {
  const looks = now === undefined ? [true, false] : [before, now];
  const wanted = looks.map((ageRestricted) => policyFor(settings, flag, { ageRestricted, guild }));
  return strictness.findLast((policy) => wanted.includes(policy)) ?? 'block';
}

/** Whether another look at the channel could make the policy more careful than what is known. */
export function needsLook(settings: SettingValues, flag: boolean | null, guild: boolean, before: boolean): boolean {
  const known = carefulPolicy(settings, flag, guild, { before, now: before });
  return known !== carefulPolicy(settings, flag, guild, { before, now: undefined });
}

/**
 * The event that follows an outcome under the server's settings. A flagged result in a direct message is withheld.
 * @param settings of the server, or the defaults
 * @param now whether the channel is age-restricted now; undefined when it cannot be told
 */
export function decideOutcome(edit: Settled, settings: Settings, now: boolean | undefined): EditEvent {
  const { outcome, origin } = edit;
  switch (outcome.kind) {
    case 'succeeded': {
      const guild = origin.guildId !== undefined;
      // The settings are lost with the store, and what they would say of it. A direct message has no moderators.
      if (edit.recovered && outcome.nsfw !== false) return guild ? eventOf.hold : eventOf.block;
      const looks = { before: isAgeRestricted(edit), now };
      return eventOf[carefulPolicy(settings, outcome.nsfw, guild, looks)];
    }
    case 'failed': {
      const { code, message, charged } = outcome;
      const reason = reasonOf[code] ?? readCause(code, message) ?? 'run-failed';
      return { type: 'failed', reason, detail: `${code}: ${message}`, ...(charged === undefined ? {} : { charged }) };
    }
    case 'canceled':
      return {
        type: 'failed',
        reason: 'run-canceled',
        detail: 'the run was canceled',
        ...(outcome.charged === undefined ? {} : { charged: outcome.charged }),
      };
  }
}
