// Why a run failed, from the code and the words that Runflow gives. Its documents list no codes, and each provider behind
// it has its own, so a cause is known by the words that such codes are made of.

/**
 * - `source-gone`: the picture to edit could not be fetched
 * - `source-unreadable`: what was fetched is no picture that the model reads
 * - `filtered`: the provider's own filter refused the prompt or the picture
 * - `flagged-empty`: the result was flagged, and there is none
 */
export type Cause = 'source-gone' | 'source-unreadable' | 'filtered' | 'flagged-empty';

/** The code of a run that was flagged and has no picture. */
export const flaggedEmpty = 'FLAGGED_WITHOUT_OUTPUT';

const filter =
  /\b(?:nsfw|safety|unsafe|moderat\w*|sensitive|prohibited|explicit|content (?:policy|filter\w*|violation)|policy violation)\b/;
const picture = /\b(?:inputs?|images?|pictures?|source|urls?|media|files?|assets?)\b/;
const fetching =
  /\b(?:fetch\w*|download\w*|unreachable|inaccessible|expired|not found|could not be (?:loaded|read from)|load (?:failed|error))\b/;
const reading =
  /\b(?:invalid|unsupported|corrupt\w*|decod\w*|unreadable|malformed|unidentified|truncated|not an image|not a picture|unknown format)\b/;

const plain = (text: string) => text.toLowerCase().replace(/[_.\-/:]+/g, ' ');

function causeIn(text: string): Cause | undefined {
  if (filter.test(text)) return 'filtered';
  // What the model made is another matter, and so is a session that expired.
  if (/\boutputs?\b/.test(text) || !picture.test(text)) return undefined;
  if (fetching.test(text)) return 'source-gone';
  return reading.test(text) ? 'source-unreadable' : undefined;
}

/** The cause of a failure; undefined when nothing says it. The code counts more than the words beside it. */
export function readCause(code: string, message: string): Cause | undefined {
  if (code === flaggedEmpty) return 'flagged-empty';
  return causeIn(plain(code)) ?? causeIn(plain(message));
}
