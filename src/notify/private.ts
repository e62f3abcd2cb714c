// Tells the requester of an edit something that nobody else is to see: as a note on the interaction while that lives,
// or as a direct message. Who can be reached in neither way is not told; that is worth no failure.
import type { Clock } from '../clock.ts';
import type { Messenger, Outgoing } from '../discord/messenger.ts';
import type { Edit } from '../edit/edit.ts';
import { DiscordTrouble } from '../errors.ts';
import type { Log } from '../log.ts';
import { canReply } from './public.ts';

/**
 * @param how `nonce` of the direct message, and which way is tried first
 * @throws {DiscordTrouble} when Discord is away: nothing is known, so it has to be said again later
 */
export type Confide = (
  edit: Edit,
  message: Pick<Outgoing, 'text' | 'buttons'>,
  how: { nonce: string; first: 'whisper' | 'direct' },
) => Promise<void>;

export function createConfide(options: {
  messenger: Pick<Messenger, 'whisper' | 'direct'>;
  clock: Clock;
  log: Log;
}): Confide {
  const { messenger, clock, log } = options;

  return async (edit, message, { nonce, first }) => {
    const { reply, origin } = edit;
    const direct = () => messenger.direct(origin.userId, nonce, message);
    const whispers = reply && canReply(edit, clock.now()) ? [() => messenger.whisper(reply, message)] : [];
    for (const say of first === 'whisper' ? [...whispers, direct] : [direct, ...whispers]) {
      try {
        await say();
        return;
      } catch (error) {
        if (!(error instanceof DiscordTrouble) || error.kind === 'later') throw error;
        log.debug({ edit: edit.id, err: error }, 'the requester cannot be reached this way');
      }
    }
  };
}
