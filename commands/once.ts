// Each interaction is handled once in all processes that share a store: a resumed session repeats what it had sent, and
// two processes hear the same while one replaces the other. Whoever claims it first answers.
import type { Interaction } from 'discord.js';
import { type Clock, within } from '../src/clock.ts';
import { tokenMs } from '../src/discord/limits.ts';
import type { Store } from '../src/store/store.ts';

/** What the claim may take of the three seconds until an interaction is acknowledged. */
const claimWithinMs = 300;

/** Interactions that this process remembers having claimed: more than arrive while a lost connection is resumed. */
const mostRemembered = 10_000;

export type Once = (interaction: Pick<Interaction, 'id'>) => Promise<boolean>;

/**
 * @param options.shared whether other processes may hear the same, so that the store has to decide
 * @returns whether this process handles the interaction. It does, too, when the store does not answer: then the handler
 * says so, and what must not happen twice has a key of its own.
 */
export function createOnce(options: {
  store: Pick<Store, 'claim'>;
  shared: boolean;
  clock: Pick<Clock, 'after' | 'elapsed'>;
}): Once {
  const { store, shared, clock } = options;
  const seen = new Set<string>();

  function isNew(id: string): boolean {
    if (seen.has(id)) return false;
    seen.add(id);
    for (const oldest of seen) {
      if (seen.size <= mostRemembered) break;
      seen.delete(oldest);
    }
    return true;
  }

  return async ({ id }) => {
    if (!isNew(id)) return false;
    if (!shared) return true;
    const claim = store.claim(`interaction:${id}`, tokenMs).then(
      (taken) => taken !== undefined,
      // It is not lost in the log: the handler meets the same store.
      () => true,
    );
    return within(clock, claimWithinMs, claim, () => true);
  };
}
