// A result that cannot be posted in its channel for good: its requester gets it, or at least the reason, in a direct
// message, and nothing in the channel goes on promising it.
import { altTextLimit, usualUploadLimit } from '../discord/limits.ts';
import { isUnpostedCovered } from '../edit/covers.ts';
import { isPrivate } from '../edit/private.ts';
import type { Failed } from '../edit/record.ts';
import { isApproval } from '../edit/review.ts';
import type { StepContext } from '../edit/step.ts';
import { DownloadError, isRefusal, NotAPicture } from '../errors.ts';
import type { Log } from '../log.ts';
import type { SendDirect } from '../notify/direct.ts';
import type { Public } from '../notify/public.ts';
import { type FetchPictures, resultFiles, wantPictures } from '../picture/fetch.ts';
import { shorten } from '../texts/format.ts';
import type { TellFailure } from './tell-failure.ts';

/** @throws {DiscordTrouble} when Discord is down: try later */
export type SendUndeliverable = (edit: Failed, context: StepContext) => Promise<void>;

/** Whether its requester may see it: cleared by the model, or approved by a moderator. */
function isShowable({ unposted, review }: Failed): boolean {
  return unposted?.outcome.nsfw === false || isApproval(review?.verdict?.kind);
}

export function createSendUndeliverable(options: {
  sendDirect: SendDirect;
  fetchPictures: FetchPictures;
  approvedPictures: (edit: Failed) => Promise<string[] | undefined>;
  public: Pick<Public, 'clear'>;
  tellFailure: TellFailure;
  log: Log;
}): SendUndeliverable {
  const { log } = options;

  async function sendPictures(edit: Failed, signal: AbortSignal): Promise<boolean> {
    const { unposted, origin } = edit;
    if (!unposted || !isShowable(edit)) return false;
    const urls = (await options.approvedPictures(edit)) ?? unposted.outcome.outputs.map(({ url }) => url);
    const alt = shorten(edit.input.prompt, altTextLimit);
    try {
      await options.fetchPictures(wantPictures(urls, usualUploadLimit), signal, (pictures) =>
        options.sendDirect(
          edit,
          { id: origin.userId, locale: origin.locale, purpose: `p${edit.round ?? ''}` },
          (t) => ({
            text: t.result[isPrivate(edit) ? 'sentDirectlyLate' : 'sentDirectly'](origin.channelId),
            files: resultFiles(
              edit,
              pictures.filter((picture) => picture !== undefined),
              { alt, spoiler: (picture) => isUnpostedCovered(edit, picture) },
            ),
          }),
        ),
      );
      return true;
    } catch (error) {
      const isMissing = error instanceof DownloadError || error instanceof NotAPicture;
      if (!isMissing && !isRefusal(error)) throw error;
      log.warn({ edit: edit.id, err: error }, 'a result cannot be sent to its requester either');
      return false;
    }
  }

  return async (edit, context) => {
    const { note, signal } = context;
    const sent = edit.sentDirectly ?? (await sendPictures(edit, signal));
    // Discord knows a nonce for minutes, and telling the channel may take longer.
    if (sent && !edit.sentDirectly) await note({ type: 'sent-directly' });
    if (sent) await options.public.clear(edit);
    else await options.tellFailure(edit, context);
  };
}
