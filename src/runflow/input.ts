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
  return shape.safeParse(input).data;
}
