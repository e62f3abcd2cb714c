// Cards in the review channel: posted with the pictures' bytes, rewritten with the outcome, reminded of. The pictures
// live in the card, because presigned addresses expire within days.
import type { Clock } from '../clock.ts';
import type { Messenger, OutgoingFile } from '../discord/messenger.ts';
import { DiscordTrouble, DownloadError, NotAPicture } from '../errors.ts';
import type { Members } from '../guild/members.ts';
import type { Settings, SettingsStore } from '../guild/settings.ts';
import type { Log } from '../log.ts';
import { altTextLimit, shorten, texts } from '../texts.ts';
import { type CardEdit, cardControls, cardIds, cardText } from './card-text.ts';
import type { Message } from './edit.ts';
import { type FetchPictures, resultName } from './picture-fetch.ts';

/** Where nothing was boosted; a review channel has no interaction that would tell more. */
const uploadLimit = 10 * 2 ** 20;

export type Cards = {
  /** Posts the card, or finds the one that an attempt before has posted; undefined when there is no review channel. */
  post(edit: CardEdit, signal: AbortSignal): Promise<Message | undefined>;
  /** Makes the card say what the record says. */
  rewrite(edit: CardEdit): Promise<void>;
  remind(edit: CardEdit): Promise<void>;
  /** Addresses of the pictures in a card, or in a posted result. Undefined when the message is gone. */
  pictures(edit: CardEdit, message: Message): Promise<string[] | undefined>;
};

export function createCards(options: {
  messenger: Messenger;
  fetchPictures: FetchPictures;
  settings: Pick<SettingsStore, 'get'>;
  members: Pick<Members, 'history'>;
  clock: Clock;
  log: Log;
}): Cards {
  const { messenger, clock, log } = options;

  const settingsOf = async (edit: CardEdit): Promise<Settings | undefined> =>
    edit.origin.guildId === undefined ? undefined : options.settings.get(edit.origin.guildId);
  const historyOf = async (edit: CardEdit) =>
    edit.origin.guildId === undefined ? undefined : options.members.history(edit.origin.guildId, edit.origin.userId);

  async function pictures(edit: CardEdit, message: Message): Promise<string[] | undefined> {
    const files = await messenger.files(message);
    return files?.filter(({ name }) => name.includes(`darkroom-${edit.id}-`)).map(({ url }) => url);
  }

  async function results(edit: CardEdit, signal: AbortSignal): Promise<OutgoingFile[]> {
    const posted = edit.state === 'delivered' ? await pictures(edit, edit) : undefined;
    const outputs = edit.outcome.kind === 'succeeded' ? edit.outcome.outputs.map(({ url }) => url) : [];
    const fitted = await options.fetchPictures(posted ?? outputs, uploadLimit, signal);
    const alt = shorten(edit.input.prompt, altTextLimit);
    return (fitted ?? []).map(({ bytes, info }, index) => ({
      name: resultName(edit.id, index, info),
      ...{ bytes, alt, spoiler: true },
    }));
  }

  /** The picture that was edited, if it can still be had: a card without it is better than none. */
  async function original(edit: CardEdit, signal: AbortSignal): Promise<OutgoingFile[]> {
    try {
      const [fitted] = (await options.fetchPictures(edit.input.image_urls.slice(0, 1), 4 * 2 ** 20, signal)) ?? [];
      if (!fitted) return [];
      const name = `input.${fitted.info.format}`;
      return [{ name, bytes: fitted.bytes, alt: texts.review.inputAlt, spoiler: true }];
    } catch (error) {
      if (!(error instanceof DownloadError || error instanceof NotAPicture)) throw error;
      log.debug({ edit: edit.id, err: error }, 'the input picture is not to be had for the card');
      return [];
    }
  }

  return {
    async post(edit, signal) {
      const channelId = (await settingsOf(edit))?.reviewChannelId;
      if (channelId === undefined) return undefined;
      const mark = edit.review.kind === 'report' ? cardIds.takeDown(edit.id) : cardIds.approve(edit.id);
      const found = await messenger.find(channelId, edit.id, mark);
      if (found) return found;
      const files = [...(await results(edit, signal)), ...(await original(edit, signal))];
      const text = cardText(edit, await historyOf(edit));
      const nonce = `${edit.id}-c${edit.review.openedAt % 1000}`;
      return messenger.post(channelId, nonce, { text, files, ...cardControls(edit, clock.now()) });
    },

    async rewrite(edit) {
      const { card, verdict } = edit.review;
      if (!card) return;
      const settings = await settingsOf(edit);
      const dropFiles = verdict?.kind === 'expired' && settings?.deleteExpiredFiles === true;
      try {
        const text = cardText(edit, await historyOf(edit));
        await messenger.edit(card, { text, ...cardControls(edit, clock.now()) }, dropFiles);
      } catch (error) {
        // A card that somebody deleted needs no rewriting; the decision stands in the record and in the log.
        if (!(error instanceof DiscordTrouble) || error.kind === 'later') throw error;
        log.warn({ edit: edit.id, err: error }, 'a card could not be rewritten');
      }
    },

    async remind(edit) {
      const { card } = edit.review;
      if (!card) return;
      const link = `https://discord.com/channels/${edit.origin.guildId}/${card.channelId}/${card.messageId}`;
      const text = texts.review.reminder(Math.floor(edit.review.openedAt / 1000), link);
      await messenger.post(card.channelId, `${edit.id}-rem`, { text });
    },

    pictures,
  };
}
