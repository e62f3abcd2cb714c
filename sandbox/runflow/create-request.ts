// Schemas of the create request, with the input as the model's page documents it. Ranges missing there (1 to 4
// references, 4 to 8 steps, 1 to 4 outputs) come from the model's public descriptions.
import { z } from 'zod';

/** The named sizes in pixels. */
export const imageSizes = {
  square_hd: [1024, 1024],
  square: [512, 512],
  portrait_4_3: [768, 1024],
  portrait_16_9: [576, 1024],
  landscape_4_3: [1024, 768],
  landscape_16_9: [1024, 576],
} as const;

const sizeName = z.enum(['square_hd', 'square', 'portrait_4_3', 'portrait_16_9', 'landscape_4_3', 'landscape_16_9']);
const format = z.enum(['jpeg', 'png', 'webp']);

function isPictureAddress(value: string): boolean {
  if (value.startsWith('data:')) return /^data:[\w.+-]+\/[\w.+-]+;base64,[A-Za-z0-9+/]+={0,2}$/.test(value);
  if (!URL.canParse(value)) return false;
  const { protocol } = new URL(value);
  return protocol === 'http:' || protocol === 'https:';
}

function isWebAddress(value: string): boolean {
  return isPictureAddress(value) && !value.startsWith('data:');
}

const prompt = z.string().refine((text) => text.trim() !== '', 'Must not be empty');
const picture = z.string().refine(isPictureAddress, 'Must be an http(s) URL or a base64 data: URI');

const strictInput = z.strictObject({
  prompt,
  image_urls: z.array(picture).min(1).max(4),
  seed: z.int().optional(),
  num_inference_steps: z.int().min(4).max(8).optional(),
  image_size: sizeName.optional(),
  num_images: z.int().min(1).max(4).optional(),
  sync_mode: z.boolean().optional(),
  enable_safety_checker: z.boolean().optional(),
  output_format: format.optional(),
});

// Models known only by name: the same fields with wide limits, and any others.
const looseInput = z.looseObject({
  prompt,
  image_urls: z.array(picture).max(16).optional(),
  seed: z.int().optional(),
  num_inference_steps: z.int().min(1).max(100).optional(),
  image_size: sizeName.optional(),
  num_images: z.int().min(1).max(10).optional(),
  sync_mode: z.boolean().optional(),
  enable_safety_checker: z.boolean().optional(),
  output_format: format.optional(),
});

export type RunInput = z.infer<typeof looseInput>;

const commonFields = {
  callback_url: z.string().refine(isWebAddress, 'Must be an http(s) URL').nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  client_ref: z.string().max(255).nullish(),
};

/** The create request for the strictly checked model. */
export const strictBody = z.strictObject({ input: strictInput, ...commonFields });

/** The create request for any other known model. */
export const looseBody = z.strictObject({ input: looseInput, ...commonFields });

/** Other known models; any other path is a 404. */
export const otherModels: readonly string[] = [
  'black-forest-labs/flux-2-klein-4b/edit',
  'black-forest-labs/flux-2-pro/edit',
  'black-forest-labs/flux-2-dev/edit',
];
