// A pace that all processes on one store keep together: so many at once, then one more each while, and nobody during a
// pause. Redis counts for all of them by its own clock; a process that has its store to itself counts in memory.
import type { Clock } from '../clock.ts';

/** How many may go at once after a quiet time, and how long each of them takes to come back, in milliseconds. */
export type Pace = { most: number; everyMs: number };

/** How many may go now; when none, in how many milliseconds to ask again. */
export type Turns = { granted: number; waitMs: number };

/** Nobody who waits for it is refused for its sake: while the store is away, each process keeps the pace by itself. */
export type Throttle = {
  take(name: string, pace: Pace, wanted: number): Promise<Turns>;
  /** Grants nobody anything for this long. */
  pause(name: string, ms: number): Promise<void>;
};

/** `full`: when everything has come back; `paused`: until when nobody goes. */
type State = { full: number; paused: number };

/** The same reckoning as that of the script in redis-scripts.ts. */
function take(state: State, { most, everyMs }: Pace, wanted: number, now: number): Turns {
  if (state.paused > now) return { granted: 0, waitMs: state.paused - now };
  const full = Math.max(state.full, now);
  const granted = everyMs > 0 ? Math.min(wanted, Math.floor(most - (full - now) / everyMs)) : wanted;
  if (granted <= 0) return { granted: 0, waitMs: full - now - (most - 1) * everyMs };
  state.full = full + granted * everyMs;
  return { granted, waitMs: 0 };
}

/** Counts in memory. */
export function createLocalThrottle({ elapsed }: Pick<Clock, 'elapsed'>): Throttle {
  const states = new Map<string, State>();
  const stateOf = (name: string): State => {
    const state = states.get(name) ?? { full: 0, paused: 0 };
    states.set(name, state);
    return state;
  };
  return {
    take: async (name, pace, wanted) => take(stateOf(name), pace, wanted, elapsed()),
    async pause(name, ms) {
      const state = stateOf(name);
      state.paused = Math.max(state.paused, elapsed() + ms);
    },
  };
}

/** @param ask runs the script: names, pace, how many are wanted, and how long to pause; rejects while the store is away */
export function createSharedThrottle(
  clock: Pick<Clock, 'elapsed'>,
  ask: (name: string, numbers: readonly number[]) => Promise<unknown>,
): Throttle {
  const alone = createLocalThrottle(clock);
  return {
    async take(name, pace, wanted) {
      try {
        const [granted, waitMs] = [await ask(name, [pace.most, pace.everyMs, wanted, 0])].flat();
        return { granted: Number(granted), waitMs: Number(waitMs) };
      } catch {
        // Whoever asked has a store to fail at by itself; the pace must be kept all the same.
        return alone.take(name, pace, wanted);
      }
    },
    async pause(name, ms) {
      await Promise.all([alone.pause(name, ms), ask(name, [1, 0, 0, ms]).catch(() => {})]);
    },
  };
}
