// Formatting that is the same in every language: escaping, shortening, timestamps, links.

/** Escapes text from outside, so that markdown shows as typed. Mentions are switched off on sending. */
export function escapeText(text: string): string {
  return text.replace(/[\\*_~`|<>@[\]]/g, '\\$&').replace(/^(\s*)([#+-])/gm, '$1\\$2');
}

/** At most `limit` UTF-16 units, cut between characters and marked with an ellipsis. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  let kept = '';
  for (const character of text) {
    if (kept.length + character.length > limit - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** What a person typed, to quote inside a sentence: escaped and cut to about one line. */
export const quote = (text: string) => escapeText(shorten(text, 100));

/** A time (milliseconds since the epoch) that the reader's Discord formats. Styles: f date and time, R relative. */
export const time = (ms: number, style: 'f' | 'R') => `<t:${Math.floor(ms / 1000)}:${style}>`;

export const mebibytes = (bytes: number) => `${Math.floor(bytes / 2 ** 20)} MiB`;

/** The address of a message in a server. */
export function messageLink(guildId: string, message: { channelId: string; messageId: string }): string {
  return `https://discord.com/channels/${guildId}/${message.channelId}/${message.messageId}`;
}
