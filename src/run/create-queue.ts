// The line in front of Runflow for create requests. A refusal pauses the line as a whole, so that a limit costs one
// refusal and not one for everybody who waits; how many leave at once follows what Runflow takes.
import type { Clock } from '../clock.ts';
import { awayMaxMs, backoff, type Timing } from '../edit/timing.ts';

/** Why the line stands still. */
export type Refusal = 'busy' | 'unavailable';

/** The right to send one create request. */
export type Turn = {
  /** Runflow answered, or the answer is lost: the line goes on. */
  done(answered: boolean): void;
  /**
   * Runflow takes none now, so the line pauses.
   * @param leastMs the pause that it asked for, if it did
   * @param again the request certainly created nothing: the edit is first in line again
   */
  refused(why: Refusal, leastMs: number | undefined, again: boolean): void;
};

export type CreateQueue = {
  /** A turn now; or undefined: the edit is in line, and `advance` is called when its turn comes. */
  enter(editId: string): Turn | undefined;
  /** For how many milliseconds the edit has been in line; 0 for one that is in none. */
  waitedMs(editId: string): number;
  /** It sends no create request any more; costs nothing for one that is in no line. */
  leave(editId: string): void;
  /** Why Runflow took none the last time. */
  reason(): Refusal;
  /** Runflow said that its limit is used up for this long. */
  pause(ms: number): void;
  stop(): void;
};

/** Create requests at once: the first ones, and the most. Slow ones must not use up all connections. */
const firstWidth = 16;
const mostWidth = 128;
/** A turn that was called is free again after this long: another process may work on that edit. */
const calledMs = 5_000;

export function createQueue(options: { advance: (editId: string) => void; clock: Clock; timing: Timing }): CreateQueue {
  const { advance, clock, timing } = options;
  const waiting: string[] = [];
  /** Whose turn was called, with the timer that ends it. */
  const called = new Map<string, () => void>();
  /** Everybody who is or was in line and has no run yet, and since when. */
  const joined = new Map<string, number>();
  let width = firstWidth;
  /** Until the first refusal, the width doubles each round; later it grows by one a round. */
  let fast = true;
  let active = 0;
  let refusals = 0;
  let reason: Refusal = 'busy';
  let pausedUntil = 0;
  let cancelPump: (() => void) | undefined;
  let stopped = false;

  const free = () => active + called.size < Math.floor(width);

  function pump(): void {
    if (stopped) return;
    const now = clock.elapsed();
    if (now < pausedUntil) {
      cancelPump?.();
      cancelPump = waiting.length > 0 ? clock.after(pausedUntil - now, pump) : undefined;
      return;
    }
    while (free()) {
      const id = waiting.shift();
      if (id === undefined) return;
      const expire = () => {
        called.delete(id);
        pump();
      };
      called.set(id, clock.after(calledMs, expire));
      advance(id);
    }
  }

  function leave(editId: string): void {
    if (!joined.delete(editId)) return;
    const place = waiting.indexOf(editId);
    if (place >= 0) waiting.splice(place, 1);
    called.get(editId)?.();
    if (called.delete(editId)) pump();
  }

  function createTurn(editId: string): Turn {
    active += 1;
    const startedAt = clock.elapsed();
    return {
      done(answered) {
        active -= 1;
        if (answered) {
          refusals = 0;
          width = Math.min(mostWidth, width + (fast ? 1 : 1 / width));
        }
        pump();
      },
      refused(why, leastMs, again) {
        active -= 1;
        reason = why;
        if (again) {
          if (!joined.has(editId)) joined.set(editId, startedAt);
          waiting.unshift(editId);
        }
        // Requests that left together are refused together: that is one refusal.
        if (startedAt >= pausedUntil) {
          width = 1;
          fast = false;
          // What was asked for may be nothing, or be over already by our clock: then request would follow request.
          const asked = leastMs === undefined ? undefined : Math.max(leastMs, backoff(0, timing));
          pausedUntil = clock.elapsed() + (asked ?? backoff(refusals, { ...timing, backoffMaxMs: awayMaxMs }));
          refusals += 1;
        } else if (leastMs !== undefined) {
          pausedUntil = Math.max(pausedUntil, clock.elapsed() + leastMs);
        }
        pump();
      },
    };
  }

  return {
    enter(editId) {
      const mine = called.get(editId);
      if (mine) {
        mine();
        called.delete(editId);
        return createTurn(editId);
      }
      if (waiting.length === 0 && clock.elapsed() >= pausedUntil && free()) return createTurn(editId);
      if (!joined.has(editId)) joined.set(editId, clock.elapsed());
      if (!waiting.includes(editId)) waiting.push(editId);
      pump();
      return undefined;
    },
    waitedMs: (editId) => clock.elapsed() - (joined.get(editId) ?? clock.elapsed()),
    leave,
    reason: () => reason,
    pause(ms) {
      pausedUntil = Math.max(pausedUntil, clock.elapsed() + ms);
      pump();
    },
    stop() {
      stopped = true;
      cancelPump?.();
      for (const cancel of called.values()) cancel();
    },
  };
}
