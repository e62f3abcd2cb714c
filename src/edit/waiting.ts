// What waits for a moderator, and in which lists of its server: all of it, by kind, contested, by member. Pure.
import { type Place, rankOf } from '../store/store.ts';
import type { Delivered, Edit, Held } from './record.ts';
import type { Review } from './review-record.ts';

export const waitingKinds = ['all', 'held', 'report', 'contested'] as const;
export type WaitingKind = (typeof waitingKinds)[number];

/** A part of what waits; without a member, everybody's. */
export type Waiting = { kind: WaitingKind; memberId?: string | undefined };

/** An edit that waits for a moderator. */
export type Case = (Held | Delivered) & { review: Review };

export const everything: Waiting = { kind: 'all' };

/** The list of a part; the one of everything is as old as the store. */
export function waitingList(guildId: string, { kind, memberId }: Waiting): string {
  const ofKind = kind === 'all' ? '' : `:${kind}`;
  return `review:${guildId}${ofKind}${memberId === undefined ? '' : `:of:${memberId}`}`;
}

/** The edit as a case; undefined when nobody has to decide. A result that was deleted, or withheld, waits for nobody. */
export function asCase(edit: Edit): Case | undefined {
  const { review } = edit;
  if (!review || review.verdict || !(edit.state === 'held' || edit.state === 'delivered')) return undefined;
  return { ...edit, review };
}

/** Where an edit stands while it waits. */
export function waitingPlaces(edit: Edit): Place[] {
  const { guildId, userId } = edit.origin;
  const waits = asCase(edit);
  if (!waits || guildId === undefined) return [];
  const { kind, contested, openedAt } = waits.review;
  const kinds: WaitingKind[] = ['all', kind, ...(contested ? (['contested'] as const) : [])];
  return kinds.flatMap((kind) =>
    [undefined, userId].map((memberId) => ({
      list: waitingList(guildId, { kind, memberId }),
      rank: rankOf(openedAt),
    })),
  );
}
