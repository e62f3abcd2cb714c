// An entry of the audit log as one line of a message, in bounds that let a whole page fit into Discord's limit.
import { moderationTexts } from '../moderation-texts.ts';
import { escapeText, shorten } from '../texts.ts';
import type { AuditEntry } from './audit.ts';

/**
 * Entries on a page: a line is at most 235 characters long (three ids of 20 digits, the longest action, and the two
 * texts below), and a message 2000.
 */
export const linesPerPage = 8;
const longestReason = 45;
const longestDetails = 55;

const oneLine = (text: string, limit: number) => shorten(escapeText(shorten(text.replace(/\s+/g, ' '), limit)), limit);

export function logLine(entry: AuditEntry): string {
  const words = moderationTexts.log;
  const details = Object.entries(entry.details ?? {}).map(([name, value]) => `${name}: ${value}`);
  const parts = [
    `<t:${Math.floor(entry.at / 1000)}:f> **${words.actions[entry.action]}**`,
    entry.memberId === undefined ? '' : `<@${entry.memberId}>`,
    entry.actorId === 'bot' ? '' : words.by(`<@${entry.actorId}>`),
    entry.editId === undefined ? '' : words.edit(entry.editId),
    oneLine(entry.reason ?? '', longestReason),
    oneLine(details.join(', '), longestDetails),
  ];
  return parts.filter((part) => part !== '').join(' · ');
}
