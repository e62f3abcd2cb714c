// The second step: the run is under way. Takes up the outcome that a callback or a poll saved, tells the requester once
// when the run takes too long, and gives up after a day.
import type { Clock } from '../clock.ts';
import type { EditEvent } from '../edit/events.ts';
import type { Message } from '../edit/messages.ts';
import type { Running } from '../edit/record.ts';
import type { Step, Wait } from '../edit/step.ts';
import type { Timing } from '../edit/timing.ts';
import { DiscordTrouble, RunflowError } from '../errors.ts';
import type { Log } from '../log.ts';
import { canReply, type SendPublicly } from '../notify/public.ts';
import type { Runflow } from '../runflow/client.ts';
import type { Outcome } from '../runflow/run.ts';
import type { Poll } from './poll.ts';

/** Leaves time to edit the reply before its token expires. */
const replyMarginMs = 30_000;

/** When a run is overdue, in milliseconds since the epoch: early enough that the reply can still say so. */
export function overdueAt(edit: Running, runTimeoutMs: number): number {
  const latest = edit.submittedAt + runTimeoutMs;
  if (!edit.reply) return latest;
  return Math.min(latest, Math.max(edit.reply.expiresAt - replyMarginMs, edit.submittedAt));
}

export function createWait(options: {
  poll: Pick<Poll, 'watch'>;
  runflow: Pick<Runflow, 'read'>;
  sendPublicly: SendPublicly;
  runTimeoutMs: number;
  clock: Clock;
  timing: Timing;
  log: Log;
}): Step<Running> {
  const { clock, timing, log } = options;

  /** The run may have ended while the process was down, so read it before telling anybody that it is late. */
  async function lastLook(edit: Running): Promise<Outcome | 'unknown' | undefined> {
    try {
      const run = await options.runflow.read(edit.runId);
      return run?.hint ? 'unknown' : run?.outcome;
    } catch (error) {
      if (!(error instanceof RunflowError)) throw error;
      return 'unknown';
    }
  }

  /** The edit goes on even if the message cannot be sent. @returns the message, unless the reply says it */
  async function sendOverdue(edit: Running, note: (event: EditEvent) => Promise<void>): Promise<Message | undefined> {
    const inReply = canReply(edit, clock.now());
    try {
      const sent = await options.sendPublicly(edit, 'slow', (t) => ({ text: t.run.takingLong }), note);
      return inReply ? undefined : { channelId: sent.channelId, messageId: sent.messageId };
    } catch (error) {
      if (!(error instanceof DiscordTrouble)) throw error;
      log.warn({ edit: edit.id, err: error }, 'the requester could not be told that it takes long');
      return undefined;
    }
  }

  return async (edit, { note, holdsLease }): Promise<EditEvent | Wait> => {
    if (edit.ended) return { type: 'ended', outcome: edit.ended.outcome };
    options.poll.watch(edit);
    const abandonAt = edit.submittedAt + timing.abandonMs;
    const until = edit.givenUp ? abandonAt : overdueAt(edit, options.runTimeoutMs);
    if (clock.now() < until) return { type: 'wait', until };
    const last = await lastLook(edit);
    if (last !== 'unknown' && last) return { type: 'ended', outcome: last };
    if (clock.now() >= abandonAt) {
      // Runflow is down, so the run may have ended well.
      if (last === 'unknown') return { type: 'wait', until: clock.now() + timing.slowPollMs };
      return { type: 'failed', reason: 'timeout', detail: 'the run never ended' };
    }
    log.warn({ edit: edit.id, run: edit.runId }, 'the run takes too long; its result is still delivered if it comes');
    // Another process may have put the picture there while this one stood still.
    if (!(await holdsLease())) throw new Error('the lease was lost before it could be said that it takes long');
    const notice = await sendOverdue(edit, note);
    return { type: 'gave-up', ...(notice ? { notice } : {}) };
  };
}
