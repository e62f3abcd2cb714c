// Picks the language: for a person that of their Discord client, in a channel that of its server.
import { en } from '../texts/en/en.ts';
import type { Catalogues, Texts, Words } from '../texts/texts.ts';

/** A sentence in English, and by Discord's locale in all other languages; undefined if there is only English. */
export type Localized = { text: string; localizations: Record<string, string> | undefined };

export type Language = {
  /** The texts for a Discord locale. A dialect without its own gets its language's, anything else English. */
  of(locale: string | undefined): Texts;
  /** The texts of every language. */
  all(): readonly Texts[];
  /** For what Discord itself shows, such as a command's description. */
  localize(words: Words): Localized;
};

export function createLanguage(catalogues: Catalogues): Language {
  const known = new Map(Object.entries(catalogues));
  const others = [...known].filter(([, texts]) => texts !== en);
  return {
    of(locale = '') {
      return known.get(locale) ?? known.get(locale.split('-')[0] ?? '') ?? en;
    },
    all: () => [...new Set([en, ...known.values()])],
    localize(words) {
      const localizations = Object.fromEntries(others.map(([locale, texts]) => [locale, words(texts)]));
      return { text: words(en), localizations: others.length > 0 ? localizations : undefined };
    },
  };
}
