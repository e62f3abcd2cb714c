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

export type Once = {
  /**
   * Whether this process handles the interaction. It does, too, when the store does not answer: then the handler says so,
   * and what must not happen twice has a key of its own.
   */
  (interaction: Pick<Interaction, 'id'>): Promise<boolean>;
  /** Whether nobody else handles it: known unless the store did not answer in time. */
  isOurs(id: string): boolean;
};

/**
 * @param options.shared whether other processes may hear the same, so that the store has to decide
 */
export function createOnce(options: {
  store: Pick<Store, 'claim'>;
  shared: boolean;
  clock: Pick<Clock, 'after' | 'elapsed'>;
}): Once {
  const { store, shared, clock } = options;
  const seen = new Set<string>();
  /** What another process may handle as well. */
  const doubtful = new Set<string>();

  function remember(ids: Set<string>, id: string): void {
    ids.add(id);
    for (const oldest of ids) {
      if (ids.size <= mostRemembered) break;
      ids.delete(oldest);
    }
  }

  /** It is not lost in the log: the handler meets the same store. */
  function unknown(id: string): true {
    remember(doubtful, id);
    return true;
  }

  const once = async ({ id }: Pick<Interaction, 'id'>): Promise<boolean> => {
    if (seen.has(id)) return false;
    remember(seen, id);
    if (!shared) return true;
    const claim = store.claim(`interaction:${id}`, tokenMs).then(
      (taken) => taken !== undefined,
      () => unknown(id),
    );
    return within(clock, claimWithinMs, claim, () => unknown(id));
  };
  return Object.assign(once, { isOurs: (id: string) => !doubtful.has(id) });
}
