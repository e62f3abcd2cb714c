// Which step an edit's state asks for, and what is owed in any state: audit entries, messages to take down, cards to
// rewrite.

import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Messenger } from '../discord/messenger.ts';
import type { Failed, Held, Message, Rejected, Running } from '../edit/edit.ts';
import { type Accepted, type Delivered, type Delivering, type Edit, type EditEvent, hasDuty } from '../edit/edit.ts';
import type { Records } from '../edit/records.ts';
import { isOpen, type Review } from '../edit/review.ts';
import type { Step, StepContext, Wait } from '../edit/step.ts';
import { backoff, type Timing } from '../edit/timing.ts';
import { DiscordTrouble, RunflowError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Cards } from '../moderation/cards.ts';
import { decideOutcome } from '../moderation/policy.ts';
import type { Waiting } from '../run/poll.ts';
import type { Runflow } from '../runflow/client.ts';
import type { Outcome } from '../runflow/run.ts';
import type { SettingsStore } from '../settings/settings.ts';

export type Steps = {
  /** Takes the next step. `acknowledged` resolves when the interaction was answered: only then it has a reply. */
  take(edit: Edit, context: StepContext, acknowledged: Promise<unknown> | undefined): Promise<EditEvent | Wait>;
  /** When the requester of a running edit is told that it takes too long. */
  patienceEnds(edit: Running): number;
};

export function createSteps(options: {
  submit: Step<Accepted>;
  deliver: Step<Delivering>;
  tell: Step<Failed | Rejected>;
  takingLong: (edit: Running, note: StepContext['note']) => Promise<void>;
  hold: { held: Step<Held>; reported: Step<Delivered & { review: Review }> };
  cards: Pick<Cards, 'rewrite'>;
  messenger: Pick<Messenger, 'remove'>;
  audit: Pick<Audit, 'append'>;
  settings: Pick<SettingsStore, 'get'>;
  records: Pick<Records, 'outcome'>;
  waiting: Pick<Waiting, 'watch'>;
  runflow: Pick<Runflow, 'read'>;
  runTimeoutMs: number;
  clock: Clock;
  timing: Timing;
  log: Log;
}): Steps {
  const { clock, timing, log } = options;

  /** In time to still say so in the reply. */
  function patienceEnds(edit: Running): number {
    const latest = edit.submittedAt + options.runTimeoutMs;
    return edit.reply ? Math.min(latest, Math.max(edit.reply.expiresAt - 30_000, edit.submittedAt)) : latest;
  }

  async function wait(edit: Running, { note }: StepContext): Promise<EditEvent | Wait> {
    const outcome = await options.records.outcome(edit.runId);
    if (outcome) return { type: 'ended', outcome };
    options.waiting.watch(edit);
    const abandonAt = edit.submittedAt + timing.abandonMs;
    const until = edit.givenUp ? abandonAt : patienceEnds(edit);
    if (clock.now() < until) return { type: 'wait', until };
    const last = await lastLook(edit);
    if (last !== 'unknown' && last) return { type: 'ended', outcome: last };
    if (clock.now() >= abandonAt) {
      // Runflow is away itself: then nothing says that the run did not end well.
      if (last === 'unknown') return { type: 'wait', until: clock.now() + timing.slowPollMs };
      return { type: 'failed', reason: 'timeout', detail: 'the run never ended', told: edit.givenUp };
    }
    log.warn({ edit: edit.id, run: edit.runId }, 'the run takes too long; its result is still delivered if it comes');
    await options.takingLong(edit, note);
    return { type: 'gave-up' };
  }

  /** The process may have been away while the run ended: before anybody is told that it did not, it is read. */
  async function lastLook(edit: Running): Promise<Outcome | 'unknown' | undefined> {
    try {
      return (await options.runflow.read(edit.runId))?.outcome;
    } catch (error) {
      if (!(error instanceof RunflowError)) throw error;
      return error.kind === 'rejected' ? undefined : 'unknown';
    }
  }

  /** One thing that is owed; each is harmless to repeat. */
  async function payDuty(edit: Edit): Promise<EditEvent | Wait> {
    const { audit = [], remove = [], review, origin } = edit;
    if (audit.length > 0) {
      for (const entry of audit) await options.audit.append(origin.guildId ?? '', entry);
      return { type: 'audited' };
    }
    if (edit.dueAt > clock.now()) return { type: 'wait', until: edit.dueAt };
    try {
      if (remove.length > 0) {
        for (const message of remove) await takeDown(edit, message);
        return { type: 'removed' };
      }
      const shown = review && 'outcome' in edit && edit.state !== 'settled' ? { ...edit, review } : undefined;
      const stands = shown ? await options.cards.rewrite(shown) : true;
      return { type: stands || !isOpen(review) ? 'card-fresh' : 'card-gone' };
    } catch (error) {
      if (!(error instanceof DiscordTrouble)) throw error;
      log.warn({ edit: edit.id, err: error }, 'moderation of an edit put off');
      return { type: 'put-off', until: clock.now() + Math.max(error.retryAfterMs ?? 0, backoff(edit.retries, timing)) };
    }
  }

  /** A message that cannot be taken down must not keep the others up. @throws {DiscordTrouble} to try again later */
  async function takeDown(edit: Edit, message: Message): Promise<void> {
    try {
      await options.messenger.remove(message);
    } catch (error) {
      if (!(error instanceof DiscordTrouble) || error.kind === 'later') throw error;
      log.error({ edit: edit.id, ...message, err: error }, 'a message cannot be taken down');
    }
  }

  return {
    patienceEnds,
    async take(edit, context, acknowledged) {
      if (hasDuty(edit)) return payDuty(edit);
      switch (edit.state) {
        case 'accepted':
          return options.submit(edit, context);
        case 'running':
          return wait(edit, context);
        case 'settled':
          return decideOutcome(edit, await options.settings.get(edit.origin.guildId ?? ''));
        case 'held':
          await acknowledged;
          return options.hold.held(edit, context);
        case 'delivering':
          await acknowledged;
          return options.deliver(edit, context);
        case 'failed':
        case 'rejected':
          await acknowledged;
          return options.tell(edit, context);
        case 'delivered': {
          const { review } = edit;
          if (review?.kind === 'report') return options.hold.reported({ ...edit, review }, context);
          return { type: 'wait', until: Number.POSITIVE_INFINITY };
        }
      }
    },
  };
}
