// The files of the bot's own messages, as Discord shows them now: their fresh addresses, and whether they are covered.
import { DiscordAPIError, Routes } from 'discord.js';
import { z } from 'zod';
import { unknownMessage } from './trouble.ts';

type Where = { channelId: string; messageId: string };

export type PostedFile = {
  name: string;
  url: string;
  contentType: string | null;
  bytes: number;
  width: number | null;
  height: number | null;
  spoiler: boolean;
};

export type Attachments = {
  /** The files of a message of the bot, with fresh addresses; undefined when it is gone. @throws {DiscordTrouble} */
  files(message: Where): Promise<readonly PostedFile[] | undefined>;
  /**
   * Covers or shows files of a message of the bot where it stands, without uploading them again. Idempotent.
   * @param which their positions, from 0 on; all of them if not given
   * @returns the files as they are afterwards, for what is named as a spoiler stays one; undefined when the message is gone
   * @throws {DiscordTrouble}
   */
  setSpoiler(message: Where, spoiler: boolean, which?: readonly number[]): Promise<readonly PostedFile[] | undefined>;
};

/** Attachment flag IS_SPOILER, and the flag of a channel whose pictures are all covered. */
export const spoilerFlag = 1 << 3;
export const spoilerChannelFlag = 1 << 21;
/** Attachment flag IS_ANIMATED. */
export const animatedFlag = 1 << 5;

const shape = z.object({
  attachments: z.array(
    z.object({
      id: z.string(),
      filename: z.string(),
      url: z.string(),
      content_type: z.string().nullish(),
      size: z.number().catch(0),
      width: z.number().nullish(),
      height: z.number().nullish(),
      flags: z.number().catch(0).default(0),
    }),
  ),
});

/**
 * @param bot requests with the bot's token; they throw discord.js's errors
 * @param attempt makes them DiscordTrouble
 */
export function createAttachments(
  bot: { get(route: `/${string}`): Promise<unknown>; patch(route: `/${string}`, body: object): Promise<unknown> },
  attempt: <Result>(request: () => Promise<Result>) => Promise<Result>,
): Attachments {
  const read = (message: unknown) => shape.parse(message).attachments;
  const shown = (message: unknown): PostedFile[] =>
    read(message).map(({ filename, url, content_type, size, width, height, flags }) => ({
      name: filename,
      url,
      contentType: content_type ?? null,
      bytes: size,
      width: width ?? null,
      height: height ?? null,
      spoiler: (flags & spoilerFlag) !== 0,
    }));

  async function unlessGone<Result>(request: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await request();
    } catch (error) {
      if (error instanceof DiscordAPIError && error.code === unknownMessage) return undefined;
      throw error;
    }
  }

  return {
    files: ({ channelId, messageId }) =>
      attempt(() => unlessGone(async () => shown(await bot.get(Routes.channelMessage(channelId, messageId))))),

    setSpoiler: ({ channelId, messageId }, spoiler, which) =>
      attempt(() =>
        unlessGone(async () => {
          const route = Routes.channelMessage(channelId, messageId);
          // An attachment that is not named in the list is removed from the message.
          const attachments = read(await bot.get(route)).map(({ id }, index) =>
            which === undefined || which.includes(index) ? { id, is_spoiler: spoiler } : { id },
          );
          return shown(await bot.patch(route, { attachments }));
        }),
      ),
  };
}
