// The models that the bot knows, by their path on Runflow.
import { flux2Klein9bEdit } from './flux-2-klein-9b-edit.ts';
import { commonInput, type Model, sizeNames } from './model.ts';

/**
 * Any other model gets wide limits, because Runflow checks again. Four pictures in and four out: /edit has four picture
 * options, and a message shows four results side by side.
 */
const unknownModel: Model = {
  steps: [1, 50],
  defaultSteps: undefined,
  references: 4,
  outputs: 4,
  sizes: sizeNames,
  keepsRest: 'everything else stays the same',
  usdPerMegapixel: undefined,
  toInput: commonInput,
};

const models: Record<string, Model> = {
  'black-forest-labs/flux-2-klein-9b/edit': flux2Klein9bEdit,
};

/** The model at a path such as `black-forest-labs/flux-2-klein-9b/edit`. */
export function findModel(path: string): Model {
  return models[path] ?? unknownModel;
}
