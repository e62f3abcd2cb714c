// Before the first step, for pictures that cannot be handed on as they are: convert one and put it at Runflow. Harmless to
// repeat: what a crash leaves there is an upload that nobody knows of.
import type { Clock } from '../clock.ts';
import type { EditEvent } from '../edit/events.ts';
import type { FailureReason } from '../edit/failure-reason.ts';
import type { Intake } from '../edit/intake.ts';
import type { Accepted } from '../edit/record.ts';
import type { Retry } from '../edit/retry.ts';
import type { AtMoment, StepContext, Wait } from '../edit/step.ts';
import type { Timing } from '../edit/timing.ts';
import { DownloadError, NotAPicture, RunflowError } from '../errors.ts';
import { pictureLimits, sourceLimits } from '../models/model.ts';
import type { FetchPictures, Fitted } from '../picture/fetch.ts';
import type { Assets } from '../runflow/assets.ts';
import { createSlots } from '../slots.ts';
import { refusalReason } from './submit.ts';

export type Prepare = (edit: Accepted, next: Intake, context: StepContext) => Promise<EditEvent | Wait>;

/** Their downloads and uploads; only one is converted at a time. */
const atOnce = 4;
/** Of a picture that the models read as it is: it is large, which is no reason to keep its requester waiting for long. */
const patience = 2;
const extensions = { png: 'png', jpeg: 'jpg', webp: 'webp' } as const;

export function createPrepare(options: {
  fetchPictures: FetchPictures;
  assets: Pick<Assets, 'upload'>;
  retry: Retry;
  clock: Clock;
  timing: Timing;
  at: AtMoment;
}): Prepare {
  const { retry, clock, timing } = options;
  const slots = createSlots(atOnce);

  const fail = (reason: FailureReason, detail: string): EditEvent => ({ type: 'failed', reason, detail });

  /** Where a picture cannot be converted, the models may still read it. */
  const orAsItIs = (next: Intake, failed: EditEvent): EditEvent =>
    next.readable ? { type: 'taken-in', intake: { ...next, asIs: true } } : failed;

  async function upload(
    edit: Accepted,
    { picture }: Intake,
    { pieces, info, frames }: Fitted,
    signal: AbortSignal,
  ): Promise<EditEvent> {
    const name = `darkroom-${edit.id}-source-${picture + 1}.${extensions[info.format]}`;
    const asset = await options.assets.upload({ name, type: `image/${info.format}`, pieces }, signal);
    await options.at('uploaded', edit.id);
    return { type: 'taken-in', intake: frames ? { picture, asset, frames } : { picture, asset } };
  }

  async function prepare(edit: Accepted, next: Intake, { note, signal }: StepContext): Promise<EditEvent> {
    const { shrinks = 0 } = edit;
    if (shrinks >= timing.shrinkTries) {
      const why = `the process ended ${shrinks} times while it converted a source`;
      return orAsItIs(next, fail('source-unreadable', why));
    }
    const url = edit.input.image_urls[next.picture] ?? '';
    const wanted = { url, limit: pictureLimits.bytes, pixels: sourceLimits.pixels, convert: true };
    return options.fetchPictures(
      [wanted],
      signal,
      async ([made]) => {
        if (!made) return orAsItIs(next, fail('source-unreadable', 'converting a source takes too much memory'));
        return upload(edit, next, made, signal);
      },
      () => note({ type: 'shrinking' }),
    );
  }

  function judge(edit: Accepted, error: unknown): EditEvent {
    if (error instanceof NotAPicture) return fail('source-unreadable', error.message);
    if (error instanceof DownloadError) {
      const isOver = error.kind !== 'broken' || retry.isOver(edit, edit.createdAt, timing.downloadForMs);
      return isOver ? fail('source-gone', error.message) : retry.putOff(edit, error, 'fetching a source put off');
    }
    if (!(error instanceof RunflowError)) throw error;
    if (error.kind === 'rejected') return fail(refusalReason(error), error.message);
    if (retry.isOver(edit, edit.createdAt, timing.abandonMs)) return fail('unavailable', error.message);
    return retry.putOff(edit, error, 'uploading a source put off');
  }

  return async (edit, next, context) => {
    // Waiting here would hold the edit's lease.
    const leave = slots.take();
    if (!leave) return { type: 'wait', until: clock.now() + timing.queueLookMs };
    try {
      const work = () => prepare(edit, next, context);
      return await retry.attempt(edit, context.signal, work, (error) => {
        const judged = judge(edit, error);
        return judged.type === 'failed' || edit.retries >= patience ? orAsItIs(next, judged) : judged;
      });
    } finally {
      leave();
    }
  };
}
