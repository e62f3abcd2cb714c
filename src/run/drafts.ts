// Drafts: what a member has begun and not sent. What is known of a wish while a modal asks for the rest, since Discord shows
// a message's attachments and a command's options only in the first interaction; and a request while its prompt is asked about.
import { z } from 'zod';
import type { Parent, Picture, Wish } from '../models/model.ts';
import { readRunInput } from '../runflow/input.ts';
import { createForgetful, type Store } from '../store/store.ts';
import type { Request } from './request.ts';

/** A wish without its prompt; what was typed of one stands in the modal. */
export type Draft = Omit<Wish, 'prompt'>;

export type Drafts = {
  save(id: string, draft: Draft): Promise<void>;
  load(id: string): Promise<Draft | undefined>;
  saveRequest(id: string, request: Request): Promise<void>;
  /**
   * Starts a kept request, once: whoever presses twice must not pay twice. One that could not be started may be taken again.
   * @returns false when it was started, or its time is over
   */
  startRequest(id: string, start: (request: Request) => Promise<void>): Promise<boolean>;
};

const parent: z.ZodType<Parent> = z.object({
  editId: z.string(),
  picture: z.number(),
  channelId: z.string(),
  messageId: z.string(),
});

const picture: z.ZodType<Picture> = z.object({
  url: z.string(),
  name: z.string(),
  contentType: z.string().nullable(),
  bytes: z.number().nullable(),
  width: z.number().nullable(),
  height: z.number().nullable(),
  spoiler: z.boolean(),
  animated: z.boolean().optional(),
  parent: parent.optional(),
});

const stored: z.ZodType<Draft> = z.object({
  pictures: z.array(picture),
  seed: z.number().optional(),
  steps: z.number().optional(),
  size: z.string().optional(),
  count: z.number().optional(),
  format: z.string().optional(),
  safety: z.boolean().optional(),
  cover: z.boolean().optional(),
  private: z.boolean().optional(),
});

const request: z.ZodType<Request> = z.object({
  model: z.string(),
  input: z.unknown().transform((value, context) => {
    const input = readRunInput(value);
    if (!input) context.addIssue('it is no input of a run');
    return input ?? z.NEVER;
  }),
  spoiler: z.literal(true).optional(),
  ownCover: z.literal(true).optional(),
  private: z.literal(true).optional(),
  parent: parent.optional(),
  intake: z.array(z.object({ picture: z.number(), readable: z.literal(true).optional() })).optional(),
});

/** A modal or a question open for longer is abandoned. */
const keepMs = 3_600_000;

export function createDrafts(store: Store): Drafts {
  const drafts = createForgetful(store.space('draft'), (value) => stored.safeParse(value).data);
  const requests = createForgetful(store.space('request'), (value) => request.safeParse(value).data);
  return {
    saveRequest: (id, wanted) => requests.set(id, wanted, keepMs),
    async startRequest(id, start) {
      const wanted = await requests.get(id);
      const turn = wanted && (await store.claim(`request:${id}`, keepMs));
      if (!turn) return false;
      try {
        await start(wanted);
        return true;
      } catch (error) {
        await turn.release();
        throw error;
      }
    },
    save: (id, draft) => drafts.set(id, draft, keepMs),
    load: (id) => drafts.get(id),
  };
}
