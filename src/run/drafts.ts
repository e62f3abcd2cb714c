// What a member has begun but not sent: the pictures of a message while the modal for the prompt is open. Kept in the
// store, because Discord shows a bot the attachments of a message only in the interaction that the menu sent.
import type { Picture } from '../models/model.ts';
import type { Store } from '../store/store.ts';

export type Drafts = {
  save(id: string, pictures: readonly Picture[]): Promise<void>;
  load(id: string): Promise<readonly Picture[] | undefined>;
};

/** A modal that is open for longer is a forgotten one. */
const keepMs = 3_600_000;

export function createDrafts(store: Store): Drafts {
  const drafts = store.space<readonly Picture[]>('draft');
  return {
    save: (id, pictures) => drafts.set(id, pictures, keepMs),
    load: (id) => drafts.get(id),
  };
}
