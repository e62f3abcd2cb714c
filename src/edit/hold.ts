// The step of an edit that waits for a moderator, and of a posted result that was reported: the card, the notices, the
// reminder, the expiry. The decision itself comes from outside (decisions.ts).
import type { Clock } from '../clock.ts';
import type { Messenger } from '../discord/messenger.ts';
import { DiscordTrouble, DownloadError, NotAPicture, RunflowError } from '../errors.ts';
import type { SettingsStore } from '../guild/settings.ts';
import type { Log } from '../log.ts';
import type { Runflow } from '../runflow/client.ts';
import { texts } from '../texts.ts';
import { cardIds } from './card-text.ts';
import type { Cards } from './cards.ts';
import type { Delivered, EditEvent, Held } from './edit.ts';
import type { Review } from './review.ts';
import { canReply, type Speak } from './speak.ts';
import type { Step, StepContext, Wait } from './step.ts';
import { backoff, type Timing } from './timing.ts';

const hourMs = 3_600_000;

export function createHold(options: {
  cards: Cards;
  speak: Speak;
  messenger: Messenger;
  runflow: Pick<Runflow, 'read'>;
  settings: Pick<SettingsStore, 'get'>;
  clock: Clock;
  timing: Timing;
  log: Log;
}): { held: Step<Held>; reported: Step<Delivered & { review: Review }> } {
  const { cards, speak, messenger, clock, timing, log } = options;

  /** The neutral line in the channel and, the first time, the private note. */
  async function notify(edit: Held, note: StepContext['note']): Promise<EditEvent> {
    const { notice } = edit.review;
    if (notice) {
      await messenger.edit(notice, { text: texts.review.waiting });
      return { type: 'notified', notice };
    }
    const posted = await speak.say(edit, { saying: 'notice', text: texts.review.waiting }, note);
    await tellRequester(edit);
    return { type: 'notified', notice: posted };
  }

  async function tellRequester(edit: Held): Promise<void> {
    const text = edit.review.flag === null ? texts.review.heldPrivateUnchecked : texts.review.heldPrivate;
    const buttons = edit.review.contested ? [] : [{ id: cardIds.contest(edit.id), label: texts.review.contest }];
    try {
      if (edit.reply && canReply(edit, clock.now())) await messenger.whisper(edit.reply, { text, buttons });
      else await messenger.direct(edit.origin.userId, `${edit.id}-h${edit.round ?? 0}`, { text, buttons });
    } catch (error) {
      if (!(error instanceof DiscordTrouble) || error.kind === 'later') throw error;
      log.debug({ edit: edit.id, err: error }, 'the requester cannot be reached privately');
    }
  }

  async function card(edit: Held | (Delivered & { review: Review }), signal: AbortSignal): Promise<EditEvent> {
    const posted = await cards.post(edit, signal);
    if (posted) return { type: 'card-posted', card: posted };
    return edit.state === 'held' ? { type: 'withheld' } : expire(edit);
  }

  /** Time decides: a held result is not shown, a reported one stays. */
  function expire(edit: Held | Delivered): EditEvent {
    const kind = edit.state === 'held' ? 'expired' : 'kept';
    return { type: 'decided', verdict: { kind, by: 'bot', at: clock.now(), reason: texts.review.notReviewed } };
  }

  async function waitForVerdict(edit: Held | (Delivered & { review: Review })): Promise<EditEvent | Wait> {
    const { openedAt, reminded } = edit.review;
    const settings = await options.settings.get(edit.origin.guildId ?? '');
    const expiresAt = openedAt + settings.expiryHours * hourMs;
    const remindAt = openedAt + settings.reminderHours * hourMs;
    if (clock.now() >= expiresAt) return expire(edit);
    if (!reminded && clock.now() >= remindAt) {
      await cards.remind(edit);
      return { type: 'reminded' };
    }
    return { type: 'wait', until: reminded ? expiresAt : Math.min(remindAt, expiresAt) };
  }

  async function afterError(edit: Held | Delivered, error: unknown): Promise<EditEvent> {
    const waitMs = backoff(edit.retries, timing);
    const putOff = { type: 'put-off', until: clock.now() + waitMs } as const;
    if (error instanceof DiscordTrouble && error.kind !== 'later') {
      log.error({ edit: edit.id, err: error }, 'a card cannot be posted in the review channel');
      return edit.state === 'held' ? { type: 'withheld' } : expire(edit);
    }
    const unusable = error instanceof NotAPicture || (error instanceof DownloadError && error.kind !== 'broken');
    if (edit.state === 'held' && unusable) {
      if (edit.retries >= timing.downloadTries) return { type: 'withheld' };
      const run = await options.runflow.read(edit.runId);
      if (run?.outcome?.kind === 'succeeded') return { type: 'refreshed', outcome: run.outcome };
    }
    const passing = unusable || error instanceof DownloadError || error instanceof RunflowError;
    if (!passing && !(error instanceof DiscordTrouble)) throw error;
    log.warn({ edit: edit.id, err: error, waitMs }, 'review put off');
    return putOff;
  }

  async function guard(edit: Held | Delivered, work: () => Promise<EditEvent | Wait>): Promise<EditEvent | Wait> {
    if (edit.dueAt > clock.now()) return { type: 'wait', until: edit.dueAt };
    try {
      return await work();
    } catch (error) {
      return afterError(edit, error);
    }
  }

  /** Everybody whom a report concerns hears how it ended. */
  async function tellReport(edit: Delivered & { review: Review }): Promise<EditEvent> {
    const { verdict, reporters } = edit.review;
    const down = verdict?.kind === 'taken-down';
    const people = [
      ...reporters.map((id) => ({ id, text: down ? texts.review.reporterDown : texts.review.reporterKept })),
      ...(down ? [{ id: edit.origin.userId, text: texts.review.requesterDown }] : []),
    ];
    for (const { id, text } of people) {
      try {
        await messenger.direct(id, `${edit.id}-r${verdict?.at ?? 0}`.slice(0, 25), { text });
      } catch (error) {
        if (!(error instanceof DiscordTrouble) || error.kind === 'later') throw error;
        log.debug({ edit: edit.id, err: error }, 'somebody cannot be told of a report');
      }
    }
    return { type: 'reviewed' };
  }

  return {
    held: (edit, { note, signal }) =>
      guard(edit, async () => {
        if (!edit.review.notice?.fresh) return notify(edit, note);
        if (!edit.review.card) return card(edit, signal);
        return waitForVerdict(edit);
      }),

    reported: (edit, { signal }) =>
      guard(edit, async () => {
        if (edit.review.verdict) return tellReport(edit);
        if (!edit.review.card) return card(edit, signal);
        return waitForVerdict(edit);
      }),
  };
}
