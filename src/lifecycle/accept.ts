// How a new edit is taken: saved first, then acknowledged and worked on side by side.
import type { Clock } from '../clock.ts';
import { acknowledgeMs } from '../discord/limits.ts';
import type { Accepted } from '../edit/record.ts';
import type { Saved } from '../edit/records.ts';
import type { AtMoment } from '../edit/step.ts';
import { UserError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Admit, Terms } from './admit.ts';

/**
 * Accepts a new edit: saves it, then acknowledges and submits in parallel. Resolves once acknowledged, or with
 * `duplicate`, having done nothing, when the same interaction was accepted before.
 * @throws {UserError} when it cannot be saved, or its allowance is used up, before anything is paid for
 */
export type Accept = (
  edit: Accepted,
  acknowledge: () => Promise<unknown>,
  terms?: Terms,
) => Promise<'accepted' | 'duplicate'>;

export function createAccept(options: {
  admit: Admit;
  /** Whether this process works on edits, or leaves that to others. */
  works: boolean;
  /** Pending acknowledgements: a reply can be edited only after its own. */
  acknowledging: Map<string, Promise<unknown>>;
  onSaved: (id: string, saved: Saved) => void;
  advance: (id: string) => void;
  /** Hands it to whoever works. */
  hand: (id: string) => void;
  isStopping: () => boolean;
  clock: Clock;
  metrics: Metrics;
  log: Log;
  at: AtMoment;
}): Accept {
  const { works, acknowledging, advance, clock, metrics, log } = options;

  return async (edit, acknowledge, terms) => {
    if (options.isStopping()) throw new UserError((t) => t.general.stopping);
    const saved = await options.admit(edit, terms);
    if (saved === 'duplicate') return 'duplicate';
    options.onSaved(edit.id, saved);
    metrics.editsAccepted.inc();
    await options.at('accepted', edit.id);
    const late = Promise.withResolvers<void>();
    // Discord accepts no acknowledgement after that, so stop waiting for it.
    const cancelLate = clock.after(acknowledgeMs, late.resolve);
    const answered = acknowledge().then(
      () => options.at('acknowledged', edit.id),
      (err: unknown) => log.warn({ edit: edit.id, err }, 'the interaction could not be acknowledged'),
    );
    const acknowledged = Promise.race([answered, late.promise]).finally(cancelLate);
    acknowledging.set(edit.id, acknowledged);
    if (works) advance(edit.id);
    await acknowledged;
    acknowledging.delete(edit.id);
    // Others must not edit a reply that is not there yet.
    if (!works) options.hand(edit.id);
    return 'accepted';
  };
}
