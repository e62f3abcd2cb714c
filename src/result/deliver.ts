// The last step: fetch the pictures, check and fit them, post them.

import { buttonId, buttons } from '../buttons.ts';
import type { Clock } from '../clock.ts';
import { altTextLimit, usualUploadLimit } from '../discord/limits.ts';
import { isCovered } from '../edit/covers.ts';
import type { EditEvent } from '../edit/events.ts';
import type { FailureReason } from '../edit/failure-reason.ts';
import { isPrivate } from '../edit/private.ts';
import type { Delivering } from '../edit/record.ts';
import type { Records } from '../edit/records.ts';
import type { Retry } from '../edit/retry.ts';
import type { AtMoment, Step, StepContext } from '../edit/step.ts';
import type { Timing } from '../edit/timing.ts';
import { DiscordTrouble, DownloadError, LargeDownload, NotAPicture, RunflowError } from '../errors.ts';
import type { Log } from '../log.ts';
import { canReply, type Public, ReplyDeleted } from '../notify/public.ts';
import { type Fitted, resultFiles, wantPictures } from '../picture/fetch.ts';
import { markBytes } from '../picture/mark.ts';
import { askWhetherCharged } from '../runflow/charged.ts';
import type { Runflow } from '../runflow/client.ts';
import { moreCareful, type Output } from '../runflow/run.ts';
import type { SettingsStore } from '../settings/settings.ts';
import { shorten } from '../texts/format.ts';
import { caption } from './caption.ts';
import type { FetchOnce } from './fetch-once.ts';

/**
 * Bytes to try in turn when Discord finds a file too large: what an interaction allows may be its member's own limit,
 * and behind a proxy even less than the server's fits.
 */
const smallerLimits = [usualUploadLimit, 8 * 2 ** 20, 4 * 2 ** 20, 2 ** 20];

/** Largest file in bytes for the next attempt; undefined when nothing smaller is left. */
export function limitOf({ origin, tooLarge = 0 }: Delivering, inReply: boolean): number | undefined {
  const first = inReply ? origin.uploadLimit : (origin.messageLimit ?? usualUploadLimit);
  return [first, ...smallerLimits.filter((limit) => limit < first)][tooLarge];
}

/** The size that the run told of a picture, if it did. */
const sizeOf = (output: Output | undefined) =>
  output?.width && output.height ? { width: output.width, height: output.height } : undefined;

/** The result may not be posted any more as it was approved. */
class NotAsApproved extends Error {
  override name = 'NotAsApproved';
  readonly instead: EditEvent;

  constructor(instead: EditEvent) {
    super(`not posted: ${instead.type}`);
    this.instead = instead;
  }
}

