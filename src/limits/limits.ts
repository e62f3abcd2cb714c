// Entry point of `limits/`: how often somebody may edit. What an edit takes is written together with the edit, or neither
// is; it is settled by a duty in the edit's record.
import type { Clock } from '../clock.ts';
import type { Allowance } from '../edit/allowance.ts';
import type { Edit, Share } from '../edit/record.ts';
import type { Payers } from '../edit/step.ts';
import { UserError } from '../errors.ts';
import { limitsOf, type MemberLimits } from '../settings/role-limits.ts';
import type { Settings } from '../settings/settings.ts';
import type { Store, Write } from '../store/store.ts';
import type { Words } from '../texts/texts.ts';
import {
  addToHours,
  dayMs,
  emptyLedger,
  freeAt,
  hourMs,
  type Ledger,
  readHours,
  readLedger,
  serverFreeAt,
  timesAnywhere,
  timesIn,
  underWayIn,
  withOpen,
  withSettled,
  withWaiting,
} from './ledger.ts';

/** Where somebody asks for an edit; absent in a direct message. */
export type Server = { guildId: string; settings: Settings; roleIds: readonly string[] };

export type LimitsFeature = {
  /** What limits a member's next edit; undefined where nothing does. */
  allowance(memberId: string, server: Server | undefined): Allowance | undefined;
  payers: Pick<Payers, 'allowance'>;
};

/** As long as an edit may wait for a moderator, and more. */
const openMs = 40 * dayMs;

/** `until`: when the next one is possible; undefined when that depends on the edits under way. */
type Refusal = { until: number | undefined; words: Words };

export function createLimits(options: {
  store: Store;
  clock: Clock;
  /** The operator's own limit: edits of one member within a day, wherever they are made. */
  memberEditsPerDay: number | undefined;
}): LimitsFeature {
  const { store, clock, memberEditsPerDay } = options;
  // What cannot be read begins anew: it must not shut anybody out for good.
  const ledgers = store.table('allowance', readLedger, emptyLedger);
  const servers = store.table('server-day', readHours, {});

  function refusals(ledger: Ledger, guildId: string | undefined, limits: MemberLimits, now: number): Refusal[] {
    const { atOnce, perHour, perDay, cooldownSeconds } = limits;
    const times = timesIn(ledger, guildId);
    const found: Refusal[] = [];
    const refuse = (until: number | undefined, words: (until: number) => Words) => {
      if (until !== undefined) found.push({ until, words: words(until) });
    };
    if (atOnce !== undefined && underWayIn(ledger, guildId) >= atOnce) {
      const never = atOnce === 0 ? Number.POSITIVE_INFINITY : undefined;
      found.push({ until: never, words: (t) => t.limits.atOnce(atOnce) });
    }
    const last = times.at(-1);
    if (cooldownSeconds !== undefined && last !== undefined && last + cooldownSeconds * 1000 > now) {
      refuse(last + cooldownSeconds * 1000, (until) => (t) => t.limits.cooldown(until));
    }
    if (perHour !== undefined) {
      refuse(freeAt(times, perHour, hourMs, now), (until) => (t) => t.limits.perHour(perHour, until));
    }
    if (perDay !== undefined) {
      refuse(freeAt(times, perDay, dayMs, now), (until) => (t) => t.limits.perDay(perDay, until));
    }
    if (memberEditsPerDay !== undefined) {
      const until = freeAt(timesAnywhere(ledger), memberEditsPerDay, dayMs, now);
      refuse(until, (at) => (t) => t.limits.everywhere(memberEditsPerDay, at));
    }
    return found;
  }

  /** @throws {UserError} that names the limit which holds the longest */
  function check(all: readonly Refusal[]): void {
    const [longest] = all.toSorted((one, other) => (other.until ?? 0) - (one.until ?? 0));
    if (!longest) return;
    throw new UserError(longest.until === Number.POSITIVE_INFINITY ? (t) => t.limits.none : longest.words);
  }

  function writeLedger(memberId: string, ledger: Ledger, version: number): Write {
    return ledgers.write(memberId, ledger, version, { keepMs: ledger.open.length > 0 ? openMs : dayMs });
  }

  async function take(
    { id, origin }: Edit,
    limits: MemberLimits,
    serverPerDay: number | undefined,
  ): Promise<readonly Write[]> {
    const { guildId, userId } = origin;
    const now = clock.now();
    const found = await ledgers.get(userId);
    const ledger = found?.value ?? emptyLedger;
    if (ledger.open.some((use) => use.id === id)) return [];
    const all = refusals(ledger, guildId, limits, now);
    const use = { id, at: now, guildId };
    if (serverPerDay === undefined || guildId === undefined) {
      check(all);
      return [writeLedger(userId, withOpen(ledger, use, now), found?.version ?? 0)];
    }
    const server = await servers.get(guildId);
    const hours = server?.value ?? {};
    const until = serverFreeAt(hours, serverPerDay, now);
    check(until === undefined ? all : [...all, { until, words: (t) => t.limits.server(until) }]);
    return [
      writeLedger(userId, withOpen(ledger, { ...use, counted: true }, now), found?.version ?? 0),
      servers.write(guildId, addToHours(hours, now, 1, now), server?.version ?? 0, { keepMs: 2 * dayMs }),
    ];
  }

  /** The writes that settle an edit's share; none when that is done already. */
  async function settle({ id, origin }: Edit, share: Share): Promise<readonly Write[]> {
    const { userId, guildId } = origin;
    const found = await ledgers.get(userId);
    const use = found?.value.open.find((one) => one.id === id);
    if (!found || !use || (share === 'waiting' && use.waiting)) return [];
    const now = clock.now();
    const { value: ledger, version } = found;
    if (share === 'waiting') return [writeLedger(userId, withWaiting(ledger, use), version)];
    const settled = writeLedger(userId, withSettled(ledger, use, share === 'used', now), version);
    if (share === 'used' || !use.counted || guildId === undefined) return [settled];
    const server = await servers.get(guildId);
    if (!server) return [settled];
    const hours = addToHours(server.value, use.at, -1, now);
    return [settled, servers.write(guildId, hours, server.version, { keepMs: 2 * dayMs })];
  }

  return {
    allowance(memberId, server) {
      const limits = server ? limitsOf(server.settings, server.roleIds) : {};
      const serverPerDay = server?.settings.serverPerDay;
      const all = [...Object.values(limits), serverPerDay, memberEditsPerDay];
      if (all.every((limit) => limit === undefined)) return undefined;
      return {
        line: serverPerDay === undefined ? memberId : (server?.guildId ?? memberId),
        take: (edit) => take(edit, limits, serverPerDay),
        giveBack: (edit) => settle(edit, 'returned'),
      };
    },
    payers: {
      async allowance(edit, { share }) {
        while (true) {
          const writes = await settle(edit, share);
          // Otherwise somebody else took from the same allowance, or gave back, in between.
          if (writes.length === 0 || (await store.commit(writes))) return undefined;
        }
      },
    },
  };
}
