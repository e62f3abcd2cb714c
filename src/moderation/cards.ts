// Cards in the review channel: posts them with the pictures, rewrites them with the outcome, reminds moderators. The
// pictures are uploaded to the card because presigned addresses expire within days.
import { buttonId, buttons } from '../buttons.ts';
import type { Clock } from '../clock.ts';
import type { MayGo } from '../discord/leaving.ts';
import { altTextLimit, messageLimit, usualUploadLimit } from '../discord/limits.ts';
import type { Messenger, OutgoingFile } from '../discord/messenger.ts';
import type { Message } from '../edit/messages.ts';
import type { Edit } from '../edit/record.ts';
import type { Prints, Unshown } from '../edit/review-record.ts';
import type { StepContext } from '../edit/step.ts';
import { clockSkewMs, type Timing } from '../edit/timing.ts';
import { DiscordTrouble, isRefusal, NoFit, NotAPicture } from '../errors.ts';
import type { Log } from '../log.ts';
import { publicLocale } from '../notify/public.ts';
import { type FetchPictures, type Fitted, resultFiles, type Wanted, wantPictures } from '../picture/fetch.ts';
import type { Language } from '../settings/language.ts';
import type { Settings, SettingsStore } from '../settings/settings.ts';
import { messageLink, shorten } from '../texts/format.ts';
import type { Texts } from '../texts/texts.ts';
import type { LookUp, TellPrints } from './about.ts';
import { type CardEdit, cardControls, cardText, resultOf } from './card-text.ts';
import type { Ping } from './ping.ts';

/** A role's mention and a space. */
const pingRoom = 26;

/** How a card's files are told apart; a spoiler's name has a prefix. */
const isResult = ({ id }: Pick<Edit, 'id'>, name: string) => name.includes(`darkroom-${id}-`);
const isSource = /^(?:SPOILER_)?input\.\w+$/;

/** Bytes for all results and for the source picture: together below Discord's limit of 25 MiB for one request. */
const resultsLimit = 20 * 2 ** 20;
const originalLimit = 4 * 2 ** 20;
/** Enough of the source picture to judge by; it may have 40 megapixels. */
const originalPixels = 3_000_000;

/** The results, and the picture that was edited, as far as it is shown. */
export type Pictures = { results: readonly string[]; source: string | undefined };

export type Cards = {
  /**
   * Posts the card, or finds the one from an earlier attempt.
   * @param mayGo looks at the channel again when the card leaves: fetching the pictures may take long
   * @throws {DiscordTrouble}, and whatever `mayGo` throws
   */
  post(
    edit: CardEdit,
    channelId: string,
    mayGo: MayGo,
    context: StepContext,
  ): Promise<{ card: Message; fresh: boolean; unshown?: Unshown | undefined; prints?: Prints | undefined }>;
  /** Whether the bot still sees its card. @throws {DiscordTrouble} */
  stands(edit: CardEdit): Promise<boolean>;
  /** Updates the card from the record. @returns false when it is gone. @throws {DiscordTrouble} to try later */
  rewrite(edit: CardEdit): Promise<boolean>;
  /** Takes the buttons off a card that nothing can be done with any more. @throws {DiscordTrouble} to try later */
  close(edit: Pick<Edit, 'id'>, card: Message): Promise<void>;
  /** @returns false when the card is gone, so there is nothing to link to. @throws {DiscordTrouble} */
  remind(edit: CardEdit): Promise<boolean>;
  /** Says under the card that its requester asks for another look. @throws {DiscordTrouble} to try later */
  tellContest(edit: Edit, at: number): Promise<void>;
  /** Addresses of what a moderator has to judge. @throws {DiscordTrouble} */
  shown(edit: CardEdit): Promise<Pictures>;
  /** Addresses of the pictures in a card or a posted result; undefined when they are no longer there. */
  pictures(edit: Pick<Edit, 'id'>, message: Message): Promise<string[] | undefined>;
};

