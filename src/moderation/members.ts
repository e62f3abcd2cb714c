// What moderators know and decide about a member: time-outs from editing, and the history from the audit log.
import { z } from 'zod';
import type { History } from '../audit/accounts.ts';
import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import { type Adopt, type OlderEntry, rankOf, type Store, timeOf } from '../store/store.ts';
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
  /** Until when the member's longest time-out in any server lasts. */
  anywhere(memberId: string): Promise<Pick<TimeOut, 'until'> | undefined>;
  /** @param without an edit that is not counted: the one whose card shows the others */
  history(guildId: string, memberId: string, without?: string): Promise<History>;
  /** Takes up what older versions stored. */
  adopt: Adopt;
};

const stored = z.object({ until: z.number(), by: z.string(), at: z.number() });

export function createMembers(
  store: Store,
  audit: Audit,
  clock: Clock,
  refusals: Pick<Refusals, 'unwritten'> = createRefusals(store, audit, clock),
): Members {
  const timeOuts = store.table('time-out', (value) => stored.safeParse(value).data);
  const keyOf = (guildId: string, memberId: string) => `${guildId}:${memberId}`;
  const inForce = (timeOut: TimeOut | undefined) => (timeOut && timeOut.until > clock.now() ? timeOut : undefined);
  const listOf = (memberId: string) => `member:${memberId}`;

  function save(key: string, timeOut: TimeOut, version: number): Promise<boolean> {
    const memberId = key.slice(key.indexOf(':') + 1);
    const places = [{ list: listOf(memberId), rank: rankOf(timeOut.until) }];
    const keepMs = Math.max(1, timeOut.until - clock.now());
    return store.commit([timeOuts.write(key, timeOut, version, { places, keepMs })]);
  }

  return {
    async timeOut(guildId, memberId, by, ms, why = {}) {
      const key = keyOf(guildId, memberId);
      while (true) {
        const at = clock.now();
        const found = await timeOuts.get(key);
        const before = inForce(found?.value);
        const timeOut = before && before.until >= at + ms ? before : { until: at + ms, by, at };
        if (timeOut !== before && !(await save(key, timeOut, found?.version ?? 0))) continue;
        const details = { until: new Date(timeOut.until).toISOString() };
        await audit.append(guildId, { action: 'timed-out', actorId: by, memberId, ...why, details });
        return timeOut;
      }
    },

    async lift(guildId, memberId, by) {
      const key = keyOf(guildId, memberId);
      while (true) {
        const found = await timeOuts.get(key);
        if (!found || !inForce(found.value)) return false;
        if (!(await store.commit([{ table: 'time-out', key, expected: found.version }]))) continue;
        await audit.append(guildId, { action: 'time-out-lifted', actorId: by, memberId });
        return true;
      }
    },

    current: async (guildId, memberId) => inForce((await timeOuts.get(keyOf(guildId, memberId)))?.value),

    async anywhere(memberId) {
      const [last] = await timeOuts.items(listOf(memberId), { backwards: true, limit: 1 });
      // Its place says until when: one whose record cannot be read holds all the same.
      return last && timeOf(last) > clock.now() ? { until: timeOf(last) } : undefined;
    },

    async history(guildId, memberId, without) {
      const history = await audit.history(guildId, memberId, without);
      return { ...history, refusedPrompts: history.refusedPrompts + (await refusals.unwritten(guildId, memberId)) };
    },

    async adopt(entries) {
      const left: OlderEntry[] = [];
      for (const entry of entries) {
        const timeOut = stored.safeParse(entry.value).data;
        const key = `${entry.space}:${entry.key}`.slice('time-out:'.length);
        if (!timeOut) left.push(entry);
        else if (inForce(timeOut)) await save(key, timeOut, 0);
      }
      return left;
    },
  };
}
