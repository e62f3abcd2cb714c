// The step of an edit that waits for a moderator, or of a reported result: card, notices, reminder, expiry. The
// decision itself comes from decisions.ts.
import type { Clock } from '../clock.ts';
import type { EditEvent } from '../edit/events.ts';
import type { FailureReason } from '../edit/failure-reason.ts';
import { isPictureOwed } from '../edit/owed.ts';
import type { Delivered, Held } from '../edit/record.ts';
import type { Retry } from '../edit/retry.ts';
import { isNoticed, type Review } from '../edit/review-record.ts';
import type { Step, StepContext, Wait } from '../edit/step.ts';
import { backoff, type Timing } from '../edit/timing.ts';
import {
  DiscordTrouble,
  DownloadError,
  isRefusal,
  LargeDownload,
  NoFit,
  NotAPicture,
  RunflowError,
} from '../errors.ts';
import type { Log } from '../log.ts';
import type { Notes } from '../notify/notes.ts';
import { type Public, publicLocale, type Sent } from '../notify/public.ts';
import { askWhetherCharged } from '../runflow/charged.ts';
import type { Runflow } from '../runflow/client.ts';
import type { SettingsStore } from '../settings/settings.ts';
import type { Texts } from '../texts/texts.ts';
import type { AnswerReport } from './answer-report.ts';
import type { Cards } from './cards.ts';
import type { Rooms } from './room.ts';

const hourMs = 3_600_000;

type Reported = Delivered & { review: Review };
type Reviewed = Held | Reported;
/** What the requester was told: that nobody can be asked at present, and in which follow-up. */
type Noted = { unseen?: true | undefined; note?: string | undefined };

/** Why no card can show it. */
type Lost = NotAPicture | DownloadError | NoFit | DiscordTrouble;

function whyLost(error: Lost): FailureReason {
  if (error instanceof NoFit || error instanceof DiscordTrouble) return 'too-large';
  if (error instanceof NotAPicture) return 'bad-output';
  if (error instanceof LargeDownload) return 'output-large';
  return error.kind === 'refused' ? 'output-refused' : 'output-gone';
}

/** The review channel is another one by now, or cannot be used any more. */
class RoomChanged extends Error {
  override name = 'RoomChanged';
}