export function createCards(options: {
  messenger: Messenger;
  fetchPictures: FetchPictures;
  settings: Pick<SettingsStore, 'get'>;
  lookUp: LookUp;
  tellPrints: TellPrints;
  ping: Ping;
  language: Language;
  clock: Clock;
  timing: Timing;
  log: Log;
}): Cards {
  const { messenger, clock, log } = options;

  const settingsOf = async (edit: CardEdit): Promise<Settings | undefined> =>
    edit.origin.guildId === undefined ? undefined : options.settings.get(edit.origin.guildId);
  /** Moderators read in their server's language. */
  const wordsOf = (edit: CardEdit): Texts => options.language.of(publicLocale(edit));

  /** A text with the ping that it may begin with. */
  async function pinging({ origin }: Pick<Edit, 'origin'>, what: string, text: string) {
    const pingRole = origin.guildId === undefined ? undefined : await options.ping(origin.guildId, what);
    return { text: pingRole === undefined ? text : `<@&${pingRole}> ${text}`, pingRole };
  }

  /** Reads a message of the bot; undefined when it is gone or no longer visible. */
  async function look(edit: Pick<Edit, 'id'>, message: Message) {
    try {
      return await messenger.files(message);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      log.warn({ edit: edit.id, ...message, err: error }, 'a message with pictures cannot be read');
      return undefined;
    }
  }

  async function pictures(edit: Pick<Edit, 'id'>, message: Message): Promise<string[] | undefined> {
    const files = (await look(edit, message)) ?? [];
    const ours = files.filter(({ name }) => isResult(edit, name)).map(({ url }) => url);
    return ours.length > 0 ? ours : undefined;
  }

  async function resultUrls(edit: CardEdit): Promise<string[]> {
    const posted = edit.state === 'delivered' ? await pictures(edit, edit) : undefined;
    const result = resultOf(edit);
    return posted ?? (result?.kind === 'succeeded' ? result.outputs.map(({ url }) => url) : []);
  }

  async function wantResults(edit: CardEdit): Promise<Wanted[]> {
    const urls = await resultUrls(edit);
    return wantPictures(urls, Math.min(usualUploadLimit, Math.floor(resultsLimit / Math.max(1, urls.length))));
  }

  /**
   * The source picture, if still available: a card without it is better than none, so it is also left off after the
   * process has ended over it.
   */
  const wantOriginal = (edit: CardEdit, ifMissing: (error: Error) => void): Wanted[] =>
    edit.input.image_urls.slice(0, (edit.shrinks ?? 0) < options.timing.originalTries ? 1 : 0).map((url) => ({
      url,
      limit: originalLimit,
      convert: edit.intake?.some(({ picture }) => picture === 0) ?? false,
      pixels: originalPixels,
      ifMissing(err) {
        log.debug({ edit: edit.id, err }, 'the input picture is not to be had for the card');
        ifMissing(err);
      },
    }));

  function files(edit: CardEdit, results: readonly Fitted[], original: Fitted | undefined): OutgoingFile[] {
    const alt = edit.review.unshown === 'words' ? '' : shorten(edit.input.prompt, altTextLimit);
    const shown = resultFiles(edit, results, { alt, spoiler: () => true });
    if (!original) return shown;
    const { pieces, info } = original;
    const inputAlt = wordsOf(edit).moderation.card.inputAlt;
    return [...shown, { name: `input.${info.format}`, pieces, alt: inputAlt, spoiler: true }];
  }

  /** Where Discord does not take the words, or not all of the files, a card without them is better than none. */
  async function send(
    bare: CardEdit,
    channelId: string,
    results: readonly Fitted[],
    original: Fitted | undefined,
    unshown: Unshown | undefined,
    mayGo: MayGo,
  ): Promise<{ card: Message; unshown: Unshown | undefined }> {
    const without = (what: Unshown | undefined): CardEdit => ({ ...bare, review: { ...bare.review, unshown: what } });
    const edit = without(unshown);
    const t = wordsOf(edit);
    const nonce = `${edit.id}-c${(edit.review.openedAt + (edit.review.lost ?? 0)) % 1000}`;
    const controls = cardControls(edit, clock.now(), t);
    const now = clock.now();
    const text = cardText(edit, { ...(await options.lookUp(edit)), room: messageLimit - pingRoom }, t);
    try {
      const message = { ...(await pinging(edit, nonce, text)), files: files(edit, results, original), ...controls };
      const card = await messenger.send(channelId, nonce, message, mayGo);
      return { card, unshown };
    } catch (error) {
      const refused = error instanceof DiscordTrouble && !['later', 'forbidden', 'reply-gone'].includes(error.kind);
      if (!refused) throw error;
      log.warn({ edit: edit.id, err: error }, 'a card was refused; it is posted without the prompt and the source');
      const plain = without('words');
      const text = cardText(plain, { now }, t);
      const shown = files(plain, results, undefined);
      const card = await messenger.send(channelId, `${nonce}p`, { text, files: shown, ...controls }, mayGo);
      return { card, unshown: 'words' };
    }
  }

  return {
    async post(edit, channelId, mayGo, { note, signal }) {
      const mark = buttonId(edit.review.kind === 'report' ? buttons.takeDown : buttons.approve, edit.id);
      const span = { from: edit.review.openedAt - clockSkewMs };
      const found = await messenger.find(channelId, span, (message) => message.carries(mark));
      // Somebody may have reported or contested it since an earlier attempt posted it.
      if (found) {
        const { channelId, messageId } = found;
        return { card: { channelId, messageId }, fresh: false };
      }
      const { shrinks = 0 } = edit;
      if (shrinks >= options.timing.shrinkTries) {
        throw new NoFit(`the process ended ${shrinks} times over these pictures`);
      }
      const wanted = await wantResults(edit);
      // Neither missing nor there, it was too large, or has ended the process too often.
      let whyMissing: Unshown = 'too-large';
      const original = wantOriginal(edit, (error) => {
        whyMissing = error instanceof NotAPicture ? 'unreadable' : 'gone';
      });
      const use = async (pictures: readonly (Fitted | undefined)[]) => {
        const results = pictures.slice(0, wanted.length).filter((picture) => picture !== undefined);
        // Moderators cannot judge a card without its picture.
        if (results.length < wanted.length) throw new NoFit('no format fits');
        const source = pictures[wanted.length];
        const unshown = source || edit.input.image_urls.length === 0 ? undefined : whyMissing;
        const prints = await options.tellPrints(results, source, signal);
        const seen = prints ? { ...edit, review: { ...edit.review, prints } } : edit;
        return { ...(await send(seen, channelId, results, source, unshown, mayGo)), fresh: true, prints };
      };
      return options.fetchPictures([...wanted, ...original], signal, use, () => note({ type: 'shrinking' }));
    },

    async stands(edit) {
      const { card } = edit.review;
      return card !== undefined && (await look(edit, card)) !== undefined;
    },

    async rewrite(edit) {
      const { card, verdict } = edit.review;
      if (!card) return true;
      const settings = await settingsOf(edit);
      const dropFiles = verdict?.kind === 'expired' && settings?.deleteExpiredFiles === true;
      try {
        const t = wordsOf(edit);
        const now = clock.now();
        const text = cardText(edit, await options.lookUp(edit), t);
        await messenger.editMessage(card, { text, ...cardControls(edit, now, t) }, dropFiles);
        return true;
      } catch (error) {
        // Record and log keep a decision without its card; only an open review needs a new one.
        if (!isRefusal(error)) throw error;
        log.warn({ edit: edit.id, err: error }, 'a card could not be rewritten');
        // With its channel, the card is gone as well; where the bot is kept out, it would stay as it was before.
        const isGone = ['reply-gone', 'gone', 'forbidden'].includes(error.kind);
        return !isGone && settings?.reviewChannel === card.channelId;
      }
    },

    async close(edit, card) {
      try {
        await messenger.editMessage(card, {});
      } catch (error) {
        if (!isRefusal(error)) throw error;
        log.debug({ edit: edit.id, err: error }, 'the buttons of a decided card cannot be removed');
      }
    },

    async remind(edit) {
      const { card } = edit.review;
      if (!card) return false;
      const inPlace = (await settingsOf(edit))?.reviewChannel === card.channelId;
      if ((await (inPlace ? messenger.files(card) : look(edit, card))) === undefined) return false;
      const link = messageLink(edit.origin.guildId ?? '@me', card);
      const text = wordsOf(edit).moderation.card.reminder(edit.review.openedAt, link);
      const nonce = `${edit.id}-rem`;
      await messenger.send(card.channelId, nonce, await pinging(edit, nonce, text));
      return true;
    },

    async tellContest(edit, at) {
      const card = edit.review?.card;
      if (!card) return;
      const t = options.language.of(publicLocale(edit));
      const nonce = `${edit.id}-a${at % 1000}`;
      try {
        const message = await pinging(edit, nonce, t.moderation.card.asksAgain(edit.origin.userId));
        await messenger.send(card.channelId, nonce, { ...message, answers: card.messageId });
      } catch (error) {
        // The card itself says so, too.
        if (!isRefusal(error)) throw error;
        log.warn({ edit: edit.id, err: error }, 'it cannot be said under a card that another look is asked for');
      }
    },

    async shown(edit) {
      const { card } = edit.review;
      const files = (card && (await look(edit, card))) ?? [];
      const results = files.filter(({ name }) => isResult(edit, name)).map(({ url }) => url);
      if (results.length > 0) return { results, source: files.find(({ name }) => isSource.test(name))?.url };
      return { results: await resultUrls(edit), source: edit.input.image_urls[0] };
    },

    pictures,
  };
}
