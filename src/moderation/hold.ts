// The step of an edit that waits for a moderator, and of a posted result that was reported: the card, the notices, the
// reminder, the expiry. The decision itself comes from outside (decisions.ts).
import type { Clock } from '../clock.ts';
import type { Messenger } from '../discord/messenger.ts';
import type { Delivered, EditEvent, Held, Message } from '../edit/edit.ts';
import type { Review } from '../edit/review.ts';
import type { Step, StepContext, Wait } from '../edit/step.ts';
import { backoff, type Timing } from '../edit/timing.ts';
import { DiscordTrouble, DownloadError, NotAPicture, RunflowError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Confide } from '../notify/private.ts';
import type { Speak } from '../notify/public.ts';
import type { Runflow } from '../runflow/client.ts';
import type { SettingsStore } from '../settings/settings.ts';
import { texts } from '../texts.ts';
import { cardIds } from './card-text.ts';
import type { Cards } from './cards.ts';

const hourMs = 3_600_000;

type Reported = Delivered & { review: Review };
type Reviewed = Held | Reported;

export function createHold(options: {
  cards: Cards;
  speak: Speak;
  confide: Confide;
  messenger: Messenger;
  runflow: Pick<Runflow, 'read'>;
  settings: Pick<SettingsStore, 'get'>;
  clock: Clock;
  timing: Timing;
  log: Log;
}): { held: Step<Held>; reported: Step<Reported> } {
  const { cards, speak, messenger, clock, timing, log } = options;

  /** The neutral line in the channel and, the first time, the private note. */
  async function notify(edit: Held, note: StepContext['note']): Promise<EditEvent> {
    const { notice } = edit.review;
    if (notice && (await rewrite(notice))) return { type: 'notified', notice };
    const posted = await speak.say(edit, { saying: 'notice', text: texts.review.waiting }, note);
    await tellRequester(edit);
    return { type: 'notified', notice: posted };
  }

  /** Whether the line still stands; one that somebody deleted is said anew. */
  async function rewrite(notice: Message): Promise<boolean> {
    try {
      await messenger.edit(notice, { text: texts.review.waiting });
      return true;
    } catch (error) {
      if (error instanceof DiscordTrouble && error.kind === 'reply-gone') return false;
      throw error;
    }
  }

  async function tellRequester(edit: Held): Promise<void> {
    const text = edit.review.flag === null ? texts.review.heldPrivateUnchecked : texts.review.heldPrivate;
    const buttons = edit.review.contested ? [] : [{ id: cardIds.contest(edit.id), label: texts.review.contest }];
    await options.confide(edit, { text, buttons }, { nonce: `${edit.id}-h${edit.round ?? 0}`, first: 'whisper' });
  }

  async function card(edit: Reviewed, signal: AbortSignal): Promise<EditEvent> {
    const posted = await cards.post(edit, signal);
    if (posted) return { type: 'card-posted', ...posted };
    return edit.state === 'held' ? { type: 'withheld' } : expire(edit);
  }

  /** Time decides: a held result is not shown, a reported one stays. */
  function expire(edit: Reviewed): EditEvent {
    const kind = edit.state === 'held' ? 'expired' : 'kept';
    return { type: 'decided', verdict: { kind, by: 'bot', at: clock.now(), reason: texts.review.notReviewed } };
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

  /** There will be no card: a held result is not shown, a reported one stays. */
  function giveUp(edit: Reviewed, error: Error): EditEvent {
    log.error({ edit: edit.id, err: error }, 'a result cannot be brought before the moderators');
    return edit.state === 'held' ? { type: 'withheld' } : expire(edit);
  }

  async function afterError(edit: Reviewed, error: unknown): Promise<EditEvent> {
    const unusable = error instanceof NotAPicture || (error instanceof DownloadError && error.kind !== 'broken');
    const known = unusable || error instanceof DownloadError || error instanceof RunflowError;
    if (!known && !(error instanceof DiscordTrouble)) throw error;
    if (error instanceof DiscordTrouble && error.kind !== 'later') return giveUp(edit, error);
    if (unusable && edit.retries >= timing.downloadTries) return giveUp(edit, error);
    if (unusable && edit.state === 'held') {
      const run = await options.runflow.read(edit.runId).catch(() => undefined);
      if (run?.outcome?.kind === 'succeeded') return { type: 'refreshed', outcome: run.outcome };
    }
    const triedMs = clock.now() - (edit.state === 'held' ? edit.settledAt : edit.review.openedAt);
    if (!edit.review.card && triedMs > timing.deliverForMs) return giveUp(edit, error);
    const waitMs = Math.max(
      backoff(edit.retries, timing),
      error instanceof DiscordTrouble || error instanceof RunflowError ? (error.retryAfterMs ?? 0) : 0,
    );
    log.warn({ edit: edit.id, err: error, waitMs }, 'review put off');
    return { type: 'put-off', until: clock.now() + waitMs };
  }

  async function guard(
    edit: Reviewed,
    signal: AbortSignal,
    work: () => Promise<EditEvent | Wait>,
  ): Promise<EditEvent | Wait> {
    if (edit.dueAt > clock.now()) return { type: 'wait', until: edit.dueAt };
    try {
      return await work();
    } catch (error) {
      if (signal.aborted) throw error;
      return afterError(edit, error);
    }
  }

  /** Everybody whom a report concerns hears how it ended. */
  async function tellReport(edit: Reported): Promise<EditEvent> {
    const { verdict, reporters } = edit.review;
    const takenDown = verdict?.kind === 'taken-down';
    const { reporterDown, reporterKept, reporterUnseen, requesterDown } = texts.review;
    const kept = verdict?.by === 'bot' ? reporterUnseen : reporterKept;
    // Its requester may have been faster than the moderators.
    const answer = takenDown || edit.deletedBy !== undefined ? reporterDown : kept;
    // A nonce has room for 25 characters; one decision must not be taken for the one before it, which was undone.
    const moment = (verdict?.at ?? 0) % 1000;
    const people = [
      ...reporters.map((id) => ({ id, text: answer, nonce: `${edit.id}-r${moment}` })),
      ...(takenDown ? [{ id: edit.origin.userId, text: requesterDown, nonce: `${edit.id}-q${moment}` }] : []),
    ];
    for (const { id, text, nonce } of people) {
      try {
        await messenger.direct(id, nonce, { text });
      } catch (error) {
        if (!(error instanceof DiscordTrouble) || error.kind === 'later') throw error;
        log.debug({ edit: edit.id, err: error }, 'somebody cannot be told of a report');
      }
    }
    return { type: 'reviewed' };
  }

  return {
    held: (edit, { note, signal }) =>
      guard(edit, signal, async () => {
        if (!edit.review.notice?.fresh) return notify(edit, note);
        if (!edit.review.card) return card(edit, signal);
        return waitForVerdict(edit);
      }),

    reported: (edit, { signal }) =>
      guard(edit, signal, async () => {
        if (edit.review.verdict) return tellReport(edit);
        if (!edit.review.card) return card(edit, signal);
        return waitForVerdict(edit);
      }),
  };
}
