// The step of an edit that waits for a moderator, or of a reported result: card, notices, reminder, expiry. The
// decision itself comes from decisions.ts.
import { buttonId, buttons } from '../buttons.ts';
import type { Clock } from '../clock.ts';
import type { Messenger } from '../discord/messenger.ts';
import type { EditEvent } from '../edit/events.ts';
import type { Delivered, Held, Review } from '../edit/record.ts';
import type { Retry } from '../edit/retry.ts';
import type { Step, StepContext, Wait } from '../edit/step.ts';
import type { Timing } from '../edit/timing.ts';
import { DiscordTrouble, DownloadError, NotAPicture, RunflowError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { SendPrivately } from '../notify/private.ts';
import { type Public, publicLocale } from '../notify/public.ts';
import type { Runflow } from '../runflow/client.ts';
import type { Language } from '../settings/language.ts';
import type { SettingsStore } from '../settings/settings.ts';
import type { Cards } from './cards.ts';

const hourMs = 3_600_000;

type Reported = Delivered & { review: Review };
type Reviewed = Held | Reported;

export function createHold(options: {
  cards: Cards;
  public: Pick<Public, 'send' | 'rewrite'>;
  sendPrivately: SendPrivately;
  messenger: Pick<Messenger, 'sendDirect'>;
  language: Language;
  runflow: Pick<Runflow, 'read'>;
  settings: Pick<SettingsStore, 'get'>;
  retry: Retry;
  clock: Clock;
  timing: Timing;
  log: Log;
}): { held: Step<Held>; delivered: Step<Delivered> } {
  const { cards, messenger, retry, clock, timing, log } = options;

  /** Sends the neutral notice to the channel and, the first time, the private note. */
  async function sendNotices(edit: Held, note: StepContext['note']): Promise<EditEvent> {
    const { notice } = edit.review;
    const write = (t: ReturnType<Language['of']>) => ({ text: t.moderation.held.waiting });
    // If somebody deleted the notice, send a new one.
    if (notice && (await options.public.rewrite(edit, notice, write))) return { type: 'notified', notice };
    const { leftover, ...sent } = await options.public.send(edit, 'notice', write, note);
    await sendNote(edit);
    return { type: 'notified', notice: sent, leftover };
  }

  async function sendNote(edit: Held): Promise<void> {
    const { flag, contested } = edit.review;
    await options.sendPrivately(
      edit,
      ({ moderation }) => ({
        text: flag === null ? moderation.held.unchecked : moderation.held.flagged,
        buttons: contested ? [] : [{ id: buttonId(buttons.contest, edit.id), label: moderation.contest.button }],
      }),
      { nonce: `${edit.id}-h${edit.round ?? 0}`, first: 'follow-up' },
    );
  }

  async function postCard(edit: Reviewed, context: StepContext): Promise<EditEvent> {
    const posted = await cards.post(edit, context);
    return posted ? { type: 'card-posted', ...posted } : endUnseen(edit);
  }

  /** Expiry: a held result is not shown, a reported one stays. */
  function expire(edit: Reviewed): EditEvent {
    const kind = edit.state === 'held' ? 'expired' : 'kept';
    return { type: 'decided', verdict: { kind, by: 'bot', at: clock.now(), reason: { key: 'not-reviewed' } } };
  }

  async function waitForVerdict(edit: Reviewed): Promise<EditEvent | Wait> {
    const { openedAt, reminded } = edit.review;
    const settings = await options.settings.get(edit.origin.guildId ?? '');
    const expiresAt = openedAt + settings.expiryHours * hourMs;
    const remindAt = openedAt + settings.reminderHours * hourMs;
    if (clock.now() >= expiresAt) return expire(edit);
    if (!reminded && clock.now() >= remindAt) {
      try {
        return { type: (await cards.remind(edit)) ? 'reminded' : 'card-gone' };
      } catch (error) {
        if (!(error instanceof DiscordTrouble) || error.kind === 'later') throw error;
        log.error({ edit: edit.id, err: error }, 'nobody can be reminded of a card');
        return { type: 'reminded' };
      }
    }
    return { type: 'wait', until: reminded ? expiresAt : Math.min(remindAt, expiresAt) };
  }

  /** No card is possible: a held result is not shown, a reported one stays. */
  function endUnseen(edit: Reviewed): EditEvent {
    return edit.state === 'held' ? { type: 'withheld' } : expire(edit);
  }

  function giveUp(edit: Reviewed, error: Error): EditEvent {
    log.error({ edit: edit.id, err: error }, 'a result cannot be brought before the moderators');
    return endUnseen(edit);
  }

  async function judge(edit: Reviewed, error: unknown): Promise<EditEvent> {
    const unusable = error instanceof NotAPicture || (error instanceof DownloadError && error.kind !== 'broken');
    const known = unusable || error instanceof DownloadError || error instanceof RunflowError;
    if (!known && !(error instanceof DiscordTrouble)) throw error;
    if (error instanceof DiscordTrouble && error.kind !== 'later') return giveUp(edit, error);
    if (unusable && edit.retries >= timing.downloadTries) return giveUp(edit, error);
    if (unusable && edit.state === 'held') {
      const how = { addSignature: error instanceof DownloadError && edit.retries === 1 };
      const run = await options.runflow.read(edit.runId, how).catch(() => undefined);
      if (run?.outcome?.kind === 'succeeded') return { type: 'refreshed', outcome: run.outcome };
    }
    const since = edit.state === 'held' ? edit.settledAt : edit.review.openedAt;
    if (!edit.review.card && retry.isOver(since, timing.deliverForMs)) return giveUp(edit, error);
    return retry.putOff(edit, error, 'review put off');
  }

  /** Tells everybody concerned how a report ended. */
  async function sendVerdict(edit: Reported): Promise<EditEvent> {
    const { verdict, reporters } = edit.review;
    const takenDown = verdict?.kind === 'taken-down';
    const words = options.language.of(publicLocale(edit)).moderation.report;
    const kept = verdict?.by === 'bot' ? words.unseen : words.kept;
    // The requester may have deleted it before the moderators decided.
    const answer = takenDown || edit.deletedBy !== undefined ? words.takenDown : kept;
    // A nonce has 25 characters, and must differ from that of an earlier decision that was undone.
    const moment = (verdict?.at ?? 0) % 1000;
    const ownWords = options.language.of(edit.origin.locale).moderation.report;
    const messages = [
      ...reporters.map((id) => ({ id, text: answer, nonce: `${edit.id}-r${moment}` })),
      ...(takenDown ? [{ id: edit.origin.userId, text: ownWords.requester, nonce: `${edit.id}-q${moment}` }] : []),
    ];
    for (const { id, text, nonce } of messages) {
      try {
        await messenger.sendDirect(id, nonce, { text });
      } catch (error) {
        if (!(error instanceof DiscordTrouble) || error.kind === 'later') throw error;
        log.debug({ edit: edit.id, err: error }, 'somebody cannot be told of a report');
      }
    }
    return { type: 'reviewed' };
  }

  return {
    held: (edit, context) =>
      retry.attempt(
        edit,
        context.signal,
        async () => {
          if (!edit.review.notice?.fresh) return sendNotices(edit, context.note);
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
          if (review.verdict) return sendVerdict(reported);
          return review.card ? waitForVerdict(reported) : postCard(reported, context);
        },
        (error) => judge(reported, error),
      );
    },
  };
}
