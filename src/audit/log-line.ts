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

/** The details of an entry in words. A setting goes by its option's name, the same in every language. */
function sayDetails(details: NonNullable<AuditEntry['details']>, t: Texts): string {
  const setting = readSettingName(String(details.setting));
  const say = (name: string, value: string | number | boolean): string => {
    if (name === 'flag') return own(t.audit.flags, String(value)) ?? String(value);
    if (value === 'none') return t.settings.values.none;
    // Channels and roles show as ids: escaping what people wrote would break a mention too.
    const mention = setting && ['channel', 'role'].includes(settingKind(setting));
    return setting && !mention && (name === 'from' || name === 'to') ? settingText(t, setting, value) : String(value);
  };
  return Object.entries(details)
    .map(([name, value]) => `${own(t.audit.details, name) ?? name}: ${say(name, value)}`)
    .join(', ');
}

export function logLine(entry: AuditEntry, t: Texts): string {
  const parts = [
    `${time(entry.at, 'f')} **${t.audit.actions[entry.action]}**`,
    entry.memberId === undefined ? '' : `<@${entry.memberId}>`,
    entry.actorId === 'bot' ? '' : t.audit.by(`<@${entry.actorId}>`),
    entry.editId === undefined ? '' : t.audit.edit(entry.editId),
    oneLine(entry.reason ? sayReason(entry.reason, t) : '', longestReason),
    oneLine(entry.details ? sayDetails(entry.details, t) : '', longestDetails),
  ];
  return parts.filter((part) => part !== '').join(' · ');
}
