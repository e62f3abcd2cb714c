// Tells an edit's requester something that nobody else may see: in an ephemeral follow-up while the interaction's token
// lives, or in a direct message. If neither works, the requester is not told, and the edit does not fail.
import type { Clock } from '../clock.ts';
import type { Messenger, Outgoing } from '../discord/messenger.ts';
import type { Edit } from '../edit/record.ts';
import { isRefusal } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Language } from '../settings/language.ts';
import type { Texts } from '../texts/texts.ts';
import type { SendDirect } from './direct.ts';
import { canReply } from './public.ts';
import { quoting } from './quoting.ts';

export type Private = Pick<Outgoing, 'text' | 'buttons'>;

/** A follow-up stands in the channel where it was asked for; a direct message does not. */
export type Way = 'follow-up' | 'direct';

/** How the requester was reached; the id of a follow-up, which can be rewritten. */
export type Reached = { followUp?: string };

/**
 * Sends a message in the requester's language.
 * @param how `purpose` tells it from other letters about the edit; which way to try first; and the follow-up that there is,
 * which is rewritten instead of beginning another one
 * @returns undefined when the requester could not be reached
 * @throws {DiscordTrouble} when Discord is down: the message may not have arrived, so send it again later
 */
export type SendPrivately = (
  edit: Edit,
  write: (t: Texts, way: Way) => Private,
  how: { purpose: string; first: Way; note?: string | undefined },
) => Promise<Reached | undefined>;

/**
 * Rewrites such a follow-up.
 * @returns false when its time is over, or when it is gone
 * @throws {DiscordTrouble} when Discord is down: try later
 */
export type RewritePrivate = (edit: Edit, followUp: string, write: (t: Texts) => Private) => Promise<boolean>;

type Options = { language: Language; clock: Clock; log: Log };

/** A follow-up stands where it was asked for, so it names the prompt alone. */
function quotePrompt(edit: Edit, message: Private, t: Texts, quoted: boolean): Private {
  return quoted ? { ...message, text: `${t.general.prompt(edit.input.prompt)}\n${message.text}` } : message;
}

export function createSendPrivately(
  options: Options & { messenger: Pick<Messenger, 'followUp' | 'editFollowUp'>; sendDirect: SendDirect },
): SendPrivately {
  const { messenger, language, clock, log } = options;

  return async (edit, write, { purpose, first, note }) => {
    const { reply, origin } = edit;
    const t = language.of(origin.locale);
    const message = write(t, 'follow-up');
    const direct = async (): Promise<Reached> => {
      await options.sendDirect(edit, { id: origin.userId, locale: origin.locale, purpose }, (own) =>
        write(own, 'direct'),
      );
      return {};
    };
    const followUps =
      reply && canReply(edit, clock.now())
        ? [
            (): Promise<Reached> =>
              quoting(async (quoted) => {
                const own = quotePrompt(edit, message, t, quoted);
                const stands = note !== undefined && (await messenger.editFollowUp(reply, note, own));
                return { followUp: stands ? note : await messenger.followUp(reply, own) };
              }),
          ]
        : [];
    for (const send of first === 'follow-up' ? [...followUps, direct] : [direct, ...followUps]) {
      try {
        return await send();
      } catch (error) {
        if (!isRefusal(error)) throw error;
        log.debug({ edit: edit.id, err: error }, 'the requester cannot be reached this way');
      }
    }
    return undefined;
  };
}

export function createRewritePrivate(
  options: Options & { messenger: Pick<Messenger, 'editFollowUp'> },
): RewritePrivate {
  const { messenger, language, clock, log } = options;

  return async (edit, followUp, write) => {
    const { reply, origin } = edit;
    if (!reply || !canReply(edit, clock.now())) return false;
    const t = language.of(origin.locale);
    const message = write(t);
    try {
      return await quoting((quoted) => messenger.editFollowUp(reply, followUp, quotePrompt(edit, message, t, quoted)));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      log.debug({ edit: edit.id, err: error }, 'a private note cannot be rewritten');
      return false;
    }
  };
}
