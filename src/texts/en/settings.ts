// English: a server's settings, as options of the command and as lines of a list.
import { quote } from '../format.ts';

const expected = {
  policy: '`hold`, `spoiler`, `post` or `block`',
  channel: 'the id of a channel, or `null`',
  role: 'the id of a role, or `null`',
  'yes-no': '`true` or `false`',
  deletion: '`true` or `false`',
  hours: 'a whole number from 1 to 720',
  limit: 'a whole number from 0 to 1000, or `null`',
  seconds: 'a whole number from 0 to 86400, or `null`',
};

export const settings = {
  title: '**Moderation in this server**',
  saved: '**Saved.** Moderation in this server:',
  unchanged: '**Nothing to change.** Moderation in this server:',
  line: (label: string, value: string) => `${label}: ${value}`,
  blocklistLength: (entries: number) => `Prompt list: ${entries === 1 ? '1 entry' : `${entries} entries`}`,

  limits: {
    title: '**How often members may edit here**',
    saved: '**Saved.** How often members may edit here:',
    unchanged: '**Nothing to change.** How often members may edit here:',
  },
  roleLimits: (roleId: string, values: readonly string[]) => `<@&${roleId}>: ${values.join(' · ')}`,
  highestCounts: 'Of several roles, the highest counts.',
  /** There is no limit that the role could raise. */
  idleRole: '(changes nothing: there is no such limit for the others)',
  everyoneLimits: 'Everyone has that role. Leave `role` out to change what holds for everyone.',
  serverHasNoRole: '`server-per-day` is for the whole server. Leave `role` out.',
  rolesFull: (most: number) => `At most ${most} roles can have limits of their own. Clear those of another one first.`,

  file: {
    sent: 'All settings of this server. `/settings import` takes them over from such a file.',
    taken: (changes: number, words: number) =>
      `**Taken over.** ${changes === 1 ? '1 value is' : `${changes} values are`} different now; the prompt list has ${words === 1 ? '1 entry' : `${words} entries`}.`,
    refused: '**Nothing was taken over.** This is wrong in the file:',
    tooLarge: 'That file is too large to be one of mine.',
    unreached: "I couldn't fetch that file from Discord. Please try again.",
    unreadable: 'It is not a file that `/settings export` made.',
    unknown: (name: string) => `\`${quote(name)}\` is no setting of mine.`,
    wrong: (
      name: string,
      kind: 'policy' | 'channel' | 'role' | 'yes-no' | 'deletion' | 'hours' | 'limit' | 'seconds',
    ) => `\`${name}\` has to be ${expected[kind]}.`,
    word: (word: string) => `${quote(word)} in the prompt list is no text.`,
    role: (text: string) => `${quote(text)} is no role with limits.`,
    roleTwice: (roleId: string) => `The role ${roleId} is there twice.`,
    noRole: (roleId: string) => `There is no role ${roleId} in this server.`,
  },

  panel: {
    title: (page: string) => `**Settings** · ${page}`,
    pages: { check: 'Check', moderation: 'Moderation', limits: 'Limits', words: 'Words' },
    /** A value beside its default. */
    line: (label: string, value: string, usual: string) =>
      value === usual ? `**${label}**: ${value} (default)` : `**${label}**: ${value} (default: ${usual})`,
    pick: 'What do you want to change?',
    option: (value: string, usual: string) => (value === usual ? `${value} (default)` : `${value} · default: ${usual}`),
    choose: (label: string) => `Choose: ${label}`,
    value: 'New value',
    toDefault: 'Back to the default',
    number: (least: number, most: number) => `A whole number from ${least} to ${most}; empty: the default`,
    notNumber: (least: number, most: number) => `That has to be a whole number from ${least} to ${most}.`,
    add: 'Refuse more words',
    remove: 'Allow words again',
    words: 'Words and phrases, separated by commas',
    look: 'Look at a channel',
    works: (channelId: string) => `✅ I can work in <#${channelId}>.`,
    lacks: (channelId: string, missing: readonly string[]) =>
      `⚠️ In <#${channelId}> I lack: ${missing.join(', ')}. Members can't edit there until I have it.`,
    room: (channelId: string) => `✅ Cards can be posted in <#${channelId}>.`,
    noRoom: '⚠️ There is no review channel: flagged results are blocked instead of held.',
    unknown: '⚠️ Discord does not answer right now, so some of this is not known.',
    rules: (rules: number) =>
      `✅ Prompts are checked against ${rules === 1 ? '1 AutoMod rule' : `${rules} AutoMod rules`}.`,
    open: '✅ Members may edit as often as they like.',
    limited: (limits: readonly string[]) => `✅ Members may edit, with limits: ${limits.join(' · ')}.`,
    closed: '⚠️ Members may not edit at all: a limit is 0.',
  },

  mayNotConfigure: 'That is for those who run this server: you need Manage Server.',
  textChannel: 'The review channel has to be a text channel.',
  otherServer: 'The review channel has to be in this server.',
  channelPermissions: (channelId: string, missing: readonly string[]) =>
    `I can't use <#${channelId}> for reviews. Give me there: ${missing.join(', ')}.`,
  everyoneRole: 'Everyone has that role, so everyone would be a moderator. Choose another one.',
  everyonePing: 'Everyone has that role, and the review channel is not for everyone. Choose another one.',
  reminderAfterExpiry: (reminder: number, expiry: number) =>
    `The reminder (after ${reminder} h) has to come before the expiry (after ${expiry} h).`,
  publicChannel: (channelId: string) =>
    `Everyone can see <#${channelId}>, and what is held is shown there. Make it private first, or choose another channel.`,
  listUnread: "A part of the prompt list can't be read, so I refuse all edits until it is changed.",
  rulesChecked: (rules: number) => `AutoMod rules that prompts are checked against: ${rules}`,
  rulesClosed:
    "I can't read this server's AutoMod rules, so I don't refuse prompts that they would block. To change that, give my role Manage Server (Server Settings → Roles).",
  rulesPreset: (names: readonly string[]) =>
    `Discord keeps its own word lists secret, so I can't check these AutoMod rules: ${names.map(quote).join(', ')}.`,
  rulesUnreadable: (patterns: number) =>
    `I can't read ${patterns === 1 ? 'one pattern' : `${patterns} patterns`} of your AutoMod rules and don't check ${patterns === 1 ? 'it' : 'them'}.`,
  noReviewChannel: 'There is no review channel, so what would be held is blocked.',
  /** Above everything else. */
  notRestricted: (channelId: string) => `# ⚠️ <#${channelId}> is not age-restricted`,
  notRestrictedWhy:
    'Flagged pictures are shown there, and Discord allows them in age-restricted channels only. Please switch on “Age-Restricted Channel” in the settings of that channel now.',
  unusable: {
    gone: 'The review channel was deleted, so what is held waits until there is another one.',
    elsewhere: 'The review channel is not in this server, so what is held waits until there is another one.',
    closed: "I can't use the review channel, so what is held waits until I can, or until there is another one.",
    public: 'Everyone can see the review channel, so what is held waits until it is private.',
  },
  discordRule: 'Outside of age-restricted channels I hold flagged results whatever is set here: Discord asks for that.',

  /** Discord's own names of its settings. */
  letIn: (roleId: string) =>
    `<@&${roleId}> may decide on cards, but Discord shows \`/review\` only to members with Manage Messages. To let the role in: Server Settings → Integrations → this bot → \`/review\` → Add Roles or Members.`,

  labels: {
    flagged: 'Flagged results',
    flaggedRestricted: 'Flagged results in age-restricted channels',
    unchecked: 'Unchecked results',
    uncheckedRestricted: 'Unchecked results in age-restricted channels',
    reviewChannel: 'Review channel',
    moderatorRole: 'Moderator role',
    ping: 'Pinged about what waits',
    selfApproval: 'Moderators may decide about their own edits',
    reminderHours: 'Reminder after',
    expiryHours: 'Expiry after',
    deleteExpiredFiles: 'Pictures of expired cards',
    atOnce: 'Edits of one member at once',
    perHour: 'Edits of one member an hour',
    perDay: 'Edits of one member within 24 hours',
    cooldownSeconds: 'Time between two edits of one member',
    serverPerDay: 'Edits of the whole server within 24 hours',
  },
  /** The command's description of each option, where the label is not enough. */
  hints: {
    flagged: 'Results that the model flagged',
    flaggedRestricted: 'Flagged results in age-restricted channels',
    unchecked: 'Results that were not checked',
    uncheckedRestricted: 'Unchecked results in age-restricted channels',
    reviewChannel: 'Where moderators decide about held results',
    moderatorRole: 'A role that may decide too, besides Manage Messages',
    ping: 'A role to ping about what waits, once after a quiet half hour',
    selfApproval: 'Whether moderators may decide about their own edits',
    reminderHours: 'Remind moderators of a card after that many hours',
    expiryHours: 'Reject what nobody decided about after that many hours',
    deleteExpiredFiles: 'Delete the pictures of expired cards',
    atOnce: 'How many edits one member may have under way',
    perHour: 'How many edits one member may make an hour',
    perDay: 'How many edits one member may make within 24 hours',
    cooldownSeconds: 'How many seconds one member waits between two edits',
    serverPerDay: 'How many edits the whole server may make within 24 hours',
  },
  /** Policies to choose from; the short ones below are for a list of settings. */
  policies: { hold: 'Hold for a moderator', spoiler: 'Post as spoiler', post: 'Post', block: 'Block' },
  values: {
    none: 'none',
    noRole: 'none (Manage Messages decides)',
    hours: (hours: number) => `${hours} h`,
    noLimit: 'no limit',
    seconds: (seconds: number) => `${seconds} s`,
    yes: 'yes',
    no: 'no',
    deleted: 'deleted',
    kept: 'kept',
    policies: { hold: 'hold', spoiler: 'spoiler', post: 'post', block: 'block' },
  },

  command: {
    description: 'How this server moderates edits',
    moderation: 'Show or change what happens to flagged results',
    clear: 'Set one of these back to none',
    limits: 'Show or change how often members may edit',
    panel: 'See and change all settings of this server',
    export: 'All settings of this server as a file',
    import: 'Take over all settings from such a file',
    file: 'A file that /settings export made',
    role: 'What members with this role may do instead',
    blocklist: 'Words and phrases that are refused in prompts',
    add: 'Refuse more words',
    addWords: 'Separated by commas; * at either end of a word: anything',
    remove: 'Allow words again',
    removeWords: 'Separated by commas',
    show: 'Show the list',
  },
};
