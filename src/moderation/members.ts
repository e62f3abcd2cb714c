// What moderators know and decide about a member: time-outs from editing, and the history from the audit log.
import type { History } from '../audit/accounts.ts';
import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import { exclusively } from '../store/exclusive.ts';
import type { Store } from '../store/store.ts';
import { createRefusals, type Refusals } from './refusals.ts';

export type TimeOut = {
  until: number;
  /** The moderator. */
  by: string;
  at: number;
};

export type Members = {
  /**
   * Stops a member's edits for a while. Never shortens the current time-out.
   * @returns the time-out now in force
   */
  timeOut(guildId: string, memberId: string, by: string, ms: number, why?: { editId?: string }): Promise<TimeOut>;
  /** @returns false when there was none */
  lift(guildId: string, memberId: string, by: string): Promise<boolean>;
  current(guildId: string, memberId: string): Promise<TimeOut | undefined>;
  /** The time-out that ends last, of those that the member has in any server. */
  anywhere(memberId: string): Promise<TimeOut | undefined>;
  history(guildId: string, memberId: string): Promise<History>;
};

export function createMembers(
  store: Store,
  audit: Audit,
  clock: Clock,
  refusals: Pick<Refusals, 'unwritten'> = createRefusals(store, audit, clock),
): Members {
  const timeOuts = store.space<TimeOut>('time-out');
  /** The same by member: the servers where one may be in force. */
  const places = store.space<readonly string[]>('time-out-places');
  const keyOf = (guildId: string, memberId: string) => `${guildId}:${memberId}`;

  async function current(guildId: string, memberId: string): Promise<TimeOut | undefined> {
    const timeOut = await timeOuts.get(keyOf(guildId, memberId));
    return timeOut && timeOut.until > clock.now() ? timeOut : undefined;
  }

  /** Keeps the list of servers for as long as the longest time-out in it may last. */
  const addPlace = (guildId: string, memberId: string, until: number) =>
    exclusively(store, clock, `time-out-places:${memberId}`, async () => {
      const known = (await places.get(memberId)) ?? [];
      const standing = await Promise.all(known.map((place) => current(place, memberId)));
      const others = known.filter((place, index) => place !== guildId && standing[index]);
      const last = Math.max(until, ...standing.map((timeOut) => timeOut?.until ?? 0));
      await places.set(memberId, [...others, guildId], last - clock.now());
    });

  return {
    timeOut: (guildId, memberId, by, ms, why = {}) =>
      exclusively(store, clock, `time-out:${keyOf(guildId, memberId)}`, async (stillOurs) => {
        const at = clock.now();
        const before = await current(guildId, memberId);
        const timeOut = before && before.until >= at + ms ? before : { until: at + ms, by, at };
        stillOurs();
        if (timeOut !== before) {
          // The list first: a server in it without a time-out means nothing.
          await addPlace(guildId, memberId, timeOut.until);
          await timeOuts.set(keyOf(guildId, memberId), timeOut, ms);
        }
        const details = { until: new Date(timeOut.until).toISOString() };
        await audit.append(guildId, { action: 'timed-out', actorId: by, memberId, ...why, details });
        return timeOut;
      }),

    lift: (guildId, memberId, by) =>
      exclusively(store, clock, `time-out:${keyOf(guildId, memberId)}`, async (stillOurs) => {
        if (!(await current(guildId, memberId))) return false;
        stillOurs();
        await timeOuts.delete(keyOf(guildId, memberId));
        await audit.append(guildId, { action: 'time-out-lifted', actorId: by, memberId });
        return true;
      }),

    current,

    async anywhere(memberId) {
      const found = await Promise.all(((await places.get(memberId)) ?? []).map((place) => current(place, memberId)));
      return found
        .filter((timeOut) => timeOut !== undefined)
        .sort((one, other) => other.until - one.until)
        .at(0);
    },

    async history(guildId, memberId) {
      const history = await audit.history(guildId, memberId);
      return { ...history, refusedPrompts: history.refusedPrompts + (await refusals.unwritten(guildId, memberId)) };
    },
  };
}
