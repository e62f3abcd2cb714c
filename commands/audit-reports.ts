// What moderators read of the past with /review: pages of the audit log, the log as a file, the numbers with their chart.
import {
  ButtonStyle,
  type ChatInputCommandInteraction,
  ComponentType,
  type InteractionEditReplyOptions,
} from 'discord.js';
import { lastWeeks } from '../src/audit/counts.ts';
import { exportAudit, exportFormats, readDay } from '../src/audit/export.ts';
import { linesPerPage, logLine } from '../src/audit/log-line.ts';
import { computeStats } from '../src/audit/stats.ts';
import { buttonId, buttons } from '../src/buttons.ts';
import { usualUploadLimit } from '../src/discord/limits.ts';
import { UserError } from '../src/errors.ts';
import type { Texts } from '../src/texts/texts.ts';
import type { Bot } from './command.ts';

/** Twelve weeks fit side by side in the chart with their dates. */
const weeksShown = 12;
const dayMs = 24 * 3_600_000;

/** Whom an entry is about, and who acted; empty for anybody. */
export type Filters = { memberId: string; actorId: string };
/** Where a page of the log starts. */
export type Cursor = { before?: string; after?: string };
export type Reply = Pick<InteractionEditReplyOptions, 'content' | 'components' | 'files'>;

/** A row of buttons. */
export function row(buttons: { id: string; label: string; off?: boolean }[]): NonNullable<Reply['components']> {
  return [
    {
      type: ComponentType.ActionRow,
      components: buttons.map(({ id, label, off = false }) => ({
        type: ComponentType.Button,
        style: ButtonStyle.Secondary,
        customId: id,
        label,
        disabled: off,
      })),
    },
  ];
}

export type AuditReports = {
  /** A page of the log, with buttons to the others. */
  logPage(guildId: string, filters: Filters, cursor: Cursor, t: Texts): Promise<Reply>;
  /** The log as a file. @throws {UserError} when nothing fits, or too much */
  exportFile(interaction: ChatInputCommandInteraction, guildId: string, t: Texts): Promise<Reply>;
  stats(guildId: string, t: Texts): Promise<Reply>;
};

export function createAuditReports({ audit, clock }: Pick<Bot, 'audit' | 'clock'>): AuditReports {
  async function logPage(guildId: string, filters: Filters, cursor: Cursor, t: Texts): Promise<Reply> {
    const { memberId, actorId } = filters;
    const filter = { memberId: memberId || undefined, actorId: actorId || undefined };
    // One more than fits, to see whether there is another page.
    const read = (from: Cursor) => audit.log.list(guildId, { ...filter, ...from, limit: linesPerPage + 1 });
    const found = await read(cursor);
    const upwards = cursor.after !== undefined;
    const more = found.length > linesPerPage;
    // Less than a page is newer, so show the newest page instead.
    if (upwards && !more) return logPage(guildId, filters, {}, t);
    const shown = upwards ? found.slice(-linesPerPage) : found.slice(0, linesPerPage);
    const newer = upwards || cursor.before !== undefined;
    const older = upwards || more;

    const lines = shown.length === 0 ? [t.audit.empty] : shown.map((entry) => logLine(entry, t));
    const id = (way: string, entry: { id: string } | undefined) =>
      buttonId(buttons.logPage, way, entry?.id ?? '', memberId, actorId);
    const turns = [
      { id: id('newest', undefined), label: t.audit.newest, off: !newer },
      { id: id('after', shown[0]), label: t.audit.newer, off: !newer },
      { id: id('before', shown.at(-1)), label: t.audit.older, off: !older },
    ];
    return {
      content: [t.audit.title(memberId, actorId), ...lines].join('\n'),
      components: newer || older ? row(turns) : [],
    };
  }

  async function exportFile(
    { options, attachmentSizeLimit }: ChatInputCommandInteraction,
    guildId: string,
    t: Texts,
  ): Promise<Reply> {
    const day = (name: string): number | undefined => {
      const text = options.getString(name);
      if (text === null) return undefined;
      const start = readDay(text);
      if (start === undefined) throw new UserError(({ audit }) => audit.export.date(name));
      return start;
    };
    const format = exportFormats.find((one) => one === options.getString('format')) ?? 'csv';
    const from = day('from') ?? 0;
    const to = (day('to') ?? Number.POSITIVE_INFINITY) + dayMs;
    const log = await Array.fromAsync(audit.log.all(guildId, from));
    const entries = log.filter(({ at }) => at >= from && at < to);
    if (entries.length === 0) throw new UserError(({ audit }) => audit.empty);
    const bytes = Buffer.from(exportAudit(entries, format));
    const most = attachmentSizeLimit || usualUploadLimit;
    if (bytes.length > most) throw new UserError(({ audit }) => audit.export.tooLarge(bytes.length, most));
    return {
      content: t.audit.export.done(entries.length),
      files: [{ attachment: bytes, name: `audit-log.${format}` }],
    };
  }

  async function stats(guildId: string, t: Texts): Promise<Reply> {
    const starts = lastWeeks(clock.now(), weeksShown);
    const edits = await audit.counts.edits(guildId, starts);
    const accounts = await Array.fromAsync(audit.log.accounts(guildId, starts[0] ?? clock.now()));
    const numbers = computeStats(
      accounts,
      starts.map((start, index) => ({ start, edits: edits[index] ?? 0 })),
    );
    const words = t.audit.stats;
    const picture = { attachment: await audit.drawChart(numbers.weeks, words.chart), name: 'moderation.png' };
    return {
      content: [words.title(weeksShown), ...words.lines(numbers)].join('\n'),
      files: [{ ...picture, description: words.chartAlt }],
    };
  }

  return { logPage, exportFile, stats };
}
