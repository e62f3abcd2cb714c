// The `input` of an image editing run, as the model's documentation page describes it, and how to read it back.
import { z } from 'zod';

const shape = z.object({
  prompt: z.string(),
  image_urls: z.array(z.string()),
  seed: z.number().optional(),
  num_inference_steps: z.number().optional(),
  image_size: z.string().optional(),
  num_images: z.number().optional(),
  output_format: z.string().optional(),
  enable_safety_checker: z.boolean().optional(),
  sync_mode: z.boolean().optional(),
});

/** Omits what was not given, so that the model's own default applies. */
export type RunInput = z.infer<typeof shape>;

/** Reads the input of a run; undefined when the run is not of an image editing model. */
export function readRunInput(input: unknown): RunInput | undefined {
  const given = z.record(z.string(), z.unknown()).safeParse(input).data;
  if (!given) return undefined;
  // A field of the wrong type counts as absent: that must not cost a paid result.
  const odd = new Set(shape.safeParse(given).error?.issues.map(({ path }) => path[0]));
  return shape.safeParse(Object.fromEntries(Object.entries(given).filter(([name]) => !odd.has(name)))).data;
}
