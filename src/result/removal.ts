// Takes down a posted result: for its requester, for a moderator, or because the record owes it. What has to come down
// stays owed until Discord says that it is gone.
import type { Clock } from '../clock.ts';
import type { Messenger, Posted } from '../discord/messenger.ts';
import type { Asked } from '../edit/messages.ts';
import { takeDownsOf } from '../edit/owed.ts';
import type { Edit } from '../edit/record.ts';
import type { Records } from '../edit/records.ts';
import type { Change, Payer } from '../edit/step.ts';
import { isDeleted } from '../edit/undo.ts';
import { DiscordTrouble, UserError } from '../errors.ts';
import type { Log } from '../log.ts';
import { canReply } from '../notify/public.ts';
import type { Language } from '../settings/language.ts';

/** Who wants to change what a result's message shows. */
export type By = {
  userId: string;
  /** Where they ask; undefined in a direct message. */
  guildId: string | undefined;
  /** They moderate there. */
  moderator: boolean;
  /** The message names them as its requester, which counts when the record is gone. */
  isNamed: boolean;
};

/** `stands`: it could not be deleted yet and is tried again until it is gone. */
export type Removed = 'gone' | 'stands';

export type Removal = {
  /** Whether this person may delete this edit's result. @throws {UserError} when not */
  check(editId: string, by: By): Promise<void>;
  /**
   * Records by whom the result is deleted, and deletes its message.
   * @param asked whoever reads the answer: what could not be deleted yet is told there once it is gone
   * @throws {UserError} when not allowed, or when a message that no record knows could not be deleted
   */
  remove(editId: string, message: Posted, by: By, asked: Asked): Promise<Removed>;
  /** Tries at once what an edit owes, to tell whoever waits for an answer. */
  settle(edit: Edit | undefined): Promise<Removed>;
};

/** Moderators count in the server of the edit; without a record, in that of the message. */
export function isAllowed(edit: Edit | undefined, { userId, guildId, moderator, isNamed }: By): boolean {
  if (!edit) return moderator || isNamed;
  return edit.origin.userId === userId || (moderator && edit.origin.guildId === guildId);
}

export function createRemoval(options: {
  records: Pick<Records, 'load'>;
  messenger: Pick<Messenger, 'deleteMessage'>;
  change: Change;
  log: Log;
}): Removal {
  const { records, log } = options;

  async function check(editId: string, by: By): Promise<void> {
    const edit = await records.load(editId);
    if (edit && isDeleted(edit) && takeDownsOf(edit).length === 0) {
      throw new UserError((t) => t.result.alreadyDeleted);
    }
    if (!isAllowed(edit, by)) throw new UserError((t) => t.result.notYours);
  }

  async function attempt(editId: string, message: Posted): Promise<Removed> {
    try {
      await options.messenger.deleteMessage(message);
      return 'gone';
    } catch (error) {
      if (!(error instanceof DiscordTrouble)) throw error;
      log.warn({ edit: editId, ...message, err: error }, 'a message could not be deleted');
      return 'stands';
    }
  }

  return {
    check,

    async remove(editId, message, by, asked) {
      await check(editId, by);
      // Recorded first: from then on it is owed, whatever becomes of this process.
      const edit = await options.change(editId, () => ({ type: 'deleted', by: by.userId, message }));
      log.info({ edit: editId, by: by.userId, moderator: by.moderator }, 'result deleted');
      const removed = await attempt(editId, message);
      if (removed === 'stands' && (!edit || takeDownsOf(edit).length === 0)) {
        throw new UserError((t) => t.result.notDeleted);
      }
      if (removed === 'gone') return removed;
      const waiting = await options.change(editId, () => ({ type: 'take-down-awaited', message, asked }));
      // It may have gone meanwhile.
      return waiting && takeDownsOf(waiting).length === 0 ? 'gone' : removed;
    },

    async settle(edit) {
      const messages = edit ? takeDownsOf(edit).map(({ message }) => message) : [];
      const removed = await Promise.all(messages.map((message) => attempt(edit?.id ?? '', message)));
      return removed.includes('stands') ? 'stands' : 'gone';
    },
  };
}

/** Pays what is owed by deleting it; fails until it is gone. */
export function createTakeDown(options: {
  messenger: Pick<Messenger, 'deleteMessage' | 'editReply'>;
  language: Language;
  clock: Clock;
  log: Log;
}): Payer<'take-down'> {
  const { messenger, language, clock, log } = options;

  /** Whoever was answered that it still stands reads that it is gone, as long as that answer can be rewritten. */
  async function tell({ reply, locale }: Asked): Promise<void> {
    if (!canReply({ reply }, clock.now())) return;
    try {
      await messenger.editReply(reply, { text: language.of(locale).result.deleted });
    } catch (error) {
      if (!(error instanceof DiscordTrouble)) throw error;
      log.debug({ err: error }, 'whoever asked could not be told that a message is deleted');
    }
  }

  return async (_edit, { message, asked }) => {
    await messenger.deleteMessage(message);
    if (asked) await tell(asked);
    return undefined;
  };
}
