// Rebuilds edits after the store was lost: Runflow still lists the recent runs, and their metadata has all it takes to
// post them. Every start reads the list with our own key and turns this bot's unknown runs into edits. The usual steps
// follow; they look for a message that already shows the result before they post.
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { usualUploadLimit } from '../discord/limits.ts';
import { move } from '../edit/moves.ts';
import { acceptEdit, type Edit } from '../edit/record.ts';
import type { Records } from '../edit/records.ts';
import { askedMs } from '../edit/retry.ts';
import { backoff, type Timing } from '../edit/timing.ts';
import type { Log } from '../log.ts';
import { readRunInput } from '../runflow/input.ts';
import type { Run } from '../runflow/run.ts';
import type { RunList } from './run-list.ts';
import { marker } from './submit.ts';

export type Recovery = {
  /** Reads the list; retries while Runflow is down. While it is at it, and for some seconds after, it only notes that it has to again. */
  start(): void;
  stop(): void;
};

const snowflake = z.string().regex(/^\d{1,20}$/);
const metadata = z.object({
  app: z.literal(marker),
  application_id: z.string(),
  edit_id: snowflake,
  channel_id: snowflake,
  user_id: snowflake,
  guild_id: snowflake.nullish(),
  age_restricted: z.boolean().catch(false),
  spoiler: z.boolean().catch(false),
});
/** Runs that cannot be looked up, until the rest of them waits as well. */
const mostFailures = 10;

/** The edit that a run belongs to, rebuilt from its metadata; undefined for a run of somebody else. */
export function editOfRun(run: Run, model: string, applicationId: string, now: number): Edit | undefined {
  const checked = metadata.safeParse(run.metadata);
  const input = readRunInput(run.input);
  if (!checked.success || !input || checked.data.application_id !== applicationId) return undefined;
  const { edit_id, channel_id, user_id, guild_id, age_restricted, spoiler } = checked.data;
  const edit = acceptEdit(
    {
      id: edit_id,
      origin: {
        guildId: guild_id ?? undefined,
        channelId: channel_id,
        userId: user_id,
        ageRestricted: age_restricted,
        ...(spoiler ? { spoiler } : {}),
        uploadLimit: usualUploadLimit,
      },
      reply: undefined,
      model,
      input,
    },
    run.createdAt ?? now,
  );
  return move({ ...edit, recovered: true }, { type: 'created', runId: run.id }, run.createdAt ?? now);
}

export function createRecovery(options: {
  runList: RunList;
  records: Records;
  advance: (editId: string) => void;
  applicationId: () => string;
  model: string;
  lookBackMs: number;
  clock: Clock;
  timing: Timing;
  log: Log;
}): Recovery {
  const { records, clock, timing, log } = options;
  let cancel: (() => void) | undefined;
  let stopped = false;
  let busy = false;
  let again = false;

  async function recover(run: Run): Promise<boolean> {
    // A failed run has nothing to post, and its requester may have been told before the store was lost.
    const end = run.outcome ?? (run.hint?.unsaid === 'reason' ? run.hint.outcome : undefined);
    if (end && end.kind !== 'succeeded') return false;
    const edit = editOfRun(run, options.model, options.applicationId(), clock.now());
    if (!edit || (await records.load(edit.id))) return false;
    const { outcome } = run;
    const ended = outcome ? move(edit, { type: 'outcome-kept', runId: run.id, outcome }, clock.now()) : edit;
    if (!(await records.admit(ended))) return false;
    options.advance(edit.id);
    return true;
  }

  async function recoverAll(oldest: number): Promise<void> {
    let recovered = 0;
    const failures: unknown[] = [];
    const { runs, complete } = await options.runList.since(oldest);
    if (!complete) log.warn({ runs: runs.length }, 'only the newest of the recent runs could be looked through');
    for (const run of runs) {
      if (stopped) return;
      if ((run.createdAt ?? 0) < oldest) continue;
      try {
        if (await recover(run)) recovered += 1;
      } catch (err) {
        // One record that cannot be read must not hold up the others; a store that is away fails for all.
        failures.push(err);
        if (failures.length >= mostFailures) break;
      }
    }
    if (recovered > 0) log.warn({ recovered }, 'runs that the store did not know were taken up again');
    if (failures.length > 0) throw failures[0];
  }

  function attempt(oldest: number, retries: number): void {
    const rest = () => {
      cancel = clock.after(timing.recoverRestMs, () => {
        busy = false;
        if (again) start();
      });
    };
    recoverAll(oldest).then(rest, (err: unknown) => {
      if (stopped) return;
      const waitMs = Math.max(askedMs(err), backoff(retries, timing));
      log.warn({ err, waitMs }, 'the recent runs cannot be read yet');
      cancel = clock.after(waitMs, () => attempt(oldest, retries + 1));
    });
  }

  function start(): void {
    again = busy;
    if (busy || options.lookBackMs <= 0) return;
    busy = true;
    // Computed once, so a long outage does not push runs out of the window.
    attempt(clock.now() - options.lookBackMs, 0);
  }

  return {
    start,
    stop() {
      stopped = true;
      cancel?.();
    },
  };
}
