// Takes down a posted result: for its requester, for a moderator, or because the record owes it.
import type { Messenger, Posted } from '../discord/messenger.ts';
import type { Records } from '../edit/records.ts';
import type { Change, Payer } from '../edit/step.ts';
import { DiscordTrouble, UserError } from '../errors.ts';
import type { Log } from '../log.ts';

/** Who wants it gone. */
type By = { userId: string; moderator: boolean };

export type Removal = {
  /** Whether this person may delete this edit's result. @throws {UserError} when not */
  check(editId: string, by: By): Promise<void>;
  /** Deletes the message and records by whom. @throws {UserError} when not allowed; {DiscordTrouble} when it failed */
  remove(editId: string, message: Posted, by: By): Promise<void>;
};

export function createRemoval(options: {
  records: Pick<Records, 'load'>;
  messenger: Pick<Messenger, 'deleteMessage'>;
  change: Change;
  log: Log;
}): Removal {
  const { records } = options;

  async function check(editId: string, by: By): Promise<void> {
    const edit = await records.load(editId);
    if (edit?.state === 'delivered' && edit.deletedBy !== undefined) {
      throw new UserError((t) => t.result.alreadyDeleted);
    }
    // Without a record, a moderator can still delete the message.
    if (!by.moderator && edit?.origin.userId !== by.userId) throw new UserError((t) => t.result.notYours);
  }

  return {
    check,
    async remove(editId, message, by) {
      await check(editId, by);
      await options.messenger.deleteMessage(message);
      options.log.info({ edit: editId, by: by.userId, moderator: by.moderator }, 'result deleted');
      await options.change(editId, () => ({ type: 'deleted', by: by.userId }));
    },
  };
}

/** A message that can never be deleted must not block other duties; after an outage, retry. */
export function createTakeDown(options: { messenger: Pick<Messenger, 'deleteMessage'>; log: Log }): Payer<'take-down'> {
  return async (edit, { message }) => {
    try {
      await options.messenger.deleteMessage(message);
    } catch (error) {
      if (!(error instanceof DiscordTrouble) || error.kind === 'later') throw error;
      options.log.error({ edit: edit.id, ...message, err: error }, 'a message cannot be taken down');
    }
    return undefined;
  };
}
