// What a member asked for → a checked input for Runflow, or a UserError that says what to change. Pure, and before
// anything is paid for.
import { UserError } from '../errors.ts';
import type { Model } from '../models/models.ts';
import { texts } from '../texts.ts';

/** A picture as Discord describes it. */
export type Picture = {
  url: string;
  name: string;
  /** MIME type as declared, possibly with parameters. */
  contentType: string | null;
  bytes: number;
  width: number | null;
  height: number | null;
};

export type Wish = {
  pictures: readonly Picture[];
  prompt: string;
  seed?: number | undefined;
  steps?: number | undefined;
  size?: string | undefined;
  count?: number | undefined;
  format?: string | undefined;
  safety?: boolean | undefined;
};

/** Where the wish was made and what its author and the bot may do there. */
export type Place = {
  ageRestricted: boolean;
  /** The author has Manage Messages here. */
  moderator: boolean;
  thread: boolean;
  /** What the bot may do here; absent in a direct message, where it may do all it needs. */
  permissions: { view: boolean; send: boolean; sendInThreads: boolean; attach: boolean } | undefined;
};

/** The model's `input`, by its documentation page. An option that was not given is not sent. */
export type RunInput = {
  prompt: string;
  image_urls: string[];
  seed?: number;
  num_inference_steps?: number;
  image_size?: string;
  num_images?: number;
  output_format?: string;
  enable_safety_checker?: boolean;
  sync_mode?: boolean;
};

/** Characters that a prompt may have: Discord's limit for one message, so that it can be shown whole. */
export const promptLimit = 2000;
/** Per picture: ours, so that a run does not fail on what the model would have to shrink twentyfold. */
export const pictureLimits = { bytes: 20 * 2 ** 20, pixels: 40_000_000 };
export const pictureTypes = ['image/png', 'image/jpeg', 'image/webp'];

/** Whether a declared type is one that the model reads. */
export function isPicture(picture: Pick<Picture, 'contentType'>): boolean {
  return pictureTypes.includes((picture.contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '');
}

function checkPlace(place: Place): void {
  const may = place.permissions;
  if (!may) return;
  const missing: string[] = [];
  if (!may.view) missing.push(texts.permissions.view);
  if (place.thread ? !may.sendInThreads : !may.send) {
    missing.push(place.thread ? texts.permissions.sendInThreads : texts.permissions.send);
  }
  if (!may.attach) missing.push(texts.permissions.attach);
  if (missing.length > 0) throw new UserError(texts.refusals.permissions(missing));
}

function checkPicture(picture: Picture): void {
  if (!isPicture(picture)) throw new UserError(texts.refusals.pictureType(picture.name));
  if (picture.bytes > pictureLimits.bytes) throw new UserError(texts.refusals.pictureBytes(picture.name));
  if ((picture.width ?? 0) * (picture.height ?? 0) > pictureLimits.pixels) {
    throw new UserError(texts.refusals.picturePixels(picture.name));
  }
}

function checkRange(name: string, value: number | undefined, [least, most]: readonly [number, number]): void {
  if (value !== undefined && (!Number.isSafeInteger(value) || value < least || value > most)) {
    throw new UserError(texts.refusals.range(name, least, most));
  }
}

/**
 * Checks a wish against the model and the place.
 * @throws {UserError} that says what is wrong and what to do
 */
export function checkRequest(wish: Wish, place: Place, model: Model): RunInput {
  checkPlace(place);
  const prompt = wish.prompt.trim();
  if (prompt === '') throw new UserError(texts.refusals.noPrompt);
  if (prompt.length > promptLimit) throw new UserError(texts.refusals.promptLength(promptLimit));
  if (wish.pictures.length === 0) throw new UserError(texts.refusals.noPicture);
  if (wish.pictures.length > model.references) throw new UserError(texts.refusals.pictures(model.references));
  wish.pictures.forEach(checkPicture);
  checkRange('steps', wish.steps, model.steps);
  checkRange('count', wish.count, [1, model.outputs]);
  checkRange('seed', wish.seed, [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]);
  if (wish.safety === false && !(place.moderator && place.ageRestricted)) {
    throw new UserError(texts.refusals.safety);
  }
  return {
    prompt,
    image_urls: wish.pictures.map((picture) => picture.url),
    ...(wish.seed === undefined ? {} : { seed: wish.seed }),
    ...(wish.steps === undefined ? {} : { num_inference_steps: wish.steps }),
    ...(wish.size === undefined ? {} : { image_size: wish.size }),
    ...(wish.count === undefined ? {} : { num_images: wish.count }),
    ...(wish.format === undefined ? {} : { output_format: wish.format }),
    ...(wish.safety === undefined ? {} : { enable_safety_checker: wish.safety }),
  };
}

/** When a signed Discord URL stops working (its `ex` parameter, hexadecimal seconds); undefined when it does not say. */
export function urlExpiry(url: string): number | undefined {
  const ex = URL.canParse(url) ? new URL(url).searchParams.get('ex') : null;
  const seconds = ex && /^[0-9a-f]{1,12}$/i.test(ex) ? Number.parseInt(ex, 16) : Number.NaN;
  return Number.isNaN(seconds) ? undefined : seconds * 1000;
}

/**
 * The same request with another seed, checked against where and by whom it is made now.
 * @throws {UserError} when its pictures' addresses have expired, or the place does not allow it
 */
export function repeatRequest(input: RunInput, place: Place, seed: number, now: number): RunInput {
  checkPlace(place);
  if (input.enable_safety_checker === false && !(place.moderator && place.ageRestricted)) {
    throw new UserError(texts.refusals.safety);
  }
  if (input.image_urls.some((url) => (urlExpiry(url) ?? Number.POSITIVE_INFINITY) <= now)) {
    throw new UserError(texts.refusals.picturesExpired);
  }
  return { ...input, seed };
}
