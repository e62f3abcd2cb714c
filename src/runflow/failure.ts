// Why Runflow could not make an edit, as far as its words tell. Its documents list no codes for this, so both the code
// and the message are read, and what they do not say clearly is not guessed.

const source = '(?:inputs?|images?|pictures?|sources?|urls?)';
const fetching = '(?:fetch|download|retriev|unreachable|inaccessible|expired)';
const unfetched = new RegExp(`\\b${source}\\b.*\\b${fetching}|\\b${fetching}\\w*\\b.*\\b${source}\\b`, 'i');

/** Whether Runflow says that it could not fetch what it was to edit. */
export function isSourceUnfetched(code: string, message: string): boolean {
  // A code's words are joined by underscores, which count as letters.
  return [code.replaceAll('_', ' '), message].some((text) => unfetched.test(text) && !/\boutputs?\b/i.test(text));
}
