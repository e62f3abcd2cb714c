// What each model takes and costs, by model path. A model that is not listed gets wide limits: Runflow checks again.

export type Model = {
  /** Inclusive range of `num_inference_steps`. */
  steps: readonly [least: number, most: number];
  /** What it takes when none are given; absent: unknown. */
  defaultSteps: number | undefined;
  /** Most pictures that go in, and that come out. */
  references: number;
  outputs: number;
  /** US dollars per megapixel, input plus output; absent: unknown, no estimate is shown. */
  usdPerMegapixel: number | undefined;
};

/** Discord shows four picture options and ten files a message; wider than that nobody can use. */
const unknownModel: Model = {
  steps: [1, 50],
  defaultSteps: undefined,
  references: 4,
  outputs: 4,
  usdPerMegapixel: undefined,
};

// Source: the model's page on Runflow (price, fields) and Black Forest Labs' description of it (ranges).
const models: Record<string, Model> = {
  'black-forest-labs/flux-2-klein-9b/edit': {
    steps: [4, 8],
    defaultSteps: 4,
    references: 4,
    outputs: 4,
    usdPerMegapixel: 0.011,
  },
};

/** The limits of a model path such as `black-forest-labs/flux-2-klein-9b/edit`. */
export function modelLimits(path: string): Model {
  return models[path] ?? unknownModel;
}

/** The six sizes that have a name; left out, the model takes the size of the first picture. */
export const namedSizes = [
  { value: 'square_hd', label: 'Square, large (1024 × 1024)' },
  { value: 'square', label: 'Square (512 × 512)' },
  { value: 'portrait_4_3', label: 'Portrait 3:4 (768 × 1024)' },
  { value: 'portrait_16_9', label: 'Portrait 9:16 (576 × 1024)' },
  { value: 'landscape_4_3', label: 'Landscape 4:3 (1024 × 768)' },
  { value: 'landscape_16_9', label: 'Landscape 16:9 (1024 × 576)' },
] as const;

/** US dollars for a finished run. Inputs count as one megapixel each: the model resizes them to about that. */
export function estimateCost(model: Model, inputs: number, outputMegapixels: number): number | undefined {
  return model.usdPerMegapixel === undefined ? undefined : model.usdPerMegapixel * (inputs + outputMegapixels);
}
