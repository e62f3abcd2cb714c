// Entry point of `limits/`: how often somebody may edit. What an edit takes is written together with the edit, or neither
// is; it is settled by a duty in the edit's record.
import type { Clock } from '../clock.ts';
import type { Allowance } from '../edit/allowance.ts';
import type { Edit, Share } from '../edit/record.ts';
import type { Payers } from '../edit/step.ts';
import { StartError, UserError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Model } from '../models/model.ts';
import type { TellOperator } from '../notify/operator.ts';
import { limitsOf, type MemberLimits } from '../settings/role-limits.ts';
import type { Settings } from '../settings/settings.ts';
import type { Store, Write } from '../store/store.ts';
import type { Words } from '../texts/texts.ts';
import {
  addToHours,
  countHours,
  dayMs,
  emptyLedger,
  freeAt,
  hourMs,
  type Ledger,
  type Open,
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
import { dayOf, microsOf, nextDayAt, nothingSpent, readSpent, reservedFor, spentOn } from './spending.ts';

/** Where somebody asks for an edit; absent in a direct message. */
export type Server = { guildId: string; settings: Settings; roleIds: readonly string[] };

export type LimitsFeature = {
  /** What limits a member's next edit; undefined where nothing does. */
  allowance(memberId: string, server: Server | undefined): Allowance | undefined;
  /** What a member has used of each limit that holds here. */
  uses(memberId: string, server: Server | undefined): Promise<readonly Use[]>;
  payers: Pick<Payers, 'allowance'>;
};

/** `until`: when there is room again, where there is none; never told of what is under way, or closed for good. */
export type Use = {
  limit: 'atOnce' | 'perHour' | 'perDay' | 'server' | 'everywhere';
  used: number;
  most: number;
  until?: number | undefined;
};

/** As long as an edit may wait for a moderator, and more. */
const openMs = 40 * dayMs;

/** The part of a budget at which the operator is warned. */
const warnAt = 0.8;

/** `until`: when the next one is possible; undefined when that depends on the edits under way. */
type Refusal = { until: number | undefined; words: Words };

/** @throws {StartError} when a budget is set for a model whose price is not known */
export function createLimits(options: {
  store: Store;
  clock: Clock;
  /** The operator's own limit: edits of one member within a day, wherever they are made. */
  memberEditsPerDay: number | undefined;
  /** What all edits of one day (UTC) may cost in US dollars. */
  dailyBudgetUsd: number | undefined;
  /** The model of new edits, for its price. */
  model: Pick<Model, 'usdPerMegapixel'>;
  tellOperator: TellOperator;
  log: Log;
}): LimitsFeature {
  const { store, clock, memberEditsPerDay, dailyBudgetUsd, tellOperator, log } = options;
  if (dailyBudgetUsd !== undefined && options.model.usdPerMegapixel === undefined) {
    throw new StartError(['DAILY_BUDGET_USD cannot be kept to: what RUNFLOW_MODEL costs is not known here']);
  }
  const budget = dailyBudgetUsd === undefined ? undefined : microsOf(dailyBudgetUsd);
  // What cannot be read begins anew: it must not shut anybody out for good.
  const ledgers = store.table('allowance', readLedger, emptyLedger);
  const servers = store.table('server-day', readHours, {});
  const days = store.table('spent', readSpent, nothingSpent);

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

  /** Tells the operator how the day's budget stands; nobody waits for it. */
  function tell(cause: 'budget-most' | 'budget-spent'): void {
    const dollars = dailyBudgetUsd ?? 0;
    tellOperator(cause, (t) => t.limits.operator[cause](dollars)).catch((err: unknown) => {
      log.warn({ err }, 'the operator could not be told of the budget');
    });
  }

  /** Counts the most that a new edit can cost. @throws {UserError} when so much is not left of the day's budget */
  async function spend(edit: Edit, most: number, now: number, refused: readonly Refusal[]) {
    const day = dayOf(now);
    const found = await days.get(day);
    const before = found?.value ?? nothingSpent;
    const micros = reservedFor(edit);
    const isOver = before.micros + micros > most;
    if (isOver) tell('budget-spent');
    const until = nextDayAt(now);
    check(isOver ? [...refused, { until, words: (t) => t.limits.spent(until) }] : refused);
    const after = { ...before, micros: before.micros + micros };
    return { spent: { day, micros }, write: days.write(day, after, found?.version ?? 0, { keepMs: 3 * dayMs }) };
  }

  /** Corrects what was counted for an edit. @returns nothing to write where that is right already */
  async function correct(counted: NonNullable<Open['spent']>, micros: number): Promise<Write[]> {
    const found = micros === counted.micros ? undefined : await days.get(counted.day);
    if (!found) return [];
    const after = { ...found.value, micros: Math.max(0, found.value.micros + micros - counted.micros) };
    return [days.write(counted.day, after, found.version, { keepMs: 3 * dayMs })];
  }

  /** Once a day, when most of the budget is spent. */
  async function warn(): Promise<void> {
    if (budget === undefined) return;
    const day = dayOf(clock.now());
    const found = await days.get(day);
    if (!found || found.value.warned || found.value.micros < budget * warnAt) return;
    if (await store.commit([days.write(day, { ...found.value, warned: true }, found.version, { keepMs: 3 * dayMs })])) {
      tell('budget-most');
    }
  }

  function writeLedger(memberId: string, ledger: Ledger, version: number): Write {
    return ledgers.write(memberId, ledger, version, { keepMs: ledger.open.length > 0 ? openMs : dayMs });
  }

  async function take(edit: Edit, limits: MemberLimits, serverPerDay: number | undefined): Promise<readonly Write[]> {
    const { guildId, userId } = edit.origin;
    const now = clock.now();
    const found = await ledgers.get(userId);
    const ledger = found?.value ?? emptyLedger;
    if (ledger.open.some((use) => use.id === edit.id)) return [];
    const refused = refusals(ledger, guildId, limits, now);
    const writes: Write[] = [];
    let use: Open = { id: edit.id, at: now, guildId };
    if (serverPerDay !== undefined && guildId !== undefined) {
      const server = await servers.get(guildId);
      const hours = server?.value ?? {};
      const until = serverFreeAt(hours, serverPerDay, now);
      if (until !== undefined) refused.push({ until, words: (t) => t.limits.server(until) });
      use = { ...use, counted: true };
      writes.push(servers.write(guildId, addToHours(hours, now, 1, now), server?.version ?? 0, { keepMs: 2 * dayMs }));
    }
    if (budget !== undefined) {
      const { spent, write } = await spend(edit, budget, now, refused);
      use = { ...use, spent };
      writes.push(write);
    }
    check(refused);
    return [writeLedger(userId, withOpen(ledger, use, now), found?.version ?? 0), ...writes];
  }

  /** The writes that settle an edit's share; none when that is done already. */
  async function settle(edit: Edit, share: Share): Promise<readonly Write[]> {
    const { userId, guildId } = edit.origin;
    const found = await ledgers.get(userId);
    const use = found?.value.open.find((one) => one.id === edit.id);
    if (!found || !use || (share === 'waiting' && use.waiting)) return [];
    const now = clock.now();
    const { value: ledger, version } = found;
    // What was never run costs nothing.
    const micros = edit.state === 'accepted' ? 0 : spentOn(edit);
    const spent = use.spent && micros !== undefined ? { ...use.spent, micros } : use.spent;
    const writes = use.spent && spent ? await correct(use.spent, spent.micros) : [];
    if (share === 'waiting')
      return [writeLedger(userId, withWaiting(ledger, use, spent ? { spent } : {}), version), ...writes];
    writes.unshift(writeLedger(userId, withSettled(ledger, use, share === 'used', now), version));
    if (share === 'used' || !use.counted || guildId === undefined) return writes;
    const server = await servers.get(guildId);
    if (!server) return writes;
    const hours = addToHours(server.value, use.at, -1, now);
    return [...writes, servers.write(guildId, hours, server.version, { keepMs: 2 * dayMs })];
  }

  return {
    allowance(memberId, server) {
      const limits = server ? limitsOf(server.settings, server.roleIds) : {};
      const serverPerDay = server?.settings.serverPerDay;
      const all = [...Object.values(limits), serverPerDay, memberEditsPerDay, budget];
      if (all.every((limit) => limit === undefined)) return undefined;
      return {
        line: budget !== undefined ? 'all' : serverPerDay === undefined ? memberId : (server?.guildId ?? memberId),
        take: (edit) => take(edit, limits, serverPerDay),
        giveBack: (edit) => settle(edit, 'returned'),
      };
    },
    async uses(memberId, server) {
      const now = clock.now();
      const ledger = (await ledgers.get(memberId))?.value ?? emptyLedger;
      const { atOnce, perHour, perDay } = server ? limitsOf(server.settings, server.roleIds) : {};
      const serverPerDay = server?.settings.serverPerDay;
      const uses: Use[] = [];
      const add = (limit: Use['limit'], most: number | undefined, used: number, freeAt?: number) => {
        if (most === undefined) return;
        uses.push({ limit, used: Math.min(used, most), most, ...(Number.isFinite(freeAt) ? { until: freeAt } : {}) });
      };
      const within = (times: readonly number[], limit: Use['limit'], most: number | undefined, ms: number) =>
        add(limit, most, times.filter((at) => at > now - ms).length, freeAt(times, most ?? 0, ms, now));
      const times = timesIn(ledger, server?.guildId);
      add('atOnce', atOnce, underWayIn(ledger, server?.guildId));
      within(times, 'perHour', perHour, hourMs);
      within(times, 'perDay', perDay, dayMs);
      if (server && serverPerDay !== undefined) {
        const hours = (await servers.get(server.guildId))?.value ?? {};
        add('server', serverPerDay, countHours(hours, now), serverFreeAt(hours, serverPerDay, now));
      }
      within(timesAnywhere(ledger), 'everywhere', memberEditsPerDay, dayMs);
      return uses;
    },
    payers: {
      async allowance(edit, { share }) {
        while (true) {
          const writes = await settle(edit, share);
          // Otherwise somebody else took from the same allowance, or gave back, in between.
          if (writes.length > 0 && !(await store.commit(writes))) continue;
          await warn();
          return undefined;
        }
      },
    },
  };
}
