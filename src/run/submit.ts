// The first step: create the edit's run, exactly once. A create request whose answer was lost may still have created a
// paid run, so several looks at the run list must find none before another request leaves.
import type { Clock } from '../clock.ts';
import type { EditEvent } from '../edit/events.ts';
import type { Accepted, Edit, FailureReason } from '../edit/record.ts';
import type { Records } from '../edit/records.ts';
import type { Retry } from '../edit/retry.ts';
import type { AtMoment, Step, Wait } from '../edit/step.ts';
import type { Timing } from '../edit/timing.ts';
import { RunflowError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Runflow } from '../runflow/client.ts';
import type { Run } from '../runflow/run.ts';
import type { RunList } from './run-list.ts';

/** Marks this bot's runs among all others of the account, whichever process or store created them. */
export const marker = 'darkroom';

/** Metadata that finds a run's edit again, and rebuilds the edit if the store was lost. */
export function runMetadata(edit: Edit, applicationId: string) {
  return {
    app: marker,
    application_id: applicationId,
    edit_id: edit.id,
    channel_id: edit.origin.channelId,
    user_id: edit.origin.userId,
    guild_id: edit.origin.guildId ?? null,
    age_restricted: edit.origin.ageRestricted,
  };
}

function belongsTo(run: Run, edit: Edit): boolean {
  return run.clientRef === edit.id || run.metadata.edit_id === edit.id;
}

/** Why Runflow refused, by its status and code; picks the text that the member reads. */
function refusalReason(error: RunflowError): FailureReason {
  if (error.status === 402 || error.code === 'INSUFFICIENT_CREDIT') return 'credit';
  if (error.status === 401) return 'key';
  if (error.status === 403) return 'forbidden';
  if (error.status === 404) return 'model';
  if (error.status === 400 || error.status === 413 || error.status === 422) return 'invalid';
  return 'refused';
}

export function createSubmit(options: {
  runflow: Pick<Runflow, 'create'>;
  runList: RunList;
  keepOutcome: Records['keepOutcome'];
  callbackUrl: string | undefined;
  applicationId: () => string;
  retry: Retry;
  clock: Clock;
  timing: Timing;
  log: Log;
  at: AtMoment;
}): Step<Accepted> {
  const { retry, clock, timing, log } = options;

  async function send(edit: Accepted, note: (event: EditEvent) => Promise<void>, signal: AbortSignal) {
    await note({ type: 'sending' });
    await options.at('sending', edit.id);
    const run = await options.runflow.create(
      {
        model: edit.model,
        input: edit.input,
        callbackUrl: options.callbackUrl,
        clientRef: edit.id,
        metadata: runMetadata(edit, options.applicationId()),
      },
      signal,
    );
    await options.at('created', edit.id);
    return run;
  }

  /** The run is known. Saves its outcome first, if the answer brought one. */
  async function found(edit: Edit, run: Run): Promise<EditEvent> {
    if (run.outcome) await options.keepOutcome(run.id, run.outcome, edit.id);
    return { type: 'created', runId: run.id };
  }

  async function look(edit: Accepted): Promise<EditEvent | Wait> {
    const { runs, complete } = await options.runList.since(edit.createdAt);
    const run = runs.find((listed) => belongsTo(listed, edit));
    if (run) {
      log.info({ edit: edit.id, run: run.id }, 'found the run whose create answer was lost');
      return found(edit, run);
    }
    // Only the complete list proves that there is no run.
    if (!complete) throw new RunflowError('unknown', 'the run list is too long to be read whole');
    const nextMs = timing.looksMs[edit.looks + 1];
    return nextMs === undefined ? { type: 'not-created' } : { type: 'not-found', until: clock.now() + nextMs };
  }

  function giveUp(edit: Accepted, error: RunflowError): EditEvent {
    const reason = error.kind === 'throttled' ? 'busy' : 'unavailable';
    return { type: 'failed', reason, detail: `after ${edit.tries} tries: ${error.message}` };
  }

  async function submit(
    edit: Accepted,
    note: (event: EditEvent) => Promise<void>,
    signal: AbortSignal,
  ): Promise<EditEvent | Wait> {
    if (edit.sentAt !== undefined) return look(edit);
    if (edit.tries >= timing.createTries) {
      return { type: 'failed', reason: 'unavailable', detail: `no run after ${edit.tries} create requests` };
    }
    return found(edit, await send(edit, note, signal));
  }

  function afterLook(edit: Accepted, error: RunflowError): EditEvent {
    // Without a look, another request could create a second run. Give up after the usual time.
    if (retry.isOver(edit.createdAt, timing.abandonMs)) return giveUp(edit, error);
    return retry.putOff(edit, error, 'the run list cannot be read');
  }

  async function afterSend(
    edit: Accepted,
    error: RunflowError,
    note: (event: EditEvent) => Promise<void>,
  ): Promise<EditEvent> {
    if (error.kind === 'rejected') return { type: 'failed', reason: refusalReason(error), detail: error.message };
    // `sentAt` stays set, so the next step looks at the run list.
    if (error.kind === 'unknown') return retry.putOff(edit, error, 'create request failed', timing.looksMs[0] ?? 0);
    await note({ type: 'not-created' });
    if (edit.tries + 1 >= timing.createTries) return giveUp({ ...edit, tries: edit.tries + 1 }, error);
    return retry.putOff(edit, error, 'create request failed');
  }

  return (edit, { note, signal }) =>
    retry.attempt(
      edit,
      signal,
      () => submit(edit, note, signal),
      (error) => {
        if (!(error instanceof RunflowError)) throw error;
        return edit.sentAt === undefined ? afterSend(edit, error, note) : afterLook(edit, error);
      },
    );
}
