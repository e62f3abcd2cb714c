// Limits how often a member reports in a server: each report costs moderators a look, and may cost a card.
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { UserError } from '../errors.ts';
import { exclusively } from '../store/exclusive.ts';
import { createForgetful, type Store } from '../store/store.ts';

const mostReports = 5;
const withinMs = 10 * 60_000;

/** When the latest were made. */
const stored = z.array(z.number());

/** Counts a report. @throws {UserError} when there were too many */
export type ReportLimit = (guildId: string, memberId: string) => Promise<void>;

export function createReportLimit(store: Store, clock: Clock): ReportLimit {
  const reports = createForgetful(store.space('reports'), (value) => stored.safeParse(value).data);
  return (guildId, memberId) => {
    const key = `${guildId}:${memberId}`;
    return exclusively(store, clock, `reports:${key}`, async () => {
      const now = clock.now();
      const recent = ((await reports.get(key)) ?? []).filter((at) => at > now - withinMs && at <= now);
      const [first = now] = recent;
      if (recent.length >= mostReports) {
        throw new UserError((t) => t.moderation.report.tooMany(mostReports, withinMs / 60_000, first + withinMs));
      }
      await reports.set(key, [...recent, now], withinMs);
    });
  };
}
