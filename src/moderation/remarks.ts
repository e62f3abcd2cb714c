// What moderators note for each other about a member: internal, by server, the latest few.
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Remark } from '../edit/review-record.ts';
import type { Store } from '../store/store.ts';
import { shorten } from '../texts/format.ts';

export const longestRemark = 300;
const mostRemarks = 10;

const stored = z.array(z.object({ by: z.string(), at: z.number(), text: z.string() }));

export type Remarks = {
  /** Adds a note about a member. */
  add(guildId: string, memberId: string, by: string, text: string): Promise<void>;
  /** The oldest first. */
  of(guildId: string, memberId: string): Promise<readonly Remark[]>;
};

export function createRemarks(store: Store, clock: Pick<Clock, 'now'>): Remarks {
  const remarks = store.table('remarks', (value) => stored.safeParse(value).data, []);
  const keyOf = (guildId: string, memberId: string) => `${guildId}:${memberId}`;
  return {
    async add(guildId, memberId, by, text) {
      const key = keyOf(guildId, memberId);
      while (true) {
        const found = await remarks.get(key);
        const remark: Remark = { by, at: clock.now(), text: shorten(text, longestRemark) };
        const all = [...(found?.value ?? []), remark].slice(-mostRemarks);
        if (await store.commit([remarks.write(key, all, found?.version ?? 0)])) return;
      }
    },
    of: async (guildId, memberId) => (await remarks.get(keyOf(guildId, memberId)))?.value ?? [],
  };
}
