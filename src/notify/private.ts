// Tells the requester of an edit something that nobody else is to see: in a follow-up to the interaction while its token
// lives, or in a direct message. Who can be reached in neither way is not told; that is worth no failure.
import type { Clock } from '../clock.ts';
import type { Messenger, Outgoing } from '../discord/messenger.ts';
import type { Edit } from '../edit/record.ts';
import { DiscordTrouble } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Language } from '../settings/language.ts';
import type { Texts } from '../texts/texts.ts';
import { canReply } from './public.ts';

/**
 * Sends a message in the requester's language.
 * @param how `nonce` of the direct message, and which way is tried first
 * @throws {DiscordTrouble} when Discord is away: nothing is known, so it has to be sent again later
 */
export type SendPrivately = (
  edit: Edit,
  write: (t: Texts) => Pick<Outgoing, 'text' | 'buttons'>,
  how: { nonce: string; first: 'follow-up' | 'direct' },
) => Promise<void>;

export function createSendPrivately(options: {
  messenger: Pick<Messenger, 'followUp' | 'sendDirect'>;
  language: Language;
  clock: Clock;
  log: Log;
}): SendPrivately {
  const { messenger, language, clock, log } = options;

  return async (edit, write, { nonce, first }) => {
    const { reply, origin } = edit;
    const message = write(language.of(origin.locale));
    const direct = () => messenger.sendDirect(origin.userId, nonce, message);
    const followUps = reply && canReply(edit, clock.now()) ? [() => messenger.followUp(reply, message)] : [];
    for (const send of first === 'follow-up' ? [...followUps, direct] : [direct, ...followUps]) {
      try {
        await send();
        return;
      } catch (error) {
        if (!(error instanceof DiscordTrouble) || error.kind === 'later') throw error;
        log.debug({ edit: edit.id, err: error }, 'the requester cannot be reached this way');
      }
    }
  };
}
