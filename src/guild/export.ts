// The audit log as a file for other programs: CSV for spreadsheets, JSON Lines for the rest. Pure.
import type { AuditEntry } from './audit.ts';

export const exportFormats = ['csv', 'jsonl'] as const;
export type ExportFormat = (typeof exportFormats)[number];

const columns = ['id', 'time', 'action', 'actor', 'member', 'edit', 'reason', 'details'] as const;

function rowOf(entry: AuditEntry): Record<(typeof columns)[number], string> {
  return {
    id: entry.id,
    time: new Date(entry.at).toISOString(),
    action: entry.action,
    actor: entry.actorId,
    member: entry.memberId ?? '',
    edit: entry.editId ?? '',
    reason: entry.reason ?? '',
    details: entry.details ? JSON.stringify(entry.details) : '',
  };
}

/**
 * A cell after RFC 4180. Spreadsheets run cells that begin with one of these characters as formulas, full-width forms
 * included, whatever the quotes: an apostrophe in front makes them text.
 */
function cell(text: string): string {
  const plain = /^[\s\p{Cc}\p{Cf}]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/u.test(text) ? `'${text}` : text;
  return `"${plain.replaceAll('"', '""')}"`;
}

/** @param entries the oldest first */
export function exportAudit(entries: readonly AuditEntry[], format: ExportFormat): string {
  switch (format) {
    case 'jsonl':
      return entries
        .map((entry) => `${JSON.stringify({ ...entry, time: new Date(entry.at).toISOString() })}\n`)
        .join('');
    case 'csv': {
      const rows = entries.map(rowOf).map((row) => columns.map((column) => cell(row[column])));
      // Lines end as RFC 4180 says; the mark in front tells Excel that this is UTF-8.
      return `\uFEFF${[columns.map(cell), ...rows].map((cells) => `${cells.join(',')}\r\n`).join('')}`;
    }
  }
}
