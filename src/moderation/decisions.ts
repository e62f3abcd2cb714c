// What moderators and members do to a result: decide, undo, contest, report. Each is checked against the record as it
// is at that moment, so the first one wins and the second is told who was first.
import type { Clock } from '../clock.ts';
import type { Edit, Message } from '../edit/edit.ts';
import type { Records } from '../edit/records.ts';
import { canDecide, canUndo, isOpen, type Verdict } from '../edit/review.ts';
import { UserError } from '../errors.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { mayModerate, type Presser } from '../settings/rights.ts';
import type { SettingsStore } from '../settings/settings.ts';
import { texts } from '../texts.ts';
import type { ReviewQueue } from './queue.ts';

/** Who does it, and where: a moderator of one server decides nothing in another. */
export type Actor = Presser & { userId: string; guildId: string };

export type Press = { card: Message | undefined; reason?: string };

export type Decisions = ReviewQueue & {
  /** Whether this person moderates the edit's server. @throws {UserError} when not */
  check(editId: string, actor: Actor): Promise<Edit>;
  /**
   * @param press the card that was pressed, and a reason if one was given
   * @throws {UserError} that says who decided before, or why this person may not
   */
  decide(editId: string, actor: Actor, kind: Verdict['kind'], press: Press): Promise<void>;
  undo(editId: string, actor: Actor): Promise<void>;
  /** The requester asks for another look. @throws {UserError} */
  contest(editId: string, userId: string): Promise<void>;
  /** @returns whether a card was open already. @throws {UserError} */
  report(editId: string, userId: string, guildId: string): Promise<'opened' | 'joined'>;
};

const words = texts.review;

export function createDecisions(options: {
  records: Pick<Records, 'load' | 'open'>;
  change: Lifecycle['change'];
  settings: Pick<SettingsStore, 'get'>;
  clock: Clock;
}): Decisions {
  const { records, settings, clock } = options;

  async function check(editId: string, actor: Actor): Promise<Edit> {
    const edit = await records.load(editId);
    if (!edit) throw new UserError(texts.refusals.unknownEdit);
    const allowed = edit.origin.guildId === actor.guildId && mayModerate(await settings.get(actor.guildId), actor);
    if (!allowed) throw new UserError(words.notModerator);
    return edit;
  }

  function tooLate({ kind, by, at }: Verdict): UserError {
    const seconds = Math.floor(at / 1000);
    if (by === 'bot') return new UserError(words.expired(seconds));
    return new UserError(words.decided(words.verdicts[kind], `<@${by}>`, seconds));
  }

  return {
    check,

    async decide(editId, actor, kind, { card, reason }) {
      await check(editId, actor);
      const { selfApproval } = await settings.get(actor.guildId);
      const verdict: Verdict = { kind, by: actor.userId, at: clock.now(), reason: reason || undefined };
      await options.change(editId, (edit) => {
        const { review, origin } = edit;
        if (review?.verdict) throw tooLate(review.verdict);
        if (!canDecide(edit, verdict)) throw new UserError(words.notOpen);
        const approves = kind === 'approved' || kind === 'approved-spoiler' || kind === 'kept';
        if (approves && origin.userId === actor.userId && !selfApproval) throw new UserError(words.ownEdit);
        return { type: 'decided', verdict, card };
      });
    },

    async undo(editId, actor) {
      await check(editId, actor);
      await options.change(editId, (edit) => {
        if (edit.state === 'delivering') throw new UserError(words.beingPosted);
        if (!canUndo(edit, actor.userId, clock.now())) throw new UserError(words.undoTooLate);
        return { type: 'undone', by: actor.userId };
      });
    },

    async contest(editId, userId) {
      const { guildId } = (await records.load(editId))?.origin ?? {};
      const { reviewChannelId } = guildId === undefined ? {} : await settings.get(guildId);
      const changed = await options.change(editId, (edit) => {
        if (edit.origin.userId !== userId) throw new UserError(words.notYourEdit);
        if (edit.review?.contested) throw new UserError(words.contestTwice);
        if (edit.state !== 'held' && edit.state !== 'rejected') throw new UserError(words.contestClosed);
        if (edit.state === 'rejected' && reviewChannelId === undefined) throw new UserError(words.contestNoChannel);
        return { type: 'contested' };
      });
      if (!changed) throw new UserError(texts.refusals.unknownEdit);
    },

    async report(editId, userId, guildId) {
      if ((await settings.get(guildId)).reviewChannelId === undefined) throw new UserError(words.reportNoChannel);
      let joined = false;
      const changed = await options.change(editId, (edit) => {
        if (edit.state !== 'delivered' || edit.origin.guildId !== guildId || edit.deletedBy !== undefined) {
          throw new UserError(words.notOpen);
        }
        joined = edit.review?.kind === 'report' && isOpen(edit.review);
        return { type: 'reported', by: userId };
      });
      if (!changed) throw new UserError(words.reportNotOurs);
      return joined ? 'joined' : 'opened';
    },

    async queue(guildId) {
      const found = [];
      for await (const [, edit] of records.open()) {
        const { review, origin } = edit;
        if (origin.guildId !== guildId || !review?.card || !isOpen(review)) continue;
        const { channelId, messageId } = review.card;
        found.push({
          editId: edit.id,
          memberId: origin.userId,
          openedAt: review.openedAt,
          link: `https://discord.com/channels/${guildId}/${channelId}/${messageId}`,
          kind: review.kind,
        });
      }
      return found.sort((one, other) => one.openedAt - other.openedAt);
    },
  };
}
