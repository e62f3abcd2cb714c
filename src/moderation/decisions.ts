// What moderators and members do to a result: decide, undo, contest, report. Each action is
// checked against the current record, so the first one wins and the second learns who was first.
import type { Reason } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Message } from '../edit/messages.ts';
import type { Edit } from '../edit/record.ts';
import type { Records } from '../edit/records.ts';
import { canContest } from '../edit/reopen.ts';
import { canDecide, canPostAgain, isApproval, isOpen } from '../edit/review.ts';
import type { Verdict } from '../edit/review-record.ts';
import type { Change } from '../edit/step.ts';
import { isDeleted, whyNotUndo } from '../edit/undo.ts';
import { DiscordTrouble, UserError } from '../errors.ts';
import { mayModerate, type Person } from '../settings/rights.ts';
import type { SettingsStore } from '../settings/settings.ts';
import type { Store } from '../store/store.ts';
import { shorten } from '../texts/format.ts';
import { longestRemark } from './remarks.ts';
import { createReportLimit } from './report-limit.ts';
import type { Rooms } from './room.ts';

export type Decisions = {
  /** Whether this person moderates the edit's server. @throws {UserError} when not */
  check(editId: string, person: Person): Promise<Edit>;
  /**
   * @param pressed the card, and the reason if any
   * @returns the edit as it is decided
   * @throws {UserError} that says who decided before, or why this person may not
   */
  decide(
    editId: string,
    person: Person,
    kind: Verdict['kind'],
    pressed: { card: Message | undefined; reason?: Reason | undefined },
  ): Promise<Edit | undefined>;
  /**
   * @param card the card that was pressed
   * @returns the edit with the card open again; what was taken down is posted again
   * @throws {UserError} that says why it cannot be undone
   */
  undo(editId: string, person: Person, card: Message | undefined): Promise<Edit | undefined>;
  /** Notes something about a case for the other moderators. */
  remark(editId: string, person: Person, text: string): Promise<void>;
  /** Has an approved result tried again that could not be posted. */
  postAgain(editId: string, person: Person): Promise<void>;
  /** The requester asks for another look. @returns whether its card can only be posted later. @throws {UserError} */
  contest(editId: string, userId: string): Promise<'asked' | 'later'>;
  /** The requester wants a held result neither shown nor looked at. @throws {UserError} when it does not wait any more */
  withdraw(editId: string, userId: string): Promise<void>;
  /** Whether this result can be reported there. @throws {UserError} when not */
  checkReport(editId: string, guildId: string): Promise<void>;
  /** @returns whether a card was open already, or can only be posted later. @throws {UserError} */
  report(
    editId: string,
    userId: string,
    guildId: string,
    reason?: Reason | undefined,
  ): Promise<'opened' | 'joined' | 'later'>;
};

/** @throws {UserError} for what is not shown, or not any more */
function checkReportable(edit: Edit): void {
  const isShown = edit.state === 'delivered' && edit.deletedBy === undefined;
  if (!isShown) throw new UserError((t) => t.moderation.report.notShown);
}

/** Why nobody can be asked for another look; undefined when somebody can. Notes of older versions asked too early. */
function whyNotContest(edit: Edit): 'waits' | 'twice' | 'shown' | 'closed' | undefined {
  if (canContest(edit)) return undefined;
  if (edit.state === 'held') return edit.review.contested ? 'twice' : 'waits';
  const isShown = edit.state === 'delivering' || (edit.state === 'delivered' && edit.deletedBy === undefined);
  return isShown ? 'shown' : 'closed';
}

