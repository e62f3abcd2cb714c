// Turns a member's request into a checked input for Runflow, or a UserError that says what to change. Pure; runs before
// anything is paid for.
import type { Common, Edit, Origin } from '../edit/record.ts';
import { UserError } from '../errors.ts';
import {
  isForeign,
  isMeasured,
  isPicture,
  isReadable,
  type Model,
  needsIntake,
  type Picture,
  pictureLimits,
  promptLimit,
  type Wish,
} from '../models/model.ts';
import type { RunInput } from '../runflow/input.ts';
import type { Place } from '../settings/rights.ts';
import { isVisible } from '../texts/format.ts';
import type { Texts, Words } from '../texts/texts.ts';

/** The model and the input of a run, what it is made of, and whether its result has to be covered or private. */
export type Request = Pick<Common, 'model' | 'input' | 'parent' | 'intake'> &
  Pick<Origin, 'spoiler' | 'ownCover' | 'private'>;

/**
 * Checks what the bot, and where Discord leaves that to us the presser, may do in a place.
 * @throws {UserError} that names what is missing
 */
export function checkPlace({ thread, permissions, presser }: Place): void {
  const send = thread ? 'sendInThreads' : 'send';
  const lacking = <Name extends keyof Texts['general']['permissions']>(
    may: Record<Name, boolean> | undefined,
    needed: readonly Name[],
  ) => needed.filter((name) => may && !may[name]);
  // Without the history nothing tells whether a picture is posted already.
  const missing = lacking(permissions, ['view', send, 'attach', 'history']);
  if (missing.length > 0) {
    throw new UserError((t) => t.run.permissions(missing.map((name) => t.general.permissions[name])));
  }
  const theirs = lacking(presser, [send, 'attach']);
  if (theirs.length > 0) {
    throw new UserError((t) => t.run.ownPermissions(theirs.map((name) => t.general.permissions[name])));
  }
}

/** Why a picture cannot be a source; undefined when it can. */
export function refusePicture(picture: Picture): Words | undefined {
  const { name, bytes, width, height } = picture;
  if (!isPicture(picture)) return (t) => t.run.pictureType(name);
  if (bytes === 0) return (t) => t.run.pictureEmpty(name);
  if (bytes !== null && bytes > pictureLimits.bytes) return (t) => t.run.pictureBytes(name, bytes, pictureLimits.bytes);
  // Discord measures what browsers show.
  if (!isMeasured(picture) && !isForeign(picture)) return (t) => t.run.pictureDamaged(name);
  if ((width ?? 0) * (height ?? 0) <= pictureLimits.megapixels * 1e6) return undefined;
  return (t) => t.run.pictureMegapixels(name, width ?? 0, height ?? 0, pictureLimits.megapixels);
}

function checkPicture(picture: Picture): void {
  const words = refusePicture(picture);
  if (words) throw new UserError(words);
}

function checkRange(name: string, value: number | undefined, [least, most]: readonly [number, number]): void {
  if (value !== undefined && (!Number.isSafeInteger(value) || value < least || value > most)) {
    throw new UserError((t) => t.run.range(name, value, least, most));
  }
}

type Amounts = { pictures: number; steps: number | undefined; count: number | undefined };

function checkAmounts({ pictures, steps, count }: Amounts, model: Model): void {
  if (pictures > model.references) throw new UserError((t) => t.run.pictures(pictures, model.references));
  checkRange('steps', steps, model.steps);
  checkRange('count', count, [1, model.outputs]);
}

function checkSafety(safety: boolean | undefined, place: Place): void {
  if (safety === false && !(place.moderator && place.ageRestricted)) throw new UserError((t) => t.run.safety);
}

function checkPrompt(prompt: string): void {
  if (!isVisible(prompt)) throw new UserError((t) => t.run.noPrompt);
  if (prompt.length > promptLimit) throw new UserError((t) => t.run.promptLength(prompt.length, promptLimit));
}

/** Which of the pictures have to be converted; undefined when none, as for most edits. */
export function intakeOf({ pictures }: Pick<Wish, 'pictures'>): Request['intake'] {
  const wanted = pictures.flatMap((one, picture) => {
    if (!needsIntake(one)) return [];
    return [isReadable(one) ? { picture, readable: true as const } : { picture }];
  });
  return wanted.length > 0 ? wanted : undefined;
}

/**
 * Checks a request against the model and the place.
 * @throws {UserError} that says what is wrong and how to fix it
 */
export function checkRequest(wish: Wish, place: Place, model: Model): RunInput {
  checkPlace(place);
  checkPrompt(wish.prompt.trim());
  if (wish.pictures.length === 0) throw new UserError((t) => t.run.noPicture);
  checkAmounts({ pictures: wish.pictures.length, steps: wish.steps, count: wish.count }, model);
  wish.pictures.forEach(checkPicture);
  checkRange('seed', wish.seed, [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]);
  checkSafety(wish.safety, place);
  return model.toInput(wish);
}

/** What stays of an earlier edit's request is checked again: the model's limits, the place and the rights may have changed. */
function checkAgain({ input }: Pick<Edit, 'input'>, place: Place, model: Model): void {
  checkPlace(place);
  const { num_inference_steps, num_images, enable_safety_checker, image_urls } = input;
  checkAmounts({ pictures: image_urls.length, steps: num_inference_steps, count: num_images }, model);
  checkSafety(enable_safety_checker, place);
}

/**
 * An earlier edit's request with a new seed.
 * @throws {UserError} when model or place do not allow it
 */
export function repeatRequest(edit: Pick<Edit, 'input'>, place: Place, model: Model, seed: number): RunInput {
  checkAgain(edit, place, model);
  return { ...edit.input, seed };
}

/** `seed`: as it was typed; empty for a random one. */
export type Changes = { prompt: string; size: string | undefined; seed: string };

function readSeed(typed: string): number | undefined {
  const text = typed.trim();
  if (text === '') return undefined;
  const seed = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(seed)) throw new UserError((t) => t.result.change.badSeed);
  return seed;
}

/**
 * An earlier edit's request about the same pictures with other words, another size or seed.
 * @throws {UserError} that says what is wrong
 */
export function changeRequest(
  edit: Pick<Edit, 'input'>,
  { prompt, size, seed: typed }: Changes,
  place: Place,
  model: Model,
): RunInput {
  checkAgain(edit, place, model);
  checkPrompt(prompt.trim());
  const { seed: _before, image_size: _sizeBefore, ...kept } = edit.input;
  const seed = readSeed(typed);
  return {
    ...kept,
    prompt: prompt.trim(),
    ...(size === undefined ? {} : { image_size: size }),
    ...(seed === undefined ? {} : { seed }),
  };
}
