// Direct messages about an edit. Each names the server, the channel with a link and the beginning of the prompt: whoever
// reads it may be in many servers and have asked for many edits. Each has a nonce of its own for each recipient, because
// Discord knows a nonce by its author alone: with one for several people, only the first of them would get anything.
import { createHash } from 'node:crypto';
import type { Messenger, Outgoing, Posted } from '../discord/messenger.ts';
import type { Message } from '../edit/messages.ts';
import type { Edit } from '../edit/record.ts';
import type { Language } from '../settings/language.ts';
import { channelLink, messageLink } from '../texts/format.ts';
import type { Texts } from '../texts/texts.ts';
import { quoting } from './quoting.ts';

/** `purpose`: tells the letters about one edit apart; sent again with the same, it comes once. */
export type Recipient = { id: string; locale: string | undefined; purpose: string };

/** @throws {DiscordTrouble} */
export type SendDirect = (
  edit: Edit,
  to: Recipient,
  write: (t: Texts) => Pick<Outgoing, 'text' | 'buttons' | 'files'>,
) => Promise<Posted>;

/** Discord takes 25 characters. */
const nonceLength = 22;

const nonceOf = (edit: Edit, { id, purpose }: Recipient) =>
  createHash('sha256').update(`${edit.id} ${purpose} ${id}`).digest('base64url').slice(0, nonceLength);

/** What people in the channel see of an edit, to link to. */
function standing(edit: Edit): Message | undefined {
  if (edit.state === 'delivered') return edit;
  const notice = edit.state === 'rejected' ? edit.notice : undefined;
  return notice ?? edit.review?.notice;
}

export function createSendDirect(options: {
  messenger: Pick<Messenger, 'sendDirect' | 'server'>;
  language: Language;
}): SendDirect {
  const { messenger, language } = options;

  /** Where the edit was asked for; in a direct message, that is known. */
  async function place({ origin, ...edit }: Edit, t: Texts): Promise<string> {
    const { guildId, channelId } = origin;
    if (guildId === undefined) return '';
    const message = standing({ ...edit, origin });
    const link = message ? messageLink(guildId, message) : channelLink(guildId, channelId);
    return t.general.place((await messenger.server(guildId))?.name, channelId, link);
  }

  return async (edit, to, write) => {
    const t = language.of(to.locale);
    const { text, files = [], ...rest } = write(t);
    const where = await place(edit, t);
    return quoting((quoted) =>
      messenger.sendDirect(to.id, nonceOf(edit, to), {
        ...rest,
        // Pictures are described in the words of the prompt.
        files: quoted ? files : files.map((file) => ({ ...file, alt: '' })),
        text: [where, quoted ? t.general.prompt(edit.input.prompt) : '', text].filter((line) => line !== '').join('\n'),
      }),
    );
  };
}
