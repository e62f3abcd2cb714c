// Drafts: the pictures of a message while the prompt's modal is open. They are stored because Discord shows a message's
// attachments only in the menu's interaction, not in the modal's.
import type { Picture } from '../models/model.ts';
import type { Store } from '../store/store.ts';

export type Drafts = {
  save(id: string, pictures: readonly Picture[]): Promise<void>;
  load(id: string): Promise<readonly Picture[] | undefined>;
};

/** A modal open for longer is abandoned. */
const keepMs = 3_600_000;

export function createDrafts(store: Store): Drafts {
  const drafts = store.space<readonly Picture[]>('draft');
  return {
    save: (id, pictures) => drafts.set(id, pictures, keepMs),
    load: (id) => drafts.get(id),
  };
}
