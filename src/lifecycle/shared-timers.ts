// The timers of several processes on one store: when an edit is due is a job there, and whichever process is free takes
// it. Which job it has is known only where it was made; anybody else's comes for nothing, and does no harm.
import type { Clock } from '../clock.ts';
import type { Jobs } from '../store/jobs.ts';
import type { Timers } from './timers.ts';

/** Jobs that others have done are forgotten when so many are remembered. */
const mostRemembered = 1_000;

/**
 * A process whose clock is ahead has jobs begin early, in everybody's: those are looked at, but not at once and again and
 * again.
 */
const early = { byMs: 1_000, pauseMs: 10_000 };

/** @param work must not reject; `handed`: who took the edit in has told its requester so */
export function createSharedTimers(jobs: Jobs, clock: Clock, work: (id: string, handed: boolean) => unknown): Timers {
  /** The job of each edit that this process has put off. */
  const scheduled = new Map<string, { name: string; dueAt: number }>();
  let tidyAt = mostRemembered;
  /** The jobs that it is doing. */
  const doing = new Set<string>();

  const pause = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));

  function cancel(id: string): void {
    const job = scheduled.get(id);
    if (!job) return;
    scheduled.delete(id);
    if (!doing.has(job.name)) jobs.remove(job.name);
  }

  function forgetPast(): void {
    if (scheduled.size < tidyAt) return;
    for (const [id, { dueAt }] of scheduled) if (dueAt < clock.now()) scheduled.delete(id);
    tidyAt = Math.max(mostRemembered, 2 * scheduled.size);
  }

  function schedule(id: string, at: number, handed = false): void {
    let dueAt = Math.ceil(at);
    // A job under way takes its name with it when it ends.
    while (doing.has(`${id}-${dueAt}`)) dueAt += 1;
    const name = `${id}-${dueAt}`;
    if (scheduled.get(id)?.name === name) return;
    cancel(id);
    if (!Number.isFinite(dueAt)) return;
    scheduled.set(id, { name, dueAt });
    forgetPast();
    jobs.add(id, name, dueAt - clock.now(), handed);
  }

  return {
    begin() {
      jobs.take(async (id, name, handed) => {
        if (scheduled.get(id)?.name === name) scheduled.delete(id);
        doing.add(name);
        try {
          const leftMs = Number(name.slice(name.lastIndexOf('-') + 1)) - clock.now();
          if (leftMs > early.byMs) await pause(Math.min(leftMs, early.pauseMs));
          await work(id, handed);
        } finally {
          doing.delete(name);
        }
      });
    },
    schedule,
    hand: (id) => schedule(id, clock.now(), true),
    cancel,
    knows: (id) => scheduled.has(id),
    stop() {
      scheduled.clear();
      jobs.stop();
    },
  };
}
