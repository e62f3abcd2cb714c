// What an output says about its safety. The documents type the flag as "json", so it is read in every shape; where a
// shape leaves room for doubt, the result counts as flagged: a moderator's look costs less than a picture shown.

/** True: flagged. False: cleared. Null: not checked, and said so. `unsaid`: nothing was said, which is none of these. */
export type Flag = boolean | null | 'unsaid';

/** Where providers put the flag, without separators and in lower case. Scores and settings are no flags. */
const names = new Set([
  'nsfw',
  'isnsfw',
  'hasnsfw',
  'containsnsfw',
  'nsfwdetected',
  'nsfwflagged',
  'nsfwcontentdetected',
  'nsfwconcepts',
  'hasnsfwconcept',
  'hasnsfwconcepts',
]);

/** Text that spells a plain false. "0" is the number 0 written as text; any other words count as flagged. */
const falseWords = new Set(['false', 'no', '0']);
const emptyWords = new Set(['', 'null', 'none']);

/** Deeper nesting is nothing that a provider sends, and counts as flagged. */
const deepest = 8;

/**
 * Reads the value of a flag. Plainly false: `false`, `0`, "false", "no", "0", and a list or an object of nothing else.
 * Not checked: `null`, "null", "none", an empty text or list, and a list where some entry says so. The rest is flagged.
 */
export function readFlag(value: unknown, depth = 0): boolean | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return value !== 0;
  if (typeof value === 'string') {
    const word = value.trim().toLowerCase();
    return emptyWords.has(word) ? null : !falseWords.has(word);
  }
  if (typeof value !== 'object' || depth >= deepest) return true;
  if (Array.isArray(value)) return allOf(value.map((entry) => readFlag(entry, depth + 1)));
  const entries: unknown[] = Object.values(value);
  return entries.length === 0 ? true : allOf(entries.map((entry) => readFlag(entry, depth + 1)));
}

/** One flag for several: one flagged flags them all, and only if all are cleared are they cleared. */
function allOf(flags: readonly (boolean | null)[]): boolean | null {
  if (flags.includes(true)) return true;
  return flags.length === 0 || flags.includes(null) ? null : false;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a list clears fewer pictures than there are: it says nothing of the others. */
function isCutShort(flag: unknown, pictures: number): boolean {
  if (Array.isArray(flag)) return flag.length > 0 && flag.length < pictures && readFlag(flag) === false;
  return isObject(flag) && Object.values(flag).some((part) => isCutShort(part, pictures));
}

/** The flag among an object's own fields. @param pictures how many it is about */
function flagIn(value: unknown, pictures = 0): Flag {
  if (!isObject(value)) return 'unsaid';
  const found = Object.entries(value)
    .filter(([name, flag]) => flag !== undefined && names.has(name.toLowerCase().replace(/[_\s-]/g, '')))
    .map(([, flag]) => flag);
  const flag = found.length === 0 ? 'unsaid' : allOf(found.map((one) => readFlag(one)));
  return flag === false && found.some((one) => isCutShort(one, pictures)) ? 'unsaid' : flag;
}

/** Whether anything in an output is flagged, however deep: its pictures stand in a dozen shapes, and so may their flags. */
function isFlaggedWithin(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null || depth > deepest) return false;
  if (flagIn(value) === true) return true;
  return Object.values(value).some((part) => isFlaggedWithin(part, depth + 1));
}

/**
 * The flag of an output: what the output says of itself, else what its pictures say. A flag in any of these places
 * counts, also beside one that says otherwise.
 * @param around where else it may stand: the run or the callback
 * @param items the output's pictures as they were sent
 * @param pictures how many of them will be shown
 */
export function findFlag(around: unknown, output: unknown, items: readonly unknown[], pictures: number): Flag {
  const modelData = isObject(output) ? output.model_data : undefined;
  const own = [output, around, modelData].map((place) => flagIn(place, pictures));
  // A list of outputs may come as the output itself.
  const each = items.map((item) => flagIn(item));
  if (own.includes(true) || isFlaggedWithin(output)) return true;
  const said = own.find((flag) => flag !== 'unsaid');
  if (said !== undefined) return said;
  return each.length === 0 || each.includes('unsaid') ? 'unsaid' : allOf(each.filter((flag) => flag !== 'unsaid'));
}

/** The more careful of two: flagged, then not checked, then cleared. */
export function stricter(one: boolean | null, other: boolean | null): boolean | null {
  return allOf([one, other]);
}
