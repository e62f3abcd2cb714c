// Drafts: the pictures of a message while the prompt's modal is open. They are stored because Discord shows a message's
// attachments only in the menu's interaction, not in the modal's.
import { z } from 'zod';
import type { Parent, Picture } from '../models/model.ts';
import { createForgetful, type Store } from '../store/store.ts';

export type Drafts = {
  save(id: string, pictures: readonly Picture[]): Promise<void>;
  load(id: string): Promise<readonly Picture[] | undefined>;
};

const parent: z.ZodType<Parent> = z.object({
  editId: z.string(),
  picture: z.number(),
  channelId: z.string(),
  messageId: z.string(),
});

const stored: z.ZodType<readonly Picture[]> = z.array(
  z.object({
    url: z.string(),
    name: z.string(),
    contentType: z.string().nullable(),
    bytes: z.number(),
    width: z.number().nullable(),
    height: z.number().nullable(),
    spoiler: z.boolean().default(false),
    parent: parent.optional(),
  }),
);

/** A modal open for longer is abandoned. */
const keepMs = 3_600_000;

export function createDrafts(store: Store): Drafts {
  const drafts = createForgetful(store.space('draft'), (value) => stored.safeParse(value).data);
  return {
    save: (id, pictures) => drafts.set(id, pictures, keepMs),
    load: (id) => drafts.get(id),
  };
}
