// The last step: fetch the pictures, check and fit them, post them.
import type { Clock } from '../clock.ts';
import { DiscordTrouble, DownloadError, NotAPicture, RunflowError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { fitPicture, inspectPicture, PictureInfo } from '../picture/picture.ts';
import type { Runflow } from '../runflow/client.ts';
import type { Downloads } from '../runflow/outputs.ts';
import { altTextLimit, shorten, texts } from '../texts.ts';
import { againId, caption, deleteId } from './caption.ts';
import type { Delivering, EditEvent } from './edit.ts';
import type { Speak } from './speak.ts';
import type { AtMoment, Step, Wait } from './step.ts';
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

  async function deliver(edit: Delivering, note: (event: EditEvent) => Promise<void>, signal: AbortSignal) {
    const fitted = await fetchPictures(edit, signal);
    if (!fitted) return tooLarge(edit, 'no format fits');
    await options.at('downloaded', edit.id);
    const alt = shorten(edit.input.prompt, altTextLimit);
    const shown = fitted.map(({ info, shrunk }) => ({
      width: info.width,
      height: info.height,
      shrunkTo: shrunk ? info.format.toUpperCase() : undefined,
    }));
    const posted = await options.speak(
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
    return { type: 'posted', ...posted } as const;
  }

  function tooLarge(edit: Delivering, detail: string): EditEvent {
    return { type: 'failed', reason: 'too-large', detail: `limit ${edit.origin.uploadLimit} bytes: ${detail}` };
  }

  /** Reads the run for URLs that work; the pictures behind them are the same. */
  async function refresh(edit: Delivering): Promise<EditEvent> {
    const run = await options.runflow.read(edit.runId);
    if (run?.outcome?.kind === 'succeeded') return { type: 'refreshed', outcome: run.outcome };
    return { type: 'failed', reason: 'output-gone', detail: 'the run has no outputs any more' };
  }

  async function afterDownload(edit: Delivering, error: DownloadError, note: (event: EditEvent) => Promise<void>) {
    if (error.kind === 'refused') return { type: 'failed', reason: 'output-gone', detail: error.message } as const;
    if (edit.retries >= timing.downloadTries) {
      const reason = error.kind === 'expired' ? 'output-gone' : 'bad-output';
      return { type: 'failed', reason, detail: error.message } as const;
    }
    if (error.kind === 'expired') {
      const event = await refresh(edit);
      if (event.type === 'failed') return event;
      await note(event);
      // At once the first time: the fresh URL works unless something else is wrong.
      return putOff(edit, error, edit.retries === 0 ? 0 : undefined);
    }
    return putOff(edit, error);
  }

  function putOff(edit: Delivering, error: Error, askedMs?: number): EditEvent | Wait {
    if (clock.now() - edit.settledAt > timing.deliverForMs) {
      return { type: 'failed', reason: 'undeliverable', detail: error.message };
    }
    const waitMs = askedMs ?? backoff(edit.retries, timing);
    log.warn({ edit: edit.id, err: error, waitMs }, 'delivery put off');
    return { type: 'put-off', until: clock.now() + waitMs };
  }

  async function afterError(edit: Delivering, error: unknown, note: (event: EditEvent) => Promise<void>) {
    if (error instanceof DownloadError) return afterDownload(edit, error, note);
    if (error instanceof NotAPicture)
      return afterDownload(edit, new DownloadError('broken', error.message, error), note);
    if (error instanceof RunflowError) return putOff(edit, error, error.retryAfterMs);
    if (!(error instanceof DiscordTrouble)) throw error;
    switch (error.kind) {
      case 'too-large':
        return tooLarge(edit, error.message);
      case 'forbidden':
        return { type: 'failed', reason: 'undeliverable', detail: error.message } as const;
      case 'rejected':
        return { type: 'failed', reason: 'undeliverable', detail: error.message } as const;
      default:
        return putOff(edit, error, error.retryAfterMs);
    }
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
        // Reading the run again may fail in its own right.
        if (second instanceof RunflowError) return putOff(edit, second, second.retryAfterMs);
        throw second;
      }
    }
  };
}
