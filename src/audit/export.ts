// The audit log as a file for other programs: CSV for spreadsheets, JSON Lines for the rest. Pure.
import { en } from '../texts/en/en.ts';
import { type AuditEntry, type Reason, verdictKinds } from './audit.ts';
import { sayReason } from './log-line.ts';

export const exportFormats = ['csv', 'jsonl'] as const;
export type ExportFormat = (typeof exportFormats)[number];

const columns = ['id', 'time', 'action', 'actor', 'member', 'edit', 'reason', 'details'] as const;

/** For other programs, so the same in every language: an undone decision by its name, everything else in English. */
function reasonText(reason: Reason): string {
  const verdict = verdictKinds.find((kind) => kind === reason.key);
  return verdict ?? sayReason(reason, en);
}

function rowOf(entry: AuditEntry): Record<(typeof columns)[number], string> {
  return {
    id: entry.id,
    time: new Date(entry.at).toISOString(),
    action: entry.action,
    actor: entry.actorId,
    member: entry.memberId ?? '',
    edit: entry.editId ?? '',
    reason: entry.reason ? reasonText(entry.reason) : '',
    details: entry.details ? JSON.stringify(entry.details) : '',
  };
}

/**
 * A cell as in RFC 4180. Spreadsheets run cells that begin with one of these characters as formulas, full-width forms
 * included, even in quotes; an apostrophe in front makes them text.
 */
function cell(text: string): string {
  const plain = /^[\s\p{Cc}\p{Cf}]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/u.test(text) ? `'${text}` : text;
  return `"${plain.replaceAll('"', '""')}"`;
}

/** @param entries oldest first */
export function exportAudit(entries: readonly AuditEntry[], format: ExportFormat): string {
  switch (format) {
    case 'jsonl':
      return entries
        .map((entry) => {
          const said = entry.reason && { reason: reasonText(entry.reason) };
          return `${JSON.stringify({ ...entry, ...said, time: new Date(entry.at).toISOString() })}
`;
        })
        .join('');
    case 'csv': {
      const rows = entries.map(rowOf).map((row) => columns.map((column) => cell(row[column])));
      // Line ends as in RFC 4180; the byte order mark tells Excel that this is UTF-8.
      return `\uFEFF${[columns.map(cell), ...rows].map((cells) => `${cells.join(',')}\r\n`).join('')}`;
    }
  }
}

/** The first moment (UTC) of a day such as 2026-08-31; undefined when there is no such day. */
export function readDay(text: string): number | undefined {
  const start = /^\d{4}-\d{2}-\d{2}$/.test(text.trim()) ? Date.parse(`${text.trim()}T00:00:00Z`) : Number.NaN;
  // Date rolls some days that do not exist over to the next month.
  return Number.isNaN(start) || new Date(start).toISOString().slice(0, 10) !== text.trim() ? undefined : start;
}
