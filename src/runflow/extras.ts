// What an output tells beside its pictures and their flag: seed, times, the prompt that was really used. The documents type
// all of it as "json": each may be missing, a number, text, or a list with one entry for each picture.

export type Extras = {
  /** As text where a number cannot hold it exactly. */
  seed?: number | string;
  /** How long the model itself took. */
  seconds?: number;
  actualPrompt?: string;
};

/** Longer ones are shown nowhere. */
const longestPrompt = 2_000;
/** 128 bits have 39 digits. */
const seedDigits = /^-?\d{1,39}$/;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

/** What stands under a name in an object, or in the objects of a list. */
const under = (value: unknown, name: string): unknown[] =>
  asList(value).flatMap((one) => (isObject(one) ? asList(one[name]) : []));

function readSeed(value: unknown): number | string | undefined {
  const [first] = asList(value);
  if (typeof first === 'number') return Number.isSafeInteger(first) ? first : undefined;
  if (typeof first !== 'string' || !seedDigits.test(first)) return undefined;
  return Number.isSafeInteger(Number(first)) ? Number(first) : BigInt(first).toString();
}

/** A number above zero, also when it is written as text. */
function readAmount(value: unknown): number | undefined {
  const isNumber = typeof value === 'number' || (typeof value === 'string' && value.trim() !== '');
  const amount = isNumber ? Number(value) : 0;
  return Number.isFinite(amount) && amount > 0 ? amount : undefined;
}

/** Where each picture has a time of its own, they were made side by side. */
function readInferenceMs(timing: unknown): number {
  const times = under(timing, 'inference_ms').map((one) => readAmount(one) ?? 0);
  return Math.max(0, ...times);
}

/** Reads what stands beside the pictures of an output. */
export function readExtras(output: unknown): Extras {
  if (!isObject(output)) return {};
  const seed = readSeed(output.seed);
  const inferenceMs = readInferenceMs(output.timing);
  const prompts = under(output.model_data, 'actual_prompt').filter((one) => typeof one === 'string');
  const actualPrompt = prompts.find((prompt) => prompt.trim() !== '')?.trim();
  return {
    ...(seed === undefined ? {} : { seed }),
    ...(inferenceMs > 0 ? { seconds: inferenceMs / 1000 } : {}),
    ...(actualPrompt === undefined ? {} : { actualPrompt: actualPrompt.slice(0, longestPrompt) }),
  };
}

/** Whether a run that failed was charged, where it says so. */
export function readCharged(cost: unknown): { charged?: boolean } {
  const isNumber = typeof cost === 'number' || (typeof cost === 'string' && cost.trim() !== '');
  const amount = isNumber ? Number(cost) : Number.NaN;
  return Number.isFinite(amount) ? { charged: amount !== 0 } : {};
}

/** What a run says it cost. One that is not billed yet says nothing, or zero. */
export function readCost(value: unknown): { cost?: number } {
  const cost = readAmount(value);
  return cost === undefined ? {} : { cost };
}
