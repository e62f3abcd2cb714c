// Lets time pass in the sandbox: for both stand-ins at once, and for the bot by a restart with its clock ahead, as if the
// machine had slept. Everything that the bot has to do by then it finds in its own records.
import { movedBy, moveTime } from '../moved-time.ts';
import { isTerminal } from '../runflow/run.ts';
import type { Runflow } from '../runflow/runflow.ts';
import type { Supervisor } from './supervisor.ts';

const hourMs = 3_600_000;

/** How far the page can move the clock at once. */
export const spans = [
  { name: 'hour', label: '+1 h', ms: hourMs },
  { name: 'half-day', label: '+12 h', ms: 12 * hourMs },
  { name: 'days', label: '+3 days', ms: 72 * hourMs },
] as const;

/** Moves the clock. Runs that would have ended by then end first; held ones and those that never end stay. */
export async function passTime(ms: number, runflow: Runflow, supervisor: Supervisor): Promise<void> {
  const ending = [...runflow.runs.values()].filter(
    (run) => !isTerminal(run.status_code) && run.plan.neverEnds !== true && !runflow.held,
  );
  // One may end by itself meanwhile.
  await Promise.allSettled(ending.map(({ id }) => runflow.finish(id)));
  const running = supervisor.pid() !== undefined;
  await supervisor.stop();
  moveTime(ms);
  if (running) await supervisor.start();
}

/** Sets the clock back to the real one, for whoever uses the process next. */
export function forgetPassedTime(): void {
  moveTime(-movedBy());
}
