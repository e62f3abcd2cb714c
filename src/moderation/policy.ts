// What becomes of a result: posted, withheld, or told as a failure. Pure, and the one place where a flag decides.

import type { EditEvent, Settled } from '../edit/edit.ts';
import { type Action, decide, type Settings } from '../settings/settings.ts';

const eventOf = {
  post: { type: 'approved', spoiler: false },
  spoiler: { type: 'approved', spoiler: true },
  hold: { type: 'held' },
  block: { type: 'withheld' },
} as const satisfies Record<Action, EditEvent>;

/**
 * What the server's settings make of a result; in a direct message there is no server, and a flagged one is withheld.
 * @param settings of the server, or the defaults
 */
export function decideOutcome(edit: Settled, settings: Settings): EditEvent {
  const { outcome, origin } = edit;
  switch (outcome.kind) {
    case 'succeeded': {
      const place = { ageRestricted: origin.ageRestricted, guild: origin.guildId !== undefined };
      return eventOf[decide(settings, outcome.nsfw, place)];
    }
    case 'failed': {
      const reason = outcome.code === 'NO_OUTPUT' ? 'bad-output' : 'run-failed';
      return { type: 'failed', reason, detail: `${outcome.code}: ${outcome.message}` };
    }
    case 'canceled':
      return { type: 'failed', reason: 'run-canceled', detail: 'the run was canceled' };
  }
}
