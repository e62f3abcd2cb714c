// Formatting that is the same in every language: escaping, shortening, timestamps, links.

/** Escapes text from outside, so that markdown shows as typed. Mentions are switched off on sending. */
export function escapeText(text: string): string {
  return text.replace(/[\\*_~`|<>@[\]]/g, '\\$&').replace(/^(\s*)([#+-])/gm, '$1\\$2');
}

// Anything but space, controls, marks without a letter, what Unicode assigns to nothing visible, and the characters
// whose picture is blank.
const visible =
  /[^\p{White_Space}\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{M}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}\u2800\uFFFC\u{13441}\u{13442}\u{16FE4}\u{1D159}]/u;

/** Whether there is anything in a text that a person can see. */
export const isVisible = (text: string) => visible.test(text);

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

/** A time (milliseconds since the epoch) that the reader's Discord formats. Styles: f date and time, T time with seconds, R relative. */
export const time = (ms: number, style: 'f' | 'T' | 'R') => `<t:${Math.floor(ms / 1000)}:${style}>`;

/** Of what is too much: rounded up, so that it is more than the limit also in words. */
export const mebibytesOver = (bytes: number) => `${Math.ceil((bytes * 10) / 2 ** 20) / 10} MiB`;

export const mebibytes = (bytes: number) => `${Math.floor(bytes / 2 ** 20)} MiB`;

/** The address of a channel in a server. */
export const channelLink = (guildId: string, channelId: string) =>
  `https://discord.com/channels/${guildId}/${channelId}`;

/** The address of a message in a server. */
export function messageLink(guildId: string, message: { channelId: string; messageId: string }): string {
  return `${channelLink(guildId, message.channelId)}/${message.messageId}`;
}
