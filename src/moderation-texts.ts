// Every word about moderation that people read in Discord: settings, the prompt list, the audit log, statistics and the
// commands for them. The rest is in texts.ts; the same rules hold.
import type { AuditAction } from './audit/audit.ts';
import type { Stats } from './audit/stats.ts';
import type { History, TimeOut } from './moderation/members.ts';
import type { OpenCard } from './moderation/queue.ts';
import type { SettingName, SettingValue } from './settings/setting-list.ts';
import { escapeText, shorten } from './texts.ts';

/** Something that a person typed, inside of a sentence. */
const quote = (text: string) => escapeText(shorten(text, 100));

/** A moment as each reader's Discord shows it. Styles: f date and time, R how long ago. */
const time = (ms: number, style: 'f' | 'R') => `<t:${Math.floor(ms / 1000)}:${style}>`;

function duration(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1) return 'less than a minute';
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}

const settingLabels: Record<SettingName, string> = {
  flagged: 'Flagged results',
  'flagged-restricted': 'Flagged results in age-restricted channels',
  unchecked: 'Unchecked results',
  'unchecked-restricted': 'Unchecked results in age-restricted channels',
  'review-channel': 'Review channel',
  'moderator-role': 'Moderator role',
  'self-approval': 'Moderators may decide about their own edits',
  'reminder-hours': 'Reminder after',
  'expiry-hours': 'Expiry after',
  'delete-expired-files': 'Pictures of expired cards',
};

function settingValue(name: SettingName, value: SettingValue): string {
  switch (name) {
    case 'review-channel':
      return value === undefined ? 'none' : `<#${value}>`;
    case 'moderator-role':
      return value === undefined ? 'none (Manage Messages decides)' : `<@&${value}>`;
    case 'reminder-hours':
    case 'expiry-hours':
      return `${value} h`;
    case 'delete-expired-files':
      return value === true ? 'deleted' : 'kept';
    case 'self-approval':
      return value === true ? 'yes' : 'no';
    default:
      return String(value);
  }
}

