// The first step: create the edit's run, exactly once. A create request whose answer was lost may still have created a
// paid run, even a while later, so another leaves only when the run list still shows none after the longest answer.

import type { Clock } from '../clock.ts';
import { snowflakeTime } from '../discord/history.ts';
import { hasExpired } from '../discord/signed-urls.ts';
import type { EditEvent } from '../edit/events.ts';
import type { FailureReason } from '../edit/failure-reason.ts';
import { assetOf } from '../edit/intake.ts';
import type { Accepted, Edit } from '../edit/record.ts';
import type { Records } from '../edit/records.ts';
import type { Retry } from '../edit/retry.ts';
import type { AtMoment, Step, StepContext, Wait } from '../edit/step.ts';
import type { Timing } from '../edit/timing.ts';
import { RunflowError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Runflow } from '../runflow/client.ts';
import { readCause } from '../runflow/failure.ts';
import type { RunInput } from '../runflow/input.ts';
import type { Run } from '../runflow/run.ts';
import type { CreateQueue, Turn } from './create-queue.ts';
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
    ...(edit.origin.spoiler ? { spoiler: true } : {}),
  };
}

function belongsTo(run: Run, edit: Edit): boolean {
  return run.clientRef === edit.id || run.metadata.edit_id === edit.id;
}

/** Why Runflow refused, by its status and code; picks the text that the member reads. */
export function refusalReason(error: RunflowError): FailureReason {
  if (error.status === 402 || error.code === 'INSUFFICIENT_CREDIT') return 'credit';
  if (error.status === 401) return 'key';
  if (error.status === 403) return 'forbidden';
  if (error.status === 404) return 'model';
  if (readCause(error.code, error.message) === 'source-gone') return 'source-gone';
  if (error.status === 400 || error.status === 413 || error.status === 422) return 'invalid';
  return 'refused';
}

