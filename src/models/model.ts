// What a model is to the bot, and what a member wishes from it. Each model has a file of its own beside this one.
import { messageLimit } from '../discord/limits.ts';
import type { RunInput } from '../runflow/input.ts';

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

export type Model = {
  /** Inclusive range of `num_inference_steps`. */
  steps: readonly [least: number, most: number];
  /** The model's own default; undefined: unknown. */
  defaultSteps: number | undefined;
  /** Most pictures that go in, and that come out. */
  references: number;
  outputs: number;
  /** Values of `image_size` that have a name; left out, the model takes the size of the first picture. */
  sizes: readonly SizeName[];
  /** US dollars per megapixel, input plus output; undefined: unknown, so no estimate is shown. */
  usdPerMegapixel: number | undefined;
  /** A checked wish as the model's input. */
  toInput(wish: Wish): RunInput;
};

/** The six names that Runflow's image models share; what a member reads for each stands in the texts. */
export const sizeNames = [
  'square_hd',
  'square',
  'portrait_4_3',
  'portrait_16_9',
  'landscape_4_3',
  'landscape_16_9',
] as const;
export type SizeName = (typeof sizeNames)[number];

/** Characters that a prompt may have: as many as one message can show. */
export const promptLimit = messageLimit;
/** Per picture: ours, so that a run does not fail on what the model would have to shrink twentyfold. */
export const pictureLimits = { bytes: 20 * 2 ** 20, megapixels: 40 };

const pictureTypes = ['image/png', 'image/jpeg', 'image/webp'];

/** Whether a declared type is one that the models read. */
export function isPicture(picture: Pick<Picture, 'contentType'>): boolean {
  return pictureTypes.includes((picture.contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '');
}

/** US dollars for a finished run. Inputs count as one megapixel each: the models resize them to about that. */
export function estimateCost(model: Model, inputs: number, outputMegapixels: number): number | undefined {
  return model.usdPerMegapixel === undefined ? undefined : model.usdPerMegapixel * (inputs + outputMegapixels);
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
