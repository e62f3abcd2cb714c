// How the bot describes a model, and a member's request to it. Each model has its own file beside this one.
import { messageLimit } from '../discord/limits.ts';
import type { RunInput } from '../runflow/input.ts';

/** The posted picture, by its position from 0, that another edit is made of. */
export type Parent = { editId: string; picture: number; channelId: string; messageId: string };

/** A picture as Discord describes it. */
export type Picture = {
  url: string;
  name: string;
  /** MIME type as declared, possibly with parameters. */
  contentType: string | null;
  /** Null where Discord does not tell. */
  bytes: number | null;
  width: number | null;
  height: number | null;
  /** Whoever posted it wants it covered until somebody presses it. */
  spoiler: boolean;
  /** It moves; absent where Discord does not tell. */
  animated?: boolean | undefined;
  /** Where it is a result itself. */
  parent?: Parent | undefined;
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
  /** Its result is to be covered until somebody presses it. */
  cover?: boolean | undefined;
  /** Only its requester is to see its result. */
  private?: boolean | undefined;
};

export type Model = {
  /** Inclusive range of `num_inference_steps`. */
  steps: readonly [least: number, most: number];
  /** The model's own default; undefined if unknown. */
  defaultSteps: number | undefined;
  /** Most input pictures, and most output pictures. */
  references: number;
  outputs: number;
  /** Named values of `image_size`; without one, the model uses the first picture's size. */
  sizes: readonly SizeName[];
  /** How a prompt tells the model to leave everything else alone. */
  keepsRest: string;
  /** US dollars per megapixel, input plus output; undefined if unknown: then no estimate is shown. */
  usdPerMegapixel: number | undefined;
  /** Turns a checked request into the model's input. */
  toInput(wish: Wish): RunInput;
};

/** The six names that Runflow's image models share; the texts have a label for each. */
export const sizeNames = [
  'square_hd',
  'square',
  'portrait_4_3',
  'portrait_16_9',
  'landscape_4_3',
  'landscape_16_9',
] as const;
export type SizeName = (typeof sizeNames)[number];

/** Longest prompt in characters: as much as one message can show. */
export const promptLimit = messageLimit;
/** Our own limit per picture: the model would have to shrink a larger one twentyfold, and the run might fail. */
export const pictureLimits = { bytes: 20 * 2 ** 20, megapixels: 40 };

/** Larger ones are made smaller before they leave: the models see about one megapixel, and blur longer sides. */
export const sourceLimits = { pixels: 4 * 2 ** 20, side: 4_000 };

const readableTypes = /^image\/(x-)?(png|p?jpe?g|jfif|webp)$/;
const readableNames = /\.(png|p?jpe?g|jpe|jfif|webp)$/i;
/** What the models do not read, and can be made readable. */
const convertibleTypes = /^image\/(x-|x-ms-|vnd\.mozilla\.)?(apng|gif|avif|hei[cf](-sequence)?|bmp|tiff?)$/;
const convertibleNames = /\.(apng|gif|avif|hei[cf]s?|hif|bmp|dib|tiff?)$/i;
/** Whether a name is that of a picture. */
export const isPictureName = (name: string): boolean => readableNames.test(name) || convertibleNames.test(name);
/** A type that says nothing: absent, malformed, or what servers and phones declare when they do not know. */
const saysNothing = (type: string) => !type.includes('/') || /octet-stream|unknown|\*/.test(type);

type Described = Pick<Picture, 'contentType' | 'name' | 'width' | 'height'>;

const typeOf = ({ contentType }: Described) => (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';

/**
 * Whether the models can read a file, as it is or converted, by its declared type, else by its name. Where neither says
 * anything, Discord's width does: it measures pictures.
 */
export function isPicture(picture: Described): boolean {
  const type = typeOf(picture);
  if (!saysNothing(type)) return readableTypes.test(type) || convertibleTypes.test(type);
  return picture.name.includes('.') ? isPictureName(picture.name) : isMeasured(picture);
}

/** Whether it is of a format that the models do not read. */
export function isForeign(picture: Described): boolean {
  const type = typeOf(picture);
  return saysNothing(type) ? convertibleNames.test(picture.name) : convertibleTypes.test(type);
}

/** Whether the models read it as it is, if not as people see it. */
export const isReadable = (picture: Picture): boolean => picture.animated !== true && !isForeign(picture);

/** Whether the models would not see a picture as people do: it has to be converted before it leaves. */
export function needsIntake(picture: Picture): boolean {
  const [width, height] = [picture.width ?? 0, picture.height ?? 0];
  const isLarge = width * height > sourceLimits.pixels || Math.max(width, height) > sourceLimits.side;
  return isLarge || !isReadable(picture);
}

/** Whether Discord found a picture in the file: it measures every one, and none that only claims to be one. */
export function isMeasured({ width, height }: Pick<Picture, 'width' | 'height'>): boolean {
  return (width ?? 0) > 0 && (height ?? 0) > 0;
}

type Size = { width: number; height: number };

/** Megapixels as they are billed: of 1024 × 1024, rounded up for each picture. */
const megapixelsOf = ({ width, height }: Size) => Math.max(1, Math.ceil((width * height) / 2 ** 20));

/** Price of a finished run in US dollars. Each input counts as one megapixel, because the models resize it to that. */
export function estimateCost(model: Model, inputs: number, outputs: readonly Size[]): number | undefined {
  if (model.usdPerMegapixel === undefined) return undefined;
  return model.usdPerMegapixel * outputs.reduce((sum, size) => sum + megapixelsOf(size), inputs);
}

/** Outputs have at most about four megapixels; those of a named size have no more than one. */
const mostMegapixels = 4;

/** The most that a run can cost in US dollars; undefined where the price is not known. */
export function mostCost(model: Model, { image_urls, image_size, num_images = 1 }: RunInput): number | undefined {
  if (model.usdPerMegapixel === undefined) return undefined;
  const each = sizeNames.some((name) => name === image_size) ? 1 : mostMegapixels;
  return model.usdPerMegapixel * (image_urls.length + num_images * each);
}

/** The input fields that Runflow's image editing models share. */
export function commonInput(wish: Wish): RunInput {
  return {
    prompt: wish.prompt.trim(),
    image_urls: wish.pictures.map((picture) => picture.url),
    ...(wish.seed === undefined ? {} : { seed: wish.seed }),
    ...(wish.steps === undefined ? {} : { num_inference_steps: wish.steps }),
    ...(wish.size === undefined ? {} : { image_size: wish.size }),
    ...(wish.count === undefined ? {} : { num_images: wish.count }),
    ...(wish.format === undefined ? {} : { output_format: wish.format }),
    ...(wish.safety === undefined ? {} : { enable_safety_checker: wish.safety }),
  };
}
