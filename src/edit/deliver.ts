// The last step: fetch the pictures, check and fit them, post them.
import type { Clock } from '../clock.ts';
import { DiscordTrouble, DownloadError, NotAPicture, RunflowError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { fitPicture, inspectPicture, PictureInfo } from '../picture/picture.ts';
import type { Runflow } from '../runflow/client.ts';
import type { Downloads } from '../runflow/outputs.ts';
import { altTextLimit, shorten, texts } from '../texts.ts';
import { againId, caption, deleteId } from './caption.ts';
import type { Delivering, EditEvent, FailureReason } from './edit.ts';
import type { Speak } from './speak.ts';
import type { AtMoment, Step, StepContext } from './step.ts';
import { backoff, type Timing } from './timing.ts';

type Fitted = { bytes: Buffer; info: PictureInfo; shrunk: boolean };

/** Discord's limit for one request is 25 MiB; the rest of the request needs some of it. */
const requestLimit = 24 * 2 ** 20;
/** Discord's limit for one message. */
const mostFiles = 10;
const extensions = { png: 'png', jpeg: 'jpg', webp: 'webp' } as const;

export function createDeliver(options: {
  downloads: Pick<Downloads, 'fetch'>;
  runflow: Pick<Runflow, 'read'>;
  pictures: { inspect: typeof inspectPicture; fit: typeof fitPicture };
  speak: Speak;
  clock: Clock;
  timing: Timing;
  log: Log;
  at: AtMoment;
}): Step<Delivering> {
  const { clock, timing, log } = options;
  async function fetchPictures(edit: Delivering, signal: AbortSignal): Promise<Fitted[] | undefined> {
    const outputs = edit.outcome.outputs.slice(0, mostFiles);
    const limit = Math.min(edit.origin.uploadLimit, Math.floor(requestLimit / outputs.length));
    const fitted: Fitted[] = [];
    for (const output of outputs) {
      const bytes = await options.downloads.fetch(output.url, signal);
      const info = await options.pictures.inspect(bytes);
      const fit = await options.pictures.fit(bytes, info, limit);
      if (!fit) return undefined;
      fitted.push({ ...fit, shrunk: fit.bytes !== bytes });
    }
    return fitted;
  }

  async function deliver(edit: Delivering, note: StepContext['note'], signal: AbortSignal): Promise<EditEvent> {
    const fitted = await fetchPictures(edit, signal);
    if (!fitted) return fail(edit, 'too-large', new Error(`no format fits into ${edit.origin.uploadLimit} bytes`));
    await options.at('downloaded', edit.id);
    const alt = shorten(edit.input.prompt, altTextLimit);
    const shown = fitted.map(({ info, shrunk }) => ({
      width: info.width,
      height: info.height,
      shrunkTo: shrunk ? info.format.toUpperCase() : undefined,
    }));
    const posted = await options.speak.say(
      edit,
      {
        saying: 'picture',
        text: caption(edit, shown),
        files: fitted.map(({ bytes, info }, index) => ({
          name: `darkroom-${edit.id}-${index + 1}.${extensions[info.format]}`,
          bytes,
          alt,
        })),
        buttons: [
          { id: againId(edit.id), label: texts.again },
          { id: deleteId(edit.id), label: texts.delete },
        ],
        mark: againId(edit.id),
      },
      note,
    );
    await options.at('posted', edit.id);
    return { type: 'posted', ...posted };
  }

  /** Reads the run for URLs that work; the pictures behind them are the same. */
  async function refresh(edit: Delivering) {
    const run = await options.runflow.read(edit.runId);
    if (run?.outcome?.kind === 'succeeded') return { type: 'refreshed', outcome: run.outcome } as const;
    return { type: 'failed', reason: 'output-gone' } as const;
  }

  /** Expired URLs and bytes that are no picture: a few attempts, each with URLs that were read afresh. */
  async function afterBadDownload(edit: Delivering, error: Error, reason: FailureReason, note: StepContext['note']) {
    if (edit.badDownloads >= timing.downloadTries) return fail(edit, reason, error);
    const event = await refresh(edit);
    if (event.type === 'failed') return fail(edit, event.reason, error);
    await note(event);
    // At once the first time: the fresh URL works unless something else is wrong.
    return { ...putOff(edit, error, edit.badDownloads === 0 ? 0 : undefined), badDownload: true } as const;
  }

  function putOff(edit: Delivering, error: Error, askedMs?: number) {
    const waitMs = askedMs ?? backoff(edit.retries, timing);
    log.warn({ edit: edit.id, err: error, waitMs }, 'delivery put off');
    return { type: 'put-off', until: clock.now() + waitMs } as const;
  }

  /** Failed, unless an earlier attempt, whose answer was lost, has posted the picture after all. */
  async function fail(edit: Delivering, reason: FailureReason, error: Error): Promise<EditEvent> {
    const posted = await options.speak.find(edit, againId(edit.id));
    return posted ? { type: 'posted', ...posted } : { type: 'failed', reason, detail: error.message };
  }

  async function afterError(edit: Delivering, error: unknown, note: StepContext['note']): Promise<EditEvent> {
    const triedMs = clock.now() - edit.settledAt;
    if (error instanceof NotAPicture) return afterBadDownload(edit, error, 'bad-output', note);
    if (error instanceof DownloadError) {
      if (error.kind === 'expired') return afterBadDownload(edit, error, 'output-gone', note);
      if (error.kind === 'refused' || triedMs > timing.downloadForMs) return fail(edit, 'output-gone', error);
      return putOff(edit, error);
    }
    if (error instanceof RunflowError) {
      return triedMs > timing.deliverForMs ? fail(edit, 'output-gone', error) : putOff(edit, error, error.retryAfterMs);
    }
    if (!(error instanceof DiscordTrouble)) throw error;
    if (error.kind === 'too-large') return fail(edit, 'too-large', error);
    if (error.kind !== 'later' || triedMs > timing.deliverForMs) return fail(edit, 'undeliverable', error);
    return putOff(edit, error, error.retryAfterMs);
  }

  return async (edit, { note, signal }) => {
    if (edit.dueAt > clock.now()) return { type: 'wait', until: edit.dueAt };
    try {
      return await deliver(edit, note, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      try {
        return await afterError(edit, error, note);
      } catch (second) {
        // Reading the run again, or looking for the message, may fail in its own right: nothing is known, so wait.
        if (second instanceof RunflowError || second instanceof DiscordTrouble) {
          return putOff(edit, second, second.retryAfterMs);
        }
        throw second;
      }
    }
  };
}
