// Ways of writing that no language changes: text from outside made harmless, lengths, moments, links.

/** Text from outside, made harmless in a message: markdown shows as typed. Mentions are switched off when it is sent. */
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

/** Something that a person typed, inside a sentence: short, on one line's worth of room, harmless. */
export const quote = (text: string) => escapeText(shorten(text, 100));

/** A moment (milliseconds since the epoch) as each reader's Discord shows it. Styles: f date and time, R how long ago. */
export const time = (ms: number, style: 'f' | 'R') => `<t:${Math.floor(ms / 1000)}:${style}>`;

export const mebibytes = (bytes: number) => `${Math.floor(bytes / 2 ** 20)} MiB`;

/** The address of a message in a server. */
export function messageLink(guildId: string, message: { channelId: string; messageId: string }): string {
  return `https://discord.com/channels/${guildId}/${message.channelId}/${message.messageId}`;
}
