// Every word that people read in Discord, by language. A language is a folder like `en/` whose object `satisfies Texts`,
// and a line below; a sentence that is missing does not compile.
import { en } from './en/en.ts';

/** What a language has to say. */
export type Texts = typeof en;

/** A sentence that is said later, in the reader's language. */
export type Words = (t: Texts) => string;

/** Languages by Discord's locale, such as `de` or `pt-BR`. English is what is said where there is none. */
export type Catalogues = Readonly<Record<string, Texts>>;

export const catalogues: Catalogues = { 'en-US': en };
