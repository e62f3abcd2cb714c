// Reads JSON from outside without losing a digit: a seed of 64 bits is no number that JavaScript could hold.

/** A number of so many digits that it may be beyond 2^53. */
const mayBeLarge = /[:,[\s]-?\d{16}/;
const integer = /^-?\d+$/;

/** A whole number that cannot be held exactly becomes its digits as text; everything else is as `JSON.parse` has it. */
function keepDigits(_name: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const { source = '' } = context ?? {};
  return integer.test(source) ? source : value;
}

/** The value of a JSON text, large whole numbers as text; undefined when it is no JSON. */
export function readJson(text: string): unknown {
  try {
    return mayBeLarge.test(text) || integer.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
  } catch {
    return undefined;
  }
}
