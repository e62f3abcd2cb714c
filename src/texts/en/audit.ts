// English: the audit log, its numbers, and the command that shows them.
import { mebibytes, mebibytesOver } from '../format.ts';

function duration(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1) return 'less than a minute';
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}

type Numbers = {
  held: number;
  blocked: number;
  approved: number;
  rejected: number;
  expired: number;
  overturned: number;
  medianDecisionMs: number | undefined;
};

export const audit = {
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
    covered: 'blurred',
    shown: 'shown again',
    'not-posted': 'could not be posted',
    'post-again': 'posted again',
    'timed-out': 'time-out',
    'time-out-lifted': 'time-out lifted',
    'prompt-refused': 'prompt refused',
    'setting-changed': 'setting changed',
  },
  reasons: {
    nsfw: 'Not safe for this server',
    person: 'Shows a real person',
    rules: 'Breaks a rule of this server',
    other: 'Something else',
    'not-reviewed': 'not reviewed in time',
    approved: 'approved',
    'approved-spoiler': 'approved as spoiler',
    rejected: 'rejected',
    expired: 'expired',
    kept: 'kept',
    'taken-down': 'taken down',
  },
  /** Names of the details of an entry. */
  details: {
    flag: 'flag',
    until: 'until',
    rule: 'AutoMod rule',
    entry: 'entry',
    prompt: 'prompt',
    setting: 'setting',
    role: 'role',
    from: 'from',
    to: 'to',
    added: 'added',
    removed: 'removed',
    times: 'times this hour',
  },
  flags: { true: 'flagged', null: 'unchecked', false: 'clean' },

  export: {
    done: (entries: number) => `The audit log: ${entries === 1 ? '1 entry' : `${entries} entries`}.`,
    date: (option: string) => `\`${option}\` must be a day such as 2026-08-31.`,
    tooLarge: (bytes: number, most: number) =>
      `That is too much for one file: ${mebibytesOver(bytes)}, and it may have ${mebibytes(most)} here. Ask for a shorter time with \`from\` and \`to\`.`,
  },

  stats: {
    title: (weeks: number) => `**Moderation in the last ${weeks} weeks**`,
    lines: (numbers: Numbers) => [
      `Held ${numbers.held} · blocked ${numbers.blocked}`,
      `Approved ${numbers.approved} · rejected ${numbers.rejected} · not reviewed in time ${numbers.expired}`,
      `Overturned ${numbers.overturned}`,
      `Median time to decision: ${numbers.medianDecisionMs === undefined ? 'none yet' : duration(numbers.medianDecisionMs)}`,
    ],
    chart: { held: 'Held', approved: 'Approved', rejected: 'Rejected', flagRate: 'Flag rate', dates: 'en-GB' },
    chartAlt: 'Held, approved and rejected edits as bars and the flag rate as a line, by week',
  },

  command: {
    description: 'What moderators decided, and what waits for them',
    log: 'The audit log, the newest first',
    logMember: 'Only what is about this member',
    logModerator: 'Only what this moderator did',
    export: 'The audit log as a file',
    format: 'The format of the file',
    from: 'From this day on (such as 2026-08-01, UTC)',
    to: 'Up to and with this day (such as 2026-08-31, UTC)',
    stats: 'Moderation in numbers',
    queue: 'Work through what waits for a moderator, the oldest first',
    queueOnly: 'Only a part of it',
    queueMember: 'Only what is by this member',
    member: "A member's history and time-outs",
    memberUser: 'The member',
  },
};
