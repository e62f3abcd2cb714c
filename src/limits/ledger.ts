// What a member has taken of the allowances: the edits that are not settled yet, and when the others were made. One
// record for all servers, since the operator counts over all of them. Pure.
import { z } from 'zod';
import { limitRange } from '../settings/table.ts';

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

/**
 * `waiting`: for a moderator; it runs no more. `counted`: among the server's edits too. `spent`: so much counts as spent
 * for it on that day.
 */
const open = z.object({
  id: z.string(),
  at: z.number(),
  guildId: z.string().optional(),
  waiting: z.literal(true).optional(),
  counted: z.literal(true).optional(),
  spent: z.object({ day: z.string(), micros: z.number() }).optional(),
});
export type Open = z.infer<typeof open>;

/** `used`: times in milliseconds since the epoch, by server; a direct message has none. */
const ledger = z.object({ open: z.array(open), used: z.record(z.string(), z.array(z.number())) });
export type Ledger = z.infer<typeof ledger>;

export const emptyLedger: Ledger = { open: [], used: {} };
export const readLedger = (value: unknown): Ledger | undefined => ledger.safeParse(value).data;

const keyOf = (guildId: string | undefined) => guildId ?? '';

/** When edits were made in one place, oldest first, as far back as any limit looks. */
export function timesIn({ open, used }: Ledger, guildId: string | undefined): number[] {
  const current = open.filter((use) => use.guildId === guildId).map(({ at }) => at);
  return [...(used[keyOf(guildId)] ?? []), ...current].sort((one, other) => one - other);
}

/** The same for all places. */
export function timesAnywhere({ open, used }: Ledger): number[] {
  return [...Object.values(used).flat(), ...open.map(({ at }) => at)].sort((one, other) => one - other);
}

/** How many edits of a place are under way. */
export const underWayIn = ({ open }: Ledger, guildId: string | undefined): number =>
  open.filter((use) => use.guildId === guildId && !use.waiting).length;

/** When there is room for one more within a length of time; undefined when there is now. */
export function freeAt(times: readonly number[], most: number, withinMs: number, now: number): number | undefined {
  const counted = times.filter((at) => at > now - withinMs);
  if (counted.length < most) return undefined;
  return (counted[counted.length - most] ?? Number.POSITIVE_INFINITY) + withinMs;
}

/** No limit is larger than that (`limitRange`), so none needs more of them. */
const mostTimes = limitRange[1];

/** The ledger without what no limit looks at any more. */
function trim({ open, used }: Ledger, now: number): Ledger {
  const places = Object.entries(used)
    .map(([place, times]) => [place, times.filter((at) => at > now - dayMs).slice(-mostTimes)] as const)
    .filter(([, times]) => times.length > 0);
  return { open, used: Object.fromEntries(places) };
}

export function withOpen(ledger: Ledger, use: Open, now: number): Ledger {
  return trim({ ...ledger, open: [...ledger.open, use] }, now);
}

/** @param changes what is different of it while it waits */
export function withWaiting(ledger: Ledger, use: Open, changes: Pick<Open, 'spent'> = {}): Ledger {
  return { ...ledger, open: ledger.open.map((one) => (one === use ? { ...use, ...changes, waiting: true } : one)) };
}

/** @param isUsed otherwise it is as if it had never been */
export function withSettled(ledger: Ledger, use: Open, isUsed: boolean, now: number): Ledger {
  const open = ledger.open.filter((one) => one !== use);
  if (!isUsed) return trim({ ...ledger, open }, now);
  const place = keyOf(use.guildId);
  const times = [...(ledger.used[place] ?? []), use.at].sort((one, other) => one - other);
  return trim({ open, used: { ...ledger.used, [place]: times } }, now);
}

/** A server's edits of the last day, by the hour in which they were made. */
const hours = z.record(z.string(), z.number());
export type Hours = z.infer<typeof hours>;
export const readHours = (value: unknown): Hours | undefined => hours.safeParse(value).data;

const hourOf = (ms: number) => Math.floor(ms / hourMs);
/** An hour counts until a day after its end. */
const isRecent = (hour: number, now: number) => hour > hourOf(now) - 25;

/** Adds edits made at a time, or takes some of them away; what is older than a day is left out. */
export function addToHours(hours: Hours, at: number, by: number, now: number): Hours {
  const key = String(hourOf(at));
  const all = { ...hours, [key]: Math.max(0, (hours[key] ?? 0) + by) };
  return Object.fromEntries(Object.entries(all).filter(([hour, count]) => count > 0 && isRecent(Number(hour), now)));
}

/** How many edits a server has made within the last day, in whole hours. */
export function countHours(hours: Hours, now: number): number {
  const recent = Object.entries(hours).filter(([hour]) => isRecent(Number(hour), now));
  return recent.reduce((sum, [, count]) => sum + count, 0);
}

/** When a server may make one more edit; undefined when it may now. */
export function serverFreeAt(hours: Hours, most: number, now: number): number | undefined {
  const recent = Object.entries(hours)
    .map(([hour, count]) => ({ hour: Number(hour), count }))
    .filter(({ hour }) => isRecent(hour, now))
    .sort((one, other) => one.hour - other.hour);
  let left = recent.reduce((sum, { count }) => sum + count, 0);
  if (left < most) return undefined;
  for (const { hour, count } of recent) {
    left -= count;
    if (left < most) return (hour + 25) * hourMs;
  }
  return Number.POSITIVE_INFINITY;
}