export function createDeliver(options: {
  records: Pick<Records, 'load'>;
  runflow: Pick<Runflow, 'read'>;
  fetchPictures: FetchOnce;
  /** Addresses of the pictures that a moderator approved, if one did. */
  approvedPictures: (edit: Delivering) => Promise<string[] | undefined>;
  /** What to do instead of posting, when the result may not be posted any more as it was approved. */
  reconsider: (edit: Delivering) => Promise<EditEvent | undefined>;
  public: Pick<Public, 'send' | 'find'>;
  settings: Pick<SettingsStore, 'get'>;
  retry: Retry;
  clock: Clock;
  timing: Timing;
  log: Log;
  at: AtMoment;
}): Step<Delivering> {
  const { retry, clock, timing } = options;
  const mark = (edit: Delivering) => buttonId(buttons.again, edit.id);
  const putOff = (edit: Delivering, error: Error, leastMs?: number) =>
    retry.putOff(edit, error, 'delivery put off', leastMs);

  /** Approved pictures come from the card: that is what the moderator saw, and it outlives Runflow's addresses. */
  async function sources(edit: Delivering): Promise<{ urls: string[]; fromCard: boolean }> {
    const approved = await options.approvedPictures(edit);
    return { urls: approved ?? edit.outcome.outputs.map(({ url }) => url), fromCard: approved !== undefined };
  }

  async function deliver(edit: Delivering, note: StepContext['note'], signal: AbortSignal): Promise<EditEvent> {
    const { shrinks = 0 } = edit;
    if (isPrivate(edit) && !canReply(edit, clock.now())) {
      return fail(edit, 'undeliverable', new Error('its interaction is over, and it is private'));
    }
    const limit = limitOf(edit, canReply(edit, clock.now()) && !edit.posting);
    if (shrinks >= timing.shrinkTries) {
      const why = new Error(`the process ended ${shrinks} times while it made a picture smaller`);
      return fail(edit, 'too-large', why, limit);
    }
    if (limit === undefined) return fail(edit, 'size-refused', new Error('Discord takes no size of it'));
    const { urls, fromCard } = await sources(edit);
    const wanted = wantPictures(urls, limit);
    return options.fetchPictures(
      edit.id,
      wanted,
      signal,
      async (pictures) => {
        const fitted = pictures.filter((picture) => picture !== undefined);
        if (fitted.length === pictures.length) return post(edit, fitted, fromCard, note);
        const most = wanted[0] ? wanted[0].limit + markBytes : limit;
        return fail(edit, 'too-large', new Error(`no format fits into ${limit} bytes`), most);
      },
      () => note({ type: 'shrinking' }),
    );
  }

  /** @param fromCard the card may have had to make them smaller already */
  async function post(
    edit: Delivering,
    fitted: readonly Fitted[],
    fromCard: boolean,
    note: StepContext['note'],
  ): Promise<EditEvent> {
    await options.at('downloaded', edit.id);
    const { wordless } = edit;
    const alt = wordless ? '' : shorten(edit.input.prompt, altTextLimit);
    const shown = fitted.map(({ info, original, shrunk }, index) => ({
      width: info.width,
      height: info.height,
      original: (fromCard && sizeOf(edit.outcome.outputs[index])) || original,
      shrunkTo: shrunk ? info.format.toUpperCase() : undefined,
    }));
    const files = resultFiles(edit, fitted, { alt, spoiler: (picture) => isCovered(edit, picture) });
    /** Channel and record may change at any time, so they are looked at right before the picture is shown. */
    const mayGo = async () => {
      const now = await options.records.load(edit.id);
      // What became of it is in the record: this event only ends the step.
      if (now && now.state !== 'delivering') throw new NotAsApproved({ type: 'reconsidered', restricted: true });
      const instead = await options.reconsider(edit);
      if (instead) throw new NotAsApproved(instead);
    };
    const posted = await options.public.send(
      edit,
      'picture',
      (t) => ({
        text: caption(edit, shown, t),
        files,
        buttons: [
          ...(isPrivate(edit) ? [{ id: buttonId(buttons.share, edit.id), label: t.result.share.button }] : []),
          { id: buttonId(buttons.further, edit.id), label: t.result.further.button },
          { id: buttonId(buttons.change, edit.id), label: t.result.change.button },
          { id: buttonId(buttons.again, edit.id), label: t.result.again },
          { id: buttonId(buttons.more, edit.id), label: t.result.more.button },
        ],
        mark: mark(edit),
      }),
      note,
      mayGo,
    );
    await options.at('posted', edit.id);
    return { type: 'posted', ...posted };
  }

  /** Expired URLs or bytes that are no picture: read the run for new URLs and retry a few times. */
  async function afterBadDownload(edit: Delivering, error: Error, reason: FailureReason, note: StepContext['note']) {
    if (edit.badDownloads >= timing.downloadTries) return fail(edit, reason, error);
    // A fresh address that is refused as well may lack a signature.
    const addSignature = error instanceof DownloadError && edit.badDownloads === 1;
    const run = await options.runflow.read(edit.runId, { addSignature });
    // It has succeeded before, so a read that shows no end lags behind.
    if (run && !run.outcome) throw new RunflowError('unknown', 'the run does not show its pictures now');
    if (run?.outcome?.kind !== 'succeeded') return fail(edit, 'output-gone', error);
    const { outcome } = run;
    const stricter = moreCareful(edit.outcome, outcome) !== edit.outcome;
    const standing = stricter ? await options.public.find(edit, mark(edit)) : undefined;
    await note({ type: 'refreshed', outcome, ...(standing ? { standing } : {}) });
    // The first retry needs no pause: a new URL works unless something else is wrong.
    const leastMs = edit.badDownloads === 0 ? 0 : undefined;
    return { ...putOff(edit, error, leastMs), badDownload: true } as const;
  }

  /** Fails the edit, unless an earlier attempt posted the picture but lost the answer. */
  async function fail(edit: Delivering, reason: FailureReason, error: Error, mostBytes?: number): Promise<EditEvent> {
    const posted = await options.public.find(edit, mark(edit));
    if (posted) return { type: 'posted', ...posted };
    const charged = await askWhetherCharged(options.runflow, edit);
    const limit = mostBytes === undefined ? {} : { mostBytes };
    return { type: 'failed', reason, detail: error.message, ...charged, ...limit };
  }

  async function judge(edit: Delivering, error: unknown, note: StepContext['note']): Promise<EditEvent> {
    const isOver = retry.isOver(edit, edit.settledAt, timing.deliverForMs);
    if (error instanceof NotAsApproved) {
      // An earlier attempt may have posted it while it was allowed, and lost the answer.
      const standing = await options.public.find(edit, mark(edit));
      return standing ? { type: 'posted', ...standing } : error.instead;
    }
    if (error instanceof ReplyDeleted) {
      options.log.info({ edit: edit.id }, 'a result was deleted before it was known to be posted');
      return { type: 'deleted', by: 'bot' };
    }
    if (error instanceof NotAPicture) return afterBadDownload(edit, error, 'bad-output', note);
    if (error instanceof DownloadError) {
      if (error.kind === 'expired') return afterBadDownload(edit, error, 'output-gone', note);
      if (error instanceof LargeDownload) return fail(edit, 'output-large', error, error.mostBytes);
      if (error.kind === 'refused') return fail(edit, 'output-refused', error);
      const gaveUp = retry.isOver(edit, edit.settledAt, timing.downloadForMs);
      return gaveUp ? fail(edit, 'output-gone', error) : putOff(edit, error);
    }
    if (error instanceof RunflowError) {
      return isOver ? fail(edit, 'output-gone', error) : putOff(edit, error);
    }
    if (!(error instanceof DiscordTrouble)) throw error;
    const instead = await judgeDiscord(edit, error);
    if (instead) return instead;
    return isOver ? fail(edit, 'undeliverable', error) : { ...putOff(edit, error), ...doubt(edit, error) };
  }

  /** Whether Discord may have put the picture into the reply: not where it says when to ask again. */
  function doubt(edit: Delivering, { kind, retryAfterMs }: DiscordTrouble): { unanswered?: true } {
    const isInReply = canReply(edit, clock.now()) && !edit.posting;
    return isInReply && kind === 'later' && retryAfterMs === undefined ? { unanswered: true } : {};
  }

  /** What a refusal asks for; undefined to try the same again later. */
  async function judgeDiscord(edit: Delivering, error: DiscordTrouble): Promise<EditEvent | undefined> {
    switch (error.kind) {
      case 'too-large':
        return { type: 'too-large' };
      case 'text-blocked':
        if (!edit.wordless) return { type: 'words-refused' };
        break;
      case 'picture-blocked':
        return (await canBeHeld(edit)) ? { type: 'held' } : fail(edit, 'explicit', error);
    }
    return retry.isFinal(edit, error) ? fail(edit, 'undeliverable', error) : undefined;
  }

  /** Whether moderators can look at a result that Discord's filter refused; not after they have. */
  async function canBeHeld({ review, origin }: Delivering): Promise<boolean> {
    if (review || origin.guildId === undefined) return false;
    return (await options.settings.get(origin.guildId)).reviewChannel !== undefined;
  }

  /** If reading the run or searching for the message fails too, nothing is certain, so try later. */
  function judgeAgain(edit: Delivering, error: unknown): EditEvent {
    if (!(error instanceof RunflowError || error instanceof DiscordTrouble)) throw error;
    if (!retry.isOver(edit, edit.settledAt, timing.deliverForMs)) return putOff(edit, error);
    const reason = error instanceof RunflowError ? 'output-gone' : 'undeliverable';
    return { type: 'failed', reason, detail: error.message };
  }

  return (edit, { note, signal }) =>
    retry.attempt(
      edit,
      signal,
      () => deliver(edit, note, signal),
      async (error) => {
        try {
          return await judge(edit, error, note);
        } catch (second) {
          return judgeAgain(edit, second);
        }
      },
    );
}
