// The result whose button was pressed: its record, its message, and who presses.
import type { BaseInteraction, Message } from 'discord.js';
import { buttonId, buttons } from '../src/buttons.ts';
import type { Edit } from '../src/edit/record.ts';
import { isShown } from '../src/edit/shown.ts';
import { DiscordTrouble, UserError } from '../src/errors.ts';
import type { Picture } from '../src/models/model.ts';

import type { Bot } from './command.ts';
import { isModerator } from './person.ts';
import { readPicture } from './start-edit.ts';

type By = Parameters<Bot['result']['removal']['check']>[1];
type Shown = Extract<Edit, { state: 'delivering' | 'delivered' }>;

/**
 * The edit whose result a message shows.
 * @throws {UserError} when it is forgotten, or its picture is not shown any more
 */
export async function findShown(editId: string, messageId: string, { edits }: Pick<Bot, 'edits'>): Promise<Shown> {
  const edit = await edits.load(editId);
  if (!edit) throw new UserError((t) => t.result.forgotten);
  if (!isShown(edit, messageId)) {
    throw new UserError((t) => (edit.erased ? t.result.alreadyDeleted : t.result.notShownNow));
  }
  return edit;
}

/**
 * An edit that failed, for whoever reads so.
 * @throws {UserError} when it is forgotten, or goes on after all
 */
export async function findFailed(editId: string, { edits }: Pick<Bot, 'edits'>): Promise<Edit> {
  const edit = await edits.load(editId);
  if (!edit || edit.erased) throw new UserError((t) => t.general.unknownEdit);
  if (edit.state !== 'failed') throw new UserError((t) => t.result.goesOn);
  return edit;
}

/** The pictures of a result's message, as Discord shows them now, in their order. */
export function readResult(editId: string, { id, channelId, attachments }: Message): Picture[] {
  return [...attachments.values()].map((attachment, picture) => ({
    ...readPicture(attachment),
    parent: { editId, picture, channelId, messageId: id },
  }));
}

/**
 * The pictures of a result whose message is not the one that was pressed.
 * @throws {UserError} when they cannot be seen now
 */
export async function fetchResult(
  editId: string,
  message: { channelId: string; messageId: string },
  { result }: Pick<Bot, 'result'>,
): Promise<Picture[]> {
  try {
    const files = (await result.files(message)) ?? [];
    return files.map((file, picture) => ({ ...file, parent: { editId, picture, ...message } }));
  } catch (error) {
    if (!(error instanceof DiscordTrouble)) throw error;
    throw new UserError((t) => t.run.pictureAway, { cause: error });
  }
}

type Request = ReturnType<Bot['run']['repeat']>;

/**
 * The request with addresses of its original that work now.
 * @param messageId of its result, if there is one
 * @throws {UserError} when it is gone for good, which offers the result instead
 */
export async function withOriginal(
  request: Request,
  edit: Edit,
  messageId: string | undefined,
  { source }: Pick<Bot, 'source'>,
): Promise<Request> {
  const urls = await source.addresses(edit);
  // What was converted before is handed on as it is now.
  const left = edit.intake?.filter(({ asset }) => !asset) ?? [];
  const intake = left.length > 0 ? left : undefined;
  if (urls) return { ...request, input: { ...request.input, image_urls: [...urls] }, intake };
  if (messageId === undefined) throw new UserError((t) => t.run.sourceExpired);
  throw new UserError((t) => t.run.picturesExpired, {
    offer: { id: buttonId(buttons.further, edit.id, messageId), label: (t) => t.result.further.button },
  });
}

/**
 * Who asked for the edit whose result this is, as the message itself says: it outlives the record. Nobody but the bot
 * writes either: the interaction that it answers is the edit's id, and a message of its own begins with a mention, where
 * no prompt can stand.
 */
export function readRequester(
  { author, client, interactionMetadata, content }: Message,
  editId: string,
): string | undefined {
  if (author.id !== client.user.id) return undefined;
  if (interactionMetadata) return interactionMetadata.id === editId ? interactionMetadata.user.id : undefined;
  return /^<@(\d{1,20})>\n/.exec(content)?.[1];
}

/** Who presses. @param requesterId whom the result's message names */
export async function readBy(
  interaction: BaseInteraction,
  requesterId: string | undefined,
  { settings }: Pick<Bot, 'settings'>,
): Promise<By> {
  const { user, guildId } = interaction;
  const moderator = await isModerator(interaction, settings);
  return { userId: user.id, guildId: guildId ?? undefined, moderator, isNamed: requesterId === user.id };
}