export function createHold(options: {
  cards: Cards;
  rooms: Rooms;
  public: Pick<Public, 'send' | 'rewrite'>;
  notes: Pick<Notes, 'send'>;
  answerReport: AnswerReport;
  runflow: Pick<Runflow, 'read'>;
  settings: Pick<SettingsStore, 'get'>;
  retry: Retry;
  clock: Clock;
  timing: Timing;
  log: Log;
}): { held: Step<Held>; delivered: Step<Delivered> } {
  const { cards, rooms, retry, clock, timing, log } = options;

  const guildOf = ({ origin }: Reviewed) => origin.guildId ?? '';

  async function expiresAt(edit: Reviewed): Promise<number> {
    const { expiryHours } = await options.settings.get(guildOf(edit));
    return edit.review.openedAt + expiryHours * hourMs;
  }

  /** Sends the neutral notice to the channel and, the first time, the private note. */
  async function sendNotices(edit: Held, note: StepContext['note']): Promise<EditEvent> {
    const { notice } = edit.review;
    const write = (t: Texts) => ({ text: t.moderation.held.waiting });
    let sent: Sent | undefined;
    try {
      // If somebody deleted the notice, send a new one.
      if (notice && (await options.public.rewrite(edit, notice, write))) return { type: 'notified', notice };
      sent = await options.public.send(edit, 'notice', write, note);
    } catch (error) {
      if (!isEnough(edit, error)) throw error;
      // Moderators can look at it all the same.
      log.warn({ edit: edit.id, err: error }, 'it cannot be said in the channel that a result waits');
    }
    const posted = sent && { channelId: sent.channelId, messageId: sent.messageId };
    return { type: 'notified', notice: posted, ...(await tryNote(edit)), leftover: sent?.leftover };
  }

  /** Whether a notice is given up, so that moderators see the result: at once where it is refused, else after long enough. */
  function isEnough(edit: Held, error: unknown): error is DiscordTrouble {
    if (!(error instanceof DiscordTrouble)) return false;
    return error.kind !== 'later' || retry.isOver(edit, edit.review.openedAt, timing.tellForMs);
  }

  async function tryNote(edit: Held): Promise<Noted> {
    try {
      return await sendNote(edit);
    } catch (error) {
      if (!isEnough(edit, error)) throw error;
      log.warn({ edit: edit.id, err: error }, 'the requester cannot be told why a result waits');
      return {};
    }
  }

  /** Tells the requester why it waits, and whether anybody can look at it. */
  async function sendNote(edit: Held): Promise<Noted> {
    const { review } = edit;
    const { trouble } = await rooms.look(guildOf(edit));
    const unseen: true | undefined = trouble ? true : undefined;
    // The note that there is will be rewritten.
    if (review.note !== undefined || (unseen && review.unseen)) return { unseen };
    const now = { ...edit, review: { ...review, unseen } };
    const reached = await options.notes.send(now, { purpose: `h${edit.round ?? 0}`, first: 'follow-up' });
    return { unseen, note: reached?.followUp };
  }

  async function postCard(edit: Reviewed, context: StepContext): Promise<EditEvent> {
    if (clock.now() >= (await expiresAt(edit))) return expire(edit);
    const room = await rooms.look(guildOf(edit));
    if (room.trouble) return waitForRoom(edit, room);
    const { channelId } = room;
    const mayGo = async () => {
      const now = await rooms.look(guildOf(edit));
      if (now.trouble !== undefined || now.channelId !== channelId) throw new RoomChanged();
    };
    try {
      const posted = await cards.post(edit, channelId, mayGo, context);
      await rooms.mended(guildOf(edit));
      return { type: 'card-posted', ...posted };
    } catch (error) {
      // The next try says why.
      if (error instanceof RoomChanged) return { type: 'put-off', until: clock.now() + backoff(edit.retries, timing) };
      if (!(error instanceof DiscordTrouble) || !['forbidden', 'gone'].includes(error.kind)) throw error;
      // It was closed between the look and the card, or refuses for a reason that no look shows.
      log.warn({ edit: edit.id, err: error }, 'a card was refused by the review channel');
      return waitForRoom(edit, { channelId, trouble: 'closed', missing: [] });
    }
  }

  /** Keeps a result until there is a place for its card again, or until it expires. */
  async function waitForRoom(edit: Reviewed, room: Parameters<Rooms['tell']>[2]): Promise<EditEvent> {
    await rooms.tell(guildOf(edit), publicLocale(edit), room);
    const until = await expiresAt(edit);
    const reached = edit.state === 'held' ? await tellUnseen(edit) : undefined;
    const waitMs = backoff(edit.retries, timing);
    log.info({ edit: edit.id, trouble: room.trouble, waitMs }, 'a card waits for a review channel');
    return { type: 'no-room', until: Math.min(clock.now() + waitMs, until), note: reached?.followUp };
  }

  /** Tells the requester that nobody can be asked at present, once, unless the note that there is will say so. */
  async function tellUnseen(edit: Held) {
    const { review } = edit;
    if (review.unseen || review.note !== undefined) return undefined;
    const how = { purpose: `u${edit.round ?? 0}`, first: 'follow-up' } as const;
    return options.notes.send({ ...edit, review: { ...review, unseen: true } }, how);
  }

  /** Expiry: a held result is not shown, a reported one stays. */
  function expire(edit: Reviewed): EditEvent {
    const kind = edit.state === 'held' ? 'expired' : 'kept';
    return { type: 'decided', verdict: { kind, by: 'bot', at: clock.now(), reason: { key: 'not-reviewed' } } };
  }

  async function waitForVerdict(edit: Reviewed): Promise<EditEvent | Wait> {
    const { openedAt, reminded } = edit.review;
    const settings = await options.settings.get(guildOf(edit));
    const endsAt = openedAt + settings.expiryHours * hourMs;
    const remindAt = openedAt + settings.reminderHours * hourMs;
    if (clock.now() >= endsAt) return expire(edit);
    if (!reminded && clock.now() >= remindAt) {
      try {
        return { type: (await cards.remind(edit)) ? 'reminded' : 'card-gone' };
      } catch (error) {
        if (!isRefusal(error)) throw error;
        log.error({ edit: edit.id, err: error }, 'nobody can be reminded of a card');
        return { type: 'reminded' };
      }
    }
    return { type: 'wait', until: reminded ? endsAt : Math.min(remindAt, endsAt) };
  }

  /** The pictures for a card are lost: a held result fails, and its requester reads why; a reported one stays. */
  async function giveUp(edit: Reviewed, error: Lost): Promise<EditEvent> {
    log.error({ edit: edit.id, err: error }, 'a result cannot be brought before the moderators');
    if (edit.state !== 'held') return expire(edit);
    const charged = await askWhetherCharged(options.runflow, edit);
    const limit = error instanceof LargeDownload ? { mostBytes: error.mostBytes } : {};
    return { type: 'failed', reason: whyLost(error), detail: error.message, ...charged, ...limit };
  }

  async function judge(edit: Reviewed, error: unknown): Promise<EditEvent> {
    if (error instanceof NoFit) return giveUp(edit, error);
    // It was made to fit, and Discord's word on it does not change with time.
    if (error instanceof DiscordTrouble && error.kind === 'too-large' && retry.isFinal(edit, error)) {
      return giveUp(edit, error);
    }
    // Whatever else Discord answers, nobody has seen the result yet: it waits for a moderator until it expires.
    const isOutage = error instanceof DiscordTrouble || error instanceof RunflowError;
    if (isOutage || (error instanceof DownloadError && error.kind === 'broken')) {
      return retry.putOff(edit, error, 'review put off');
    }
    if (!(error instanceof NotAPicture || error instanceof DownloadError)) throw error;
    // Counted by itself: waiting for a review channel is no failed download.
    const isFinal = error instanceof DownloadError && error.kind === 'refused';
    if (isFinal || (edit.review.badDownloads ?? 0) >= timing.downloadTries) return giveUp(edit, error);
    if (edit.state === 'held') {
      const how = { addSignature: error instanceof DownloadError && edit.review.badDownloads === 1 };
      const run = await options.runflow.read(edit.runId, how).catch(() => undefined);
      if (run?.outcome?.kind === 'succeeded') return { type: 'refreshed', outcome: run.outcome };
    }
    return { ...retry.putOff(edit, error, 'review put off'), badDownload: true };
  }

  return {
    held: (edit, context) =>
      retry.attempt(
        edit,
        context.signal,
        async () => {
          if (!isNoticed(edit.review)) return sendNotices(edit, context.note);
          return edit.review.card ? waitForVerdict(edit) : postCard(edit, context);
        },
        (error) => judge(edit, error),
      ),

    async delivered(edit, context) {
      const { review } = edit;
      if (review?.kind !== 'report') return { type: 'wait', until: Number.POSITIVE_INFINITY };
      const reported = { ...edit, review };
      return retry.attempt(
        edit,
        context.signal,
        async () => {
          // Nobody is told that it is gone before it is.
          if (review.verdict && isPictureOwed(edit)) return { type: 'wait', until: Number.POSITIVE_INFINITY };
          if (review.verdict) return options.answerReport(reported, review.verdict, context);
          return review.card ? waitForVerdict(reported) : postCard(reported, context);
        },
        (error) => judge(reported, error),
      );
    },
  };
}
