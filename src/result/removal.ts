// Takes a posted result down again, by its requester or a moderator.
import type { Messenger, Posted } from '../discord/messenger.ts';
import type { Records } from '../edit/records.ts';
import { UserError } from '../errors.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { Log } from '../log.ts';
import { texts } from '../texts.ts';

export type Person = { userId: string; moderator: boolean };

export type Removal = {
  /** Whether this person may delete this edit's result. @throws {UserError} when not */
  check(editId: string, person: Person): Promise<void>;
  /** Deletes the message and notes by whom. @throws {UserError} when not allowed; {DiscordTrouble} when it did not work */
  remove(editId: string, message: Posted, person: Person): Promise<void>;
};

export function createRemoval(options: {
  records: Pick<Records, 'load'>;
  messenger: Pick<Messenger, 'remove'>;
  change: Lifecycle['change'];
  log: Log;
}): Removal {
  const { records } = options;

  async function check(editId: string, person: Person): Promise<void> {
    const edit = await records.load(editId);
    if (edit?.state === 'delivered' && edit.deletedBy !== undefined) throw new UserError(texts.refusals.alreadyDeleted);
    // An edit that is forgotten can still be taken down by a moderator.
    if (!person.moderator && edit?.origin.userId !== person.userId) throw new UserError(texts.refusals.notYours);
  }

  return {
    check,
    async remove(editId, message, person) {
      await check(editId, person);
      await options.messenger.remove(message);
      options.log.info({ edit: editId, by: person.userId, moderator: person.moderator }, 'result deleted');
      await options.change(editId, () => ({ type: 'deleted', by: person.userId }));
    },
  };
}
