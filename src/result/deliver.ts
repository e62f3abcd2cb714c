// The last step: fetch the pictures, check and fit them, post them.
import type { Clock } from '../clock.ts';
import type { Delivering, EditEvent, FailureReason } from '../edit/edit.ts';
import type { AtMoment, Step, StepContext } from '../edit/step.ts';
import { backoff, type Timing } from '../edit/timing.ts';
import { DiscordTrouble, DownloadError, NotAPicture, RunflowError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Cards } from '../moderation/cards.ts';
import type { Speak } from '../notify/public.ts';
import { type FetchPictures, type Fitted, resultName, wantPictures } from '../picture/fetch.ts';
import type { Runflow } from '../runflow/client.ts';
import { altTextLimit, shorten, texts } from '../texts.ts';
import { againId, caption, deleteId } from './caption.ts';

export function createDeliver(options: {
  runflow: Pick<Runflow, 'read'>;
  fetchPictures: FetchPictures;
  cards: Pick<Cards, 'pictures'>;
  speak: Speak;
  clock: Clock;
  timing: Timing;
  log: Log;
  at: AtMoment;
}): Step<Delivering> {
  const { clock, timing, log } = options;
  /** What a moderator approved is posted as it was seen: from the card, which also outlives Runflow's addresses. */
  async function sources(edit: Delivering): Promise<string[]> {
    const { review } = edit;
    const approved = review?.card && (await options.cards.pictures({ ...edit, review }, review.card));
    return approved && approved.length > 0 ? approved : edit.outcome.outputs.map(({ url }) => url);
  }

  async function deliver(edit: Delivering, note: StepContext['note'], signal: AbortSignal): Promise<EditEvent> {
    const wanted = wantPictures(await sources(edit), edit.origin.uploadLimit);
    return options.fetchPictures(wanted, signal, async (pictures) => {
      const fitted = pictures.filter((picture) => picture !== undefined);
      if (fitted.length === pictures.length) return post(edit, fitted, note);
      return fail(edit, 'too-large', new Error(`no format fits into ${edit.origin.uploadLimit} bytes`));
    });
  }

  async function post(edit: Delivering, fitted: readonly Fitted[], note: StepContext['note']): Promise<EditEvent> {
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
        files: fitted.map(({ pieces, info }, index) => ({
          name: resultName(edit.id, index, info),
          ...{ pieces, alt, spoiler: edit.spoiler },
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
        if (!(second instanceof RunflowError || second instanceof DiscordTrouble)) throw second;
        if (clock.now() - edit.settledAt <= timing.deliverForMs) return putOff(edit, second, second.retryAfterMs);
        const reason = second instanceof RunflowError ? 'output-gone' : 'undeliverable';
        return { type: 'failed', reason, detail: second.message };
      }
    }
  };
}
