// What a server allows each member, and the roles that allow more: of all that a member has, the highest counts.
import { z } from 'zod';
import { limitRange, type SettingValues, secondsRange } from './table.ts';

/** The limits that a role can raise. */
export const memberLimits = ['atOnce', 'perHour', 'perDay', 'cooldownSeconds'] as const;
export type MemberLimit = (typeof memberLimits)[number];

/** What somebody may do; without a number there is no limit. */
export type MemberLimits = { readonly [Name in MemberLimit]?: number | undefined };
export type RoleLimits = MemberLimits & { readonly role: string };

/** Enough for every reason to tell members apart, and few enough for one screen. */
export const mostRoles = 10;

const limit = z.int().min(limitRange[0]).max(limitRange[1]).optional();
const stored = z.object({
  role: z.string().regex(/^\d{1,20}$/),
  atOnce: limit,
  perHour: limit,
  perDay: limit,
  cooldownSeconds: z.int().min(secondsRange[0]).max(secondsRange[1]).optional(),
});

/** Reads what is stored of one role; undefined for what cannot be read, since a role only allows more. */
export function readRoleLimits(value: unknown): RoleLimits | undefined {
  return stored.safeParse(value).data;
}

/** The limits of a member with these roles. */
export function limitsOf(
  settings: Pick<SettingValues, MemberLimit> & { roleLimits: readonly RoleLimits[] },
  roleIds: readonly string[],
): MemberLimits {
  const theirs = settings.roleLimits.filter(({ role }) => roleIds.includes(role));
  const best = (name: MemberLimit, choose: (...values: number[]) => number) => {
    const everybodys = settings[name];
    if (everybodys === undefined) return undefined;
    return choose(everybodys, ...theirs.flatMap((limits) => limits[name] ?? []));
  };
  return {
    atOnce: best('atOnce', Math.max),
    perHour: best('perHour', Math.max),
    perDay: best('perDay', Math.max),
    cooldownSeconds: best('cooldownSeconds', Math.min),
  };
}

/** The roles' limits with those of one role changed; a role that has none left is not among them. */
export function withRole(all: readonly RoleLimits[], role: string, change: MemberLimits): RoleLimits[] {
  const before = all.find((limits) => limits.role === role);
  const after: RoleLimits = { ...before, ...change, role };
  const others = all.filter((limits) => limits.role !== role);
  return memberLimits.some((name) => after[name] !== undefined) ? [...others, after] : others;
}
