// Tells an edit's requester something that nobody else may see: in an ephemeral follow-up while the interaction's token
// lives, or in a direct message. If neither works, the requester is not told, and the edit does not fail.
import type { Clock } from '../clock.ts';
import type { Messenger, Outgoing, ReplyTo } from '../discord/messenger.ts';
import type { Edit } from '../edit/record.ts';
import { isRefusal } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Language } from '../settings/language.ts';
import type { Texts } from '../texts/texts.ts';
import type { SendDirect } from './direct.ts';
import { canReply } from './public.ts';
import { quoting } from './quoting.ts';

/**
 * Sends a message in the requester's language.
 * @param how `purpose` tells it from other letters about the edit; and which way to try first
 * @returns whether the requester could be reached
 * @throws {DiscordTrouble} when Discord is down: the message may not have arrived, so send it again later
 */
export type SendPrivately = (
  edit: Edit,
  write: (t: Texts) => Pick<Outgoing, 'text' | 'buttons'>,
  how: { purpose: string; first: 'follow-up' | 'direct' },
) => Promise<boolean>;

export function createSendPrivately(options: {
  messenger: Pick<Messenger, 'followUp'>;
  sendDirect: SendDirect;
  language: Language;
  clock: Clock;
  log: Log;
}): SendPrivately {
  const { messenger, language, clock, log } = options;

  return async (edit, write, { purpose, first }) => {
    const { reply, origin } = edit;
    const direct = () => options.sendDirect(edit, { id: origin.userId, locale: origin.locale, purpose }, write);
    const t = language.of(origin.locale);
    const message = write(t);
    // It stands where it was asked for, so it names the prompt alone.
    const followUp = (to: ReplyTo) =>
      quoting((quoted) => {
        const prompt = quoted ? `${t.general.prompt(edit.input.prompt)}\n` : '';
        return messenger.followUp(to, { ...message, text: `${prompt}${message.text}` });
      });
    const followUps = reply && canReply(edit, clock.now()) ? [() => followUp(reply)] : [];
    for (const send of first === 'follow-up' ? [...followUps, direct] : [direct, ...followUps]) {
      try {
        await send();
        return true;
      } catch (error) {
        if (!isRefusal(error)) throw error;
        log.debug({ edit: edit.id, err: error }, 'the requester cannot be reached this way');
      }
    }
    return false;
  };
}