export function createDecisions(options: {
  store: Store;
  records: Pick<Records, 'load'>;
  change: Change;
  settings: Pick<SettingsStore, 'get'>;
  /** Whether a posted picture is gone for good, so that it could not be posted again. */
  isGone: (edit: Edit) => Promise<boolean>;
  rooms: Pick<Rooms, 'look'>;
  clock: Clock;
}): Decisions {
  const { records, settings, clock } = options;
  const limitReports = createReportLimit(options.store, clock);

  /** Whether there is no place for a card now; a Discord that does not say is none to wait for. */
  async function isWithoutRoom(guildId: string): Promise<boolean> {
    try {
      return (await options.rooms.look(guildId)).trouble !== undefined;
    } catch (error) {
      if (error instanceof DiscordTrouble) return false;
      throw error;
    }
  }

  async function check(editId: string, person: Person): Promise<Edit> {
    const edit = await records.load(editId);
    if (!edit) throw new UserError((t) => t.general.unknownEdit);
    const allowed = edit.origin.guildId === person.guildId && mayModerate(await settings.get(person.guildId), person);
    if (!allowed) throw new UserError((t) => t.moderation.notModerator);
    return edit;
  }

  function tooLate({ kind, by, at }: Verdict): UserError {
    if (by === 'bot') return new UserError((t) => t.moderation.tooLateExpired(at));
    return new UserError((t) => t.moderation.tooLate(t.moderation.verdicts[kind], `<@${by}>`, at));
  }

  /** @throws {UserError} that says why it cannot be undone */
  function checkUndo(edit: Edit, by: string, pressed: Message | undefined): void {
    const { card, verdict } = edit.review ?? {};
    if (edit.review?.kind === 'report' && pressed && card?.messageId !== pressed.messageId && !isDeleted(edit)) {
      throw new UserError((t) => t.moderation.notUndone.reported);
    }
    const why = whyNotUndo(edit, by, clock.now());
    if (why === undefined) return;
    throw new UserError(({ moderation: { notUndone, beingPosted } }) => {
      if (why === 'posting') return beingPosted;
      if (why === 'other') return notUndone.other(verdict?.by ?? '');
      return why === 'late' ? notUndone.late(verdict?.at ?? 0) : notUndone[why];
    });
  }

  async function checkReport(editId: string, guildId: string): Promise<void> {
    const edit = await records.load(editId);
    if (!edit) throw new UserError((t) => t.moderation.report.tooOld);
    if (edit.origin.guildId !== guildId) throw new UserError((t) => t.moderation.report.otherServer);
    checkReportable(edit);
    if ((await settings.get(guildId)).reviewChannel === undefined) {
      throw new UserError((t) => t.moderation.report.noChannel);
    }
  }

  return {
    check,
    checkReport,

    async decide(editId, person, kind, { card, reason }) {
      await check(editId, person);
      const { selfApproval } = await settings.get(person.guildId);
      const verdict: Verdict = { kind, by: person.userId, at: clock.now(), reason };
      return options.change(editId, (edit) => {
        const { review, origin } = edit;
        if (review?.verdict) throw tooLate(review.verdict);
        if (edit.state === 'delivering') throw new UserError((t) => t.moderation.beingPosted);
        if (!canDecide(edit, verdict)) throw new UserError((t) => t.moderation.notOpen);
        const approves = isApproval(kind) || kind === 'kept';
        if (approves && origin.userId === person.userId && !selfApproval) {
          throw new UserError((t) => t.moderation.ownEdit);
        }
        return { type: 'decided', verdict, card };
      });
    },

    async undo(editId, person, card) {
      const known = await check(editId, person);
      checkUndo(known, person.userId, card);
      // Said before anything is changed: a card that is open again must not promise what cannot be.
      if (known.state === 'delivered' && known.takenDown && (await options.isGone(known))) {
        throw new UserError((t) => t.moderation.notUndone.gone);
      }
      return options.change(editId, (edit) => {
        checkUndo(edit, person.userId, card);
        return { type: 'undone', by: person.userId };
      });
    },

    async remark(editId, person, text) {
      await check(editId, person);
      const remark = { by: person.userId, at: clock.now(), text: shorten(text, longestRemark) };
      await options.change(editId, () => ({ type: 'remarked', remark }));
    },

    async postAgain(editId, person) {
      await check(editId, person);
      await options.change(editId, (edit) => {
        if (!canPostAgain(edit)) throw new UserError((t) => t.moderation.notOpen);
        return { type: 'post-again', by: person.userId };
      });
    },

    async contest(editId, userId) {
      const { guildId } = (await records.load(editId))?.origin ?? {};
      const { reviewChannel } = guildId === undefined ? {} : await settings.get(guildId);
      const changed = await options.change(editId, (edit) => {
        if (edit.origin.userId !== userId) throw new UserError((t) => t.moderation.contest.notYours);
        const why = whyNotContest(edit);
        if (why !== undefined) throw new UserError((t) => t.moderation.contest[why]);
        if (reviewChannel === undefined) throw new UserError((t) => t.moderation.contest.noChannel);
        return { type: 'contested' };
      });
      if (!changed) throw new UserError((t) => t.general.unknownEdit);
      return (await isWithoutRoom(changed.origin.guildId ?? '')) ? 'later' : 'asked';
    },

    async withdraw(editId, userId) {
      const changed = await options.change(editId, (edit) => {
        if (edit.origin.userId !== userId) throw new UserError((t) => t.moderation.withdraw.notYours);
        if (edit.state !== 'held') throw new UserError((t) => t.moderation.withdraw.tooLate);
        return { type: 'deleted', by: userId };
      });
      if (!changed) throw new UserError((t) => t.general.unknownEdit);
    },

    async report(editId, userId, guildId, reason) {
      await checkReport(editId, guildId);
      await limitReports(guildId, userId);
      let joined = false;
      let hasCard = false;
      const changed = await options.change(editId, (edit) => {
        checkReportable(edit);
        joined = edit.review?.kind === 'report' && isOpen(edit.review);
        hasCard = joined && edit.review?.card !== undefined;
        return { type: 'reported', by: userId, reason };
      });
      if (!changed) throw new UserError((t) => t.moderation.report.tooOld);
      if (!hasCard && (await isWithoutRoom(guildId))) return 'later';
      return joined ? 'joined' : 'opened';
    },
  };
}
