// English: a server's settings, as options of the command and as lines of a list.

export const settings = {
  title: '**Moderation in this server**',
  saved: '**Saved.** Moderation in this server:',
  unchanged: '**Nothing to change.** Moderation in this server:',
  line: (label: string, value: string) => `${label}: ${value}`,
  blocklistLength: (entries: number) => `Prompt list: ${entries === 1 ? '1 entry' : `${entries} entries`}`,

  mayNotConfigure: 'That is for those who run this server: you need Manage Server.',
  notReady: 'I have only just joined or started. Please try again in a minute.',
  textChannel: 'The review channel has to be a text channel.',
  channelPermissions: (channelId: string, missing: readonly string[]) =>
    `I can't use <#${channelId}> for reviews. Give me there: ${missing.join(', ')}.`,
  everyoneRole: 'Everyone has that role, so everyone would be a moderator. Choose another one.',
  reminderAfterExpiry: 'The reminder has to come before the expiry.',
  publicChannel: 'Everyone can see the review channel, and what is held is shown there. Make it private.',
  noReviewChannel: 'There is no review channel, so what would be held is blocked.',
  discordRule: 'Outside of age-restricted channels I hold flagged results whatever is set here: Discord asks for that.',

  labels: {
    flagged: 'Flagged results',
    flaggedRestricted: 'Flagged results in age-restricted channels',
    unchecked: 'Unchecked results',
    uncheckedRestricted: 'Unchecked results in age-restricted channels',
    reviewChannel: 'Review channel',
    moderatorRole: 'Moderator role',
    selfApproval: 'Moderators may decide about their own edits',
    reminderHours: 'Reminder after',
    expiryHours: 'Expiry after',
    deleteExpiredFiles: 'Pictures of expired cards',
  },
  /** The command's description of each option, where the label is not enough. */
  hints: {
    flagged: 'Results that the model flagged',
    flaggedRestricted: 'Flagged results in age-restricted channels',
    unchecked: 'Results that were not checked',
    uncheckedRestricted: 'Unchecked results in age-restricted channels',
    reviewChannel: 'Where moderators decide about held results',
    moderatorRole: 'A role that may decide too, besides Manage Messages',
    selfApproval: 'Whether moderators may decide about their own edits',
    reminderHours: 'Remind moderators of a card after that many hours',
    expiryHours: 'Reject what nobody decided about after that many hours',
    deleteExpiredFiles: 'Delete the pictures of expired cards',
  },
  /** Policies to choose from; the short ones below are for a list of settings. */
  policies: { hold: 'Hold for a moderator', spoiler: 'Post as spoiler', post: 'Post', block: 'Block' },
  values: {
    none: 'none',
    noRole: 'none (Manage Messages decides)',
    hours: (hours: number) => `${hours} h`,
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
    blocklist: 'Words and phrases that are refused in prompts',
    add: 'Refuse more words',
    addWords: 'Separated by commas; * at either end of a word: anything',
    remove: 'Allow words again',
    removeWords: 'Separated by commas',
    show: 'Show the list',
  },
};