export const moderationTexts = {
  refusedPrompt: (entry: string) =>
    `This server does not allow “${quote(entry)}” in prompts. Nothing was made and nothing was charged.`,
  timedOut: (until: number) => `A moderator has paused your edits until ${time(until, 'f')} (${time(until, 'R')}).`,
  mayNotModerate: 'That is for moderators: you need Manage Messages, or the moderator role of this server.',
  mayNotConfigure: 'That is for those who run this server: you need Manage Server.',
  onlyServers: 'That works in a server only.',

  blocklist: {
    empty: 'Tell me at least one word.',
    tooLong: (limit: number) => `An entry can have at most ${limit} characters.`,
    noWord: (entry: string) => `There is no word in “${quote(entry)}”.`,
    star: (entry: string) =>
      `In “${quote(entry)}” a * stands where it can't: put it at the start or the end of a word.`,
    tooOpen: (entry: string) => `“${quote(entry)}” would refuse too much: put at least two letters beside a *.`,
    full: (limit: number) => `The list is full: at most ${limit} entries.`,
  },
  settings: {
    title: '**Moderation in this server**',
    saved: '**Saved.** Moderation in this server:',
    unchanged: '**Nothing to change.** Moderation in this server:',
    line: (name: SettingName, value: SettingValue) => `${settingLabels[name]}: ${settingValue(name, value)}`,
    blocklistLength: (entries: number) => `Prompt list: ${entries === 1 ? '1 entry' : `${entries} entries`}`,
    notReady: 'I have only just joined or started. Please try again in a minute.',
    textChannel: 'The review channel has to be a text channel.',
    channelPermissions: (channelId: string, missing: readonly string[]) =>
      `I can't use <#${channelId}> for reviews. Give me there: ${missing.join(', ')}.`,
    everyoneRole: 'Everyone has that role, so everyone would be a moderator. Choose another one.',
    reminderAfterExpiry: 'The reminder has to come before the expiry.',
    publicChannel: 'Everyone can see the review channel, and what is held is shown there. Make it private.',
    noReviewChannel: 'There is no review channel, so what would be held is blocked.',
    discordRule:
      'Outside of age-restricted channels I hold flagged results whatever is set here: Discord asks for that.',
  },
  blocklistChanged: {
    added: (added: number, all: number, most: number) =>
      `Added ${added}; the list has ${all} of at most ${most} entries.`,
    removed: (removed: number, all: number, most: number) =>
      `Removed ${removed}; the list has ${all} of at most ${most} entries.`,
    notFound: 'None of these is in the list.',
    noEntries: 'The prompt list is empty.',
    entries: (count: number, most: number) => `**Prompt list** (${count} of at most ${most} entries)`,
  },
  log: {
    title: (memberId: string, moderatorId: string) =>
      `**Audit log**${memberId && ` · about <@${memberId}>`}${moderatorId && ` · by <@${moderatorId}>`}`,
    empty: 'Nothing is on record that fits.',
    newest: 'Newest',
    newer: 'Newer',
    older: 'Older',
    by: (who: string) => `by ${who}`,
    edit: (id: string) => `edit \`${id}\``,
    actions: {
      held: 'held',
      approved: 'approved',
      'approved-spoiler': 'approved as spoiler',
      rejected: 'rejected',
      expired: 'expired',
      blocked: 'blocked',
      undone: 'undone',
      contested: 'contested',
      reported: 'reported',
      kept: 'kept',
      'taken-down': 'taken down',
      deleted: 'deleted',
      'timed-out': 'time-out',
      'time-out-lifted': 'time-out lifted',
      'prompt-refused': 'prompt refused',
      'setting-changed': 'setting changed',
    } satisfies Record<AuditAction, string>,
  },
  export: {
    done: (entries: number) => `The audit log: ${entries === 1 ? '1 entry' : `${entries} entries`}.`,
    date: (option: string) => `\`${option}\` must be a day such as 2026-08-31.`,
    tooLarge: 'That is too much for one file. Ask for a shorter time with `from` and `to`.',
  },
  stats: {
    title: (weeks: number) => `**Moderation in the last ${weeks} weeks**`,
    lines: (numbers: Omit<Stats, 'weeks'>) => [
      `Held ${numbers.held} · blocked ${numbers.blocked}`,
      `Approved ${numbers.approved} · rejected ${numbers.rejected} · not reviewed in time ${numbers.expired}`,
      `Overturned ${numbers.overturned}`,
      `Median time to decision: ${numbers.medianDecisionMs === undefined ? 'none yet' : duration(numbers.medianDecisionMs)}`,
    ],
    chart: { held: 'Held', approved: 'Approved', rejected: 'Rejected', flagRate: 'Flag rate' },
    chartAlt: 'Held, approved and rejected edits as bars and the flag rate as a line, by week',
  },
  queue: {
    title: (count: number) => `**Waiting for a moderator: ${count}**`,
    empty: 'Nothing is waiting for a moderator.',
    line: (card: OpenCard) =>
      `${time(card.openedAt, 'R')} · <@${card.memberId}> · ${card.kind === 'report' ? 'reported' : 'held'} · ${card.link}`,
    more: (count: number) => `… and ${count} more.`,
  },
  member: {
    title: (id: string) => `**<@${id}>**`,
    lines: (history: History) => [
      `Flagged ${history.flagged} · approved ${history.approved} · rejected ${history.rejected} · not reviewed in time ${history.expired}`,
      `Taken down after a report ${history.takenDown} · refused prompts ${history.refusedPrompts} · time-outs ${history.timeOuts}`,
    ],
    timeOut: ({ until, by, at }: TimeOut) =>
      `Timed out until ${time(until, 'f')} (${time(until, 'R')}), by <@${by}> ${time(at, 'R')}`,
    noTimeOut: 'May edit.',
    lift: 'Lift the time-out',
    lifted: 'The time-out is lifted.',
    notTimedOut: 'There is no time-out any more.',
  },

  commands: {
    settings: {
      description: 'How this server moderates edits',
      moderation: 'Show or change what happens to flagged results',
      flagged: 'Results that the model flagged',
      unchecked: 'Results that were not checked',
      flaggedRestricted: 'Flagged results in age-restricted channels',
      uncheckedRestricted: 'Unchecked results in age-restricted channels',
      actions: { hold: 'Hold for a moderator', spoiler: 'Post as spoiler', post: 'Post', block: 'Block' },
      reviewChannel: 'Where moderators decide about held results',
      moderatorRole: 'A role whose members may decide too, besides those with Manage Messages',
      selfApproval: 'Whether moderators may decide about their own edits',
      reminderHours: 'Remind moderators of a card after that many hours',
      expiryHours: 'Reject what nobody decided about after that many hours',
      deleteExpiredFiles: 'Delete the pictures of expired cards',
      clear: 'Set one of these back to none',
      clearReviewChannel: 'Review channel',
      clearModeratorRole: 'Moderator role',
      blocklist: 'Words and phrases that are refused in prompts',
      add: 'Refuse more words',
      addWords: 'Separated by commas; a * at the start or end of a word stands for anything',
      remove: 'Allow words again',
      removeWords: 'Separated by commas',
      show: 'Show the list',
    },
    review: {
      description: 'What moderators decided, and what waits for them',
      log: 'The audit log, the newest first',
      logMember: 'Only what is about this member',
      logModerator: 'Only what this moderator did',
      export: 'The audit log as a file',
      format: 'The format of the file',
      from: 'From this day on (such as 2026-08-01, UTC)',
      to: 'Up to and with this day (such as 2026-08-31, UTC)',
      stats: 'Moderation in numbers',
      queue: 'What waits for a moderator, the oldest first',
      member: "A member's history and time-outs",
      memberUser: 'The member',
    },
  },
};
