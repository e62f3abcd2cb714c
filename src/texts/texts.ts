// All text that people read in Discord, by language. A language is a folder like `en/` whose object `satisfies Texts`,
// and a line below; a missing sentence does not compile.
import { en } from './en/en.ts';

/** The texts that a language must provide. */
export type Texts = typeof en;

/** A sentence to render later, in the reader's language. */
export type Words = (t: Texts) => string;

/** Languages by Discord's locale, such as `de` or `pt-BR`. English is the fallback. */
export type Catalogues = Readonly<Record<string, Texts>>;

export const catalogues: Catalogues = { 'en-US': en };
