// Entry point of `queue/`: what waits for a server's moderators, one case at a time. Whoever is shown a case claims it, so
// that those who work at once each see another one.
import type { Reason } from '../audit/audit.ts';
import { type Clock, within } from '../clock.ts';
import { claimOn, isTaken } from '../edit/claim.ts';
import type { EditEvent } from '../edit/events.ts';
import type { Edit } from '../edit/record.ts';
import type { Records } from '../edit/records.ts';
import type { Claim } from '../edit/review-record.ts';
import type { Change } from '../edit/step.ts';
import { asCase, type Case, type Waiting } from '../edit/waiting.ts';
import { UserError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { FetchPictures } from '../picture/fetch.ts';
import type { Person } from '../settings/rights.ts';
import { positionOf, rankOf } from '../store/store.ts';
import { createPreviews, type Previews } from './previews.ts';

/** A case's place in the queue. It stays the same when the case is decided. */
export type Spot = { editId: string; openedAt: number };

export type QueueFeature = {
  /** Claims the first case behind a spot that nobody else looks at; undefined when there is none. */
  next(person: Person, which: Waiting, behind?: Spot): Promise<Case | undefined>;
  /** Claims this case; undefined when it is decided, or somebody else looks at it. */
  claim(editId: string, by: string): Promise<Case | undefined>;
  /**
   * The same before a modal opens, which cannot wait for long.
   * @returns who else looks at it; undefined when nobody does, or when that takes too long to find out
   */
  claimForModal(editId: string, by: string): Promise<Claim | undefined>;
  /** Gives a case back that was not decided. */
  release(editId: string, by: string): Promise<void>;
  /** How many there are behind a spot, as far as `mostCounted`. */
  count(guildId: string, which: Waiting, behind?: Spot): Promise<number>;
  /**
   * Rejects everything that is held of a member.
   * @returns how many; others may have been first
   */
  rejectAll(person: Person, memberId: string, reason: Reason | undefined): Promise<number>;
  pictures: Previews['get'];
  /** Makes the preview of the case behind a spot ahead. Never rejects. */
  prepare(person: Person, which: Waiting, behind: Spot): Promise<void>;
};

/** More than anybody works through: the rest is “or more”. */
export const mostCounted = 1_000;
/** Part of the three seconds in which a modal has to open. */
const modalWithinMs = 1_000;
/** Read at a time; the first is nearly always free. */
const page = 10;

export function createQueue(options: {
  records: Pick<Records, 'openReviews' | 'countReviews'>;
  change: Change;
  /** Decides with the checks that every decision has. */
  reject: (editId: string, person: Person, reason: Reason | undefined) => Promise<Edit | undefined>;
  addresses: Parameters<typeof createPreviews>[0]['addresses'];
  fetchPictures: FetchPictures;
  clock: Clock;
  log: Log;
}): QueueFeature {
  const { records, change, clock, log } = options;
  const previews = createPreviews(options);

  const itemOf = (spot: Spot | undefined) => spot && { at: positionOf(rankOf(spot.openedAt), spot.editId) };

  async function* waiting(guildId: string, which: Waiting, behind?: Spot): AsyncGenerator<Case> {
    let after = itemOf(behind);
    while (true) {
      const found = await records.openReviews(guildId, page, after, which);
      for (const { edit } of found) {
        const waits = asCase(edit);
        if (waits) yield waits;
      }
      after = found.at(-1);
      if (found.length < page) return;
    }
  }

  const claimIfFree =
    (by: string) =>
    (edit: Edit): EditEvent | undefined => {
      const waits = asCase(edit);
      return waits && !isTaken(waits.review, by, clock.now()) ? { type: 'claimed', by } : undefined;
    };

  async function claim(editId: string, by: string): Promise<Case | undefined> {
    const edit = await change(editId, claimIfFree(by));
    const claimed = edit && asCase(edit);
    return claimOn(claimed?.review, clock.now())?.by === by ? claimed : undefined;
  }

  async function claimedBy(editId: string, by: string): Promise<Claim | undefined> {
    const edit = await change(editId, claimIfFree(by));
    const claim = claimOn(edit?.review, clock.now());
    return claim && claim.by !== by ? claim : undefined;
  }

  return {
    claim,

    claimForModal: (editId, by) => within(clock, modalWithinMs, claimedBy(editId, by), () => undefined),

    async next({ guildId, userId }, which, behind) {
      for await (const { id, review } of waiting(guildId, which, behind)) {
        if (isTaken(review, userId, clock.now())) continue;
        const claimed = await claim(id, userId);
        if (claimed) return claimed;
      }
      return undefined;
    },

    async release(editId, by) {
      await change(editId, (edit) =>
        claimOn(edit.review, clock.now())?.by === by ? { type: 'released', by } : undefined,
      );
    },

    count: (guildId, which, behind) => records.countReviews(guildId, mostCounted, itemOf(behind), which),

    async rejectAll(person, memberId, reason) {
      let rejected = 0;
      for await (const { id } of waiting(person.guildId, { kind: 'held', memberId })) {
        try {
          if (await options.reject(id, person, reason)) rejected += 1;
        } catch (error) {
          // Somebody else was first.
          if (!(error instanceof UserError)) throw error;
        }
      }
      return rejected;
    },

    pictures: previews.get,

    async prepare({ guildId, userId }, which, behind) {
      try {
        for await (const edit of waiting(guildId, which, behind)) {
          if (isTaken(edit.review, userId, clock.now())) continue;
          await previews.get(edit, 'blurred');
          return;
        }
      } catch (err) {
        log.warn({ guild: guildId, err }, 'the next case cannot be looked at ahead');
      }
    },
  };
}
