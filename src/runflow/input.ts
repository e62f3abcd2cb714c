// The `input` of a run of an image editing model, by the model's documentation page, and how it is read back from a run.
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

/** What was not given is not sent: then the model's own default holds. */
export type RunInput = z.infer<typeof shape>;

/** The input that a run was made with; undefined when it is not one of an image editing model. */
export function readRunInput(input: unknown): RunInput | undefined {
  const given = z.record(z.string(), z.unknown()).safeParse(input).data;
  if (!given) return undefined;
  // A field that is not of its kind counts as not given: a result that is paid for must not be lost to that.
  const odd = new Set(shape.safeParse(given).error?.issues.map(({ path }) => path[0]));
  return shape.safeParse(Object.fromEntries(Object.entries(given).filter(([name]) => !odd.has(name)))).data;
}
