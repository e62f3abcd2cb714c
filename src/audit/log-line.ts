// Formats an audit log entry as one line of a message, short enough that a whole page fits into Discord's limit.
import { readSettingName, settingKind, settingText } from '../settings/table.ts';
import { escapeText, shorten, time } from '../texts/format.ts';
import type { Texts } from '../texts/texts.ts';
import type { AuditEntry, Reason } from './audit.ts';

/**
 * Entries per page: a line has at most 235 characters (three ids of 20 digits, the longest action, and the two texts
 * below), a message 2,000.
 */
export const linesPerPage = 8;
const longestReason = 45;
const longestDetails = 55;

const oneLine = (text: string, limit: number) => shorten(escapeText(shorten(text.replace(/\s+/g, ' '), limit)), limit);

const own = (names: Record<string, string>, name: string) => (Object.hasOwn(names, name) ? names[name] : undefined);

/** A reason in words: the preset, the note, or both. Not escaped. */
export function sayReason({ key, note }: Reason, t: Texts): string {
  // A key of a newer version has no words yet.
  const words = key === undefined ? '' : (own(t.audit.reasons, key) ?? key);
  return [words, note ?? ''].filter((part) => part !== '').join(': ');
}

type Details = NonNullable<AuditEntry['details']>;
type Say = (name: string, value: Details[string]) => string;

const joinDetails = (details: Details, t: Texts, say: Say): string =>
  Object.entries(details)
    .map(([name, value]) => `${own(t.audit.details, name) ?? name}: ${say(name, value)}`)
    .join(', ');

/**
 * A changed row of settings, with its channels and roles as mentions; it goes by its option's name, the same in every
 * language. Nothing in it was written by people, and it is short enough beside the little that such an entry has.
 */
function sayChange(details: Details, t: Texts): string | undefined {
  const setting = readSettingName(String(details.setting));
  if (!setting) return undefined;
  return joinDetails(details, t, (name, value) => {
    if (name === 'role' && /^\d{1,20}$/.test(String(value))) return `<@&${value}>`;
    if (value === 'none') return t.settings.values.none;
    if (name !== 'from' && name !== 'to') return oneLine(String(value), longestReason);
    const isMentioned = ['channel', 'role'].includes(settingKind(setting));
    const isId = /^\d{1,20}$/.test(String(value));
    return isMentioned && !isId ? oneLine(String(value), longestReason) : settingText(t, setting, value);
  });
}

function sayDetails(details: Details, t: Texts): string {
  const said = joinDetails(details, t, (name, value) =>
    name === 'flag' ? (own(t.audit.flags, String(value)) ?? String(value)) : String(value),
  );
  return sayChange(details, t) ?? oneLine(said, longestDetails);
}

export function logLine(entry: AuditEntry, t: Texts): string {
  const parts = [
    `${time(entry.at, 'f')} **${t.audit.actions[entry.action]}**`,
    entry.memberId === undefined ? '' : `<@${entry.memberId}>`,
    entry.actorId === 'bot' ? '' : t.audit.by(`<@${entry.actorId}>`),
    entry.editId === undefined ? '' : t.audit.edit(entry.editId),
    oneLine(entry.reason ? sayReason(entry.reason, t) : '', longestReason),
    entry.details ? sayDetails(entry.details, t) : '',
  ];
  return parts.filter((part) => part !== '').join(' · ');
}
