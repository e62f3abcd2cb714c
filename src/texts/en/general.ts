// English: texts that every feature uses.
import { escapeText, quote } from '../format.ts';

export const general = {
  outage: (reference: string) =>
    `Something went wrong on my side. Please try again; if it keeps happening, tell whoever operates this bot: \`${reference}\`.`,
  unknownEdit: "I don't remember this edit any more, so nothing more can be done with it.",
  unknownCommand: 'I no longer have this button or command. Type `/` to see what I can do.',
  storeDown: "I can't take edits right now. Nothing was charged; please try again in a few minutes.",
  closed:
    "I can't take edits now: something here has to be put right by whoever operates this bot. Nothing was charged.",
  stopping: "I'm about to stop, most likely for a restart. Nothing was charged; please try again in a minute.",
  busy: 'Somebody is at this right now. Please try again.',
  onlyServers: 'That works in a server only.',

  /** Above whatever is said of an edit in a direct message. */
  place: (server: string | undefined, channelId: string, link: string) =>
    `-# ${server === undefined ? '' : `**${escapeText(server)}** · `}<#${channelId}> · ${link}`,
  /** Above what those who run a server are told directly. */
  server: (name: string) => `-# **${escapeText(name)}**`,
  /** The beginning of its prompt. */
  prompt: (prompt: string) => `> ${quote(prompt.replace(/\s+/g, ' '))}`,

  /** Discord's names of permissions. */
  permissions: {
    view: 'View Channel',
    send: 'Send Messages',
    sendInThreads: 'Send Messages in Threads',
    attach: 'Attach Files',
    history: 'Read Message History',
  },
};
