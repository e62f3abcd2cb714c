// Covers a posted picture, or shows it again, where it stands: for its requester, or for a moderator.
import type { Messenger, Posted } from '../discord/messenger.ts';
import { mayShow } from '../edit/covers.ts';
import type { Edit } from '../edit/record.ts';
import type { Records } from '../edit/records.ts';
import { isShown } from '../edit/shown.ts';
import type { Change } from '../edit/step.ts';
import { DiscordTrouble, UserError } from '../errors.ts';
import { type By, isAllowed } from './removal.ts';

export type Covers = {
  /**
   * Makes pictures of a posted result spoilers, or shows them, in one request.
   * @param pictures their positions from 0
   * @returns the edit as it is then
   * @throws {UserError} when this person may not, the picture is gone, or Discord does not take it
   */
  set(editId: string, message: Posted, pictures: readonly number[], spoiler: boolean, by: By): Promise<Edit>;
};

export function createCovers(options: {
  records: Pick<Records, 'load'>;
  messenger: Pick<Messenger, 'setSpoiler'>;
  change: Change;
}): Covers {
  const { records, messenger } = options;

  async function find(editId: string, message: Posted): Promise<Edit> {
    const edit = await records.load(editId);
    if (!edit) throw new UserError((t) => t.general.unknownEdit);
    if (!isShown(edit, message.messageId)) throw new UserError((t) => t.result.notShownNow);
    return edit;
  }

  async function setInPlace(message: Posted, pictures: readonly number[], spoiler: boolean): Promise<void> {
    let files: Awaited<ReturnType<Messenger['setSpoiler']>>;
    try {
      files = await messenger.setSpoiler(message, spoiler, pictures);
    } catch (error) {
      if (!(error instanceof DiscordTrouble)) throw error;
      throw new UserError((t) => t.result.more.notCovered, { cause: error });
    }
    for (const picture of pictures) {
      const file = files?.[picture];
      if (!file) throw new UserError((t) => t.result.alreadyDeleted);
      if (file.spoiler !== spoiler) throw new UserError((t) => t.result.more.staysCovered);
    }
  }

  return {
    async set(editId, message, pictures, spoiler, by) {
      const edit = await find(editId, message);
      if (!isAllowed(edit, by)) throw new UserError((t) => t.result.more.notYourCover);
      const isModerator = by.moderator && edit.origin.guildId === by.guildId;
      if (!spoiler && !isModerator && !pictures.every((picture) => mayShow(edit, picture, by.userId))) {
        throw new UserError((t) => t.result.more.mayNotShow);
      }
      await setInPlace(message, pictures, spoiler);
      const covers = pictures.map((picture) => ({ picture, spoiler, by: by.userId }));
      const changed = await options.change(editId, () => ({ type: 'covered', covers }));
      return changed ?? edit;
    },
  };
}