export function createSubmit(options: {
  runflow: Pick<Runflow, 'create' | 'assets'>;
  runList: RunList;
  queue: CreateQueue;
  keepOutcome: Records['keepOutcome'];
  callbackUrl: string | undefined;
  applicationId: () => string;
  retry: Retry;
  clock: Clock;
  timing: Timing;
  log: Log;
  at: AtMoment;
}): Step<Accepted> {
  const { queue, retry, clock, timing, log } = options;
  /**
   * When a request left here, by the clock that nobody sets: what is billed once must not rest on the other one. By that
   * one, it left between `from` and `to`: another process may have sent another one since.
   */
  const sentHere = new Map<string, { from: number; to: number; at: number }>();

  function forget(editId: string): void {
    queue.leave(editId);
    sentHere.delete(editId);
  }

  /** The input with fresh addresses of what was converted; undefined when that is gone. */
  async function inputOf(edit: Accepted, signal: AbortSignal): Promise<RunInput | undefined> {
    if (!edit.intake) return edit.input;
    const urls = await Promise.all(
      edit.input.image_urls.map((url, picture) => {
        const asset = assetOf(edit, picture);
        return asset === undefined ? url : options.runflow.assets.address(asset, signal);
      }),
    );
    const there = urls.filter((url) => url !== undefined);
    return there.length === urls.length ? { ...edit.input, image_urls: there } : undefined;
  }

  async function send(edit: Accepted, input: RunInput, { note, holdsLease, signal }: StepContext): Promise<Run> {
    const from = clock.now();
    await note({ type: 'sending' });
    sentHere.set(edit.id, { from, to: clock.now(), at: clock.elapsed() });
    await options.at('sending', edit.id);
    // The process may have stood still since it took the lease; another one then works on the edit.
    if (!(await holdsLease())) throw new Error('the lease was lost before the create request left');
    const run = await options.runflow.create(
      {
        model: edit.model,
        input,
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
    forget(edit.id);
    // A list may lag behind what it lists: only a success that is told in full is taken from there.
    if (run.outcome?.kind === 'succeeded') await options.keepOutcome(run.id, run.outcome, edit.id);
    return { type: 'created', runId: run.id };
  }

  /** From when on a missing run proves that none was created. */
  function certainAt(edit: Accepted, sentAt: number): number {
    const { refusedCertainMs, syncCertainMs, certainMs } = timing;
    const forMs = edit.refused ? refusedCertainMs : edit.input.sync_mode ? syncCertainMs : certainMs;
    const known = sentHere.get(edit.id);
    let here = known && known.from <= sentAt && sentAt <= known.to ? known : undefined;
    // Another process sent it, by a clock that may have been set since, or is not this one's: counted from now on.
    if (!here) {
      here = { from: sentAt, to: sentAt, at: clock.elapsed() };
      sentHere.set(edit.id, here);
    }
    return Math.floor(clock.now() + here.at + forMs - clock.elapsed());
  }

  async function look(edit: Accepted, sentAt: number): Promise<EditEvent | Wait> {
    const lookedAt = clock.now();
    const { runs, complete } = await options.runList.since(edit.createdAt);
    const run = runs.find((listed) => belongsTo(listed, edit));
    if (run) {
      log.info({ edit: edit.id, run: run.id }, 'found the run whose create answer was lost');
      return found(edit, run);
    }
    // Only the complete list proves that there is no run.
    if (!complete) throw new RunflowError('unknown', 'the run list is too long to be read whole');
    const certain = certainAt(edit, sentAt);
    if (lookedAt >= certain) return { type: 'not-created' };
    const pauseMs = timing.looksMs[edit.looks + 1] ?? timing.looksMs.at(-1) ?? 0;
    const next = clock.now() + pauseMs;
    // The look that proves it comes as early as it can.
    return { type: 'not-found', until: next < certain ? next : Math.max(certain, clock.now()) };
  }

  function fail(edit: Accepted, reason: FailureReason, detail: string): EditEvent {
    forget(edit.id);
    return { type: 'failed', reason, detail };
  }

  async function submit(edit: Accepted, context: StepContext): Promise<EditEvent | Wait> {
    if (edit.sentAt !== undefined) return look(edit, edit.sentAt);
    // By Discord's clock, whatever ours says: the edit may have been in line, or the process away, for long.
    const discordNow = snowflakeTime(edit.id) + clock.now() - edit.createdAt;
    const handedOn = edit.input.image_urls.filter((_, picture) => assetOf(edit, picture) === undefined);
    if (hasExpired(handedOn, discordNow)) {
      return fail(edit, 'source-gone', 'the address of a source expired before the create request left');
    }
    if (edit.tries >= timing.createTries) {
      return fail(edit, 'unavailable', `no run after ${edit.tries} create requests`);
    }
    if (queue.waitedMs(edit.id) > timing.queueForMs) {
      return fail(edit, queue.reason(), `not taken by Runflow for ${timing.queueForMs} ms`);
    }
    const turn = queue.enter(edit.id);
    if (!turn) return { type: 'wait', until: clock.now() + timing.queueLookMs };
    try {
      const input = await inputOf(edit, context.signal);
      if (!input) {
        turn.done(true);
        return fail(edit, 'source-gone', 'what was converted of a source is gone');
      }
      const run = await send(edit, input, context);
      turn.done(true);
      return await found(edit, run);
    } catch (error) {
      return afterSend(edit, error, turn, context);
    }
  }

  async function afterSend(edit: Accepted, error: unknown, turn: Turn, { note, signal }: StepContext) {
    if (signal.aborted || !(error instanceof RunflowError)) {
      turn.done(false);
      throw error;
    }
    switch (error.kind) {
      case 'rejected':
        turn.done(true);
        return fail(edit, refusalReason(error), error.message);
      case 'unknown':
        turn.done(false);
        // `sentAt` stays set, so the next step looks at the run list.
        return retry.putOff(edit, error, 'create request failed', timing.looksMs[0] ?? 0);
      case 'unavailable':
        turn.refused('unavailable', error.retryAfterMs, false);
        await note({ type: 'create-refused' });
        return retry.putOff(edit, error, 'create request failed', timing.looksMs[0] ?? 0);
      case 'throttled':
      case 'unsent':
        turn.refused(error.kind === 'throttled' ? 'busy' : 'unavailable', error.retryAfterMs, true);
        log.warn({ edit: edit.id, err: error }, 'create request not taken; the edit is in line');
        await note({ type: 'not-created', free: true });
        return { type: 'wait', until: clock.now() + timing.queueLookMs } as const;
    }
  }

  function afterLook(edit: Accepted, error: unknown): EditEvent {
    if (!(error instanceof RunflowError)) throw error;
    // Without a look, another request could create a second run. Give up after the usual time.
    if (retry.isOver(edit, edit.createdAt, timing.abandonMs)) return fail(edit, 'uncertain', error.message);
    return retry.putOff(edit, error, 'the run list cannot be read');
  }

  return (edit, context) =>
    retry.attempt(
      edit,
      context.signal,
      () => submit(edit, context),
      (error) => afterLook(edit, error),
    );
}
