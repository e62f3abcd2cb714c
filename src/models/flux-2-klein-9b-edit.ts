// FLUX.2 [klein] 9B Edit by Black Forest Labs. Sources: the model's page on Runflow (price, fields) and Black Forest
// Labs' description of it (ranges).
import { commonInput, type Model, sizeNames } from './model.ts';

export const flux2Klein9bEdit: Model = {
  steps: [4, 8],
  defaultSteps: 4,
  references: 4,
  outputs: 4,
  sizes: sizeNames,
  keepsRest: 'everything else stays the same',
  usdPerMegapixel: 0.011,
  toInput: commonInput,
};
