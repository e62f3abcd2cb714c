// Which language is spoken to whom: to a person in that of their Discord, in a channel in that of its server.
import { en } from '../texts/en/en.ts';
import type { Catalogues, Texts, Words } from '../texts/texts.ts';

/** A sentence in English, and in every other language by Discord's locale; none where there is only English. */
export type Localized = { text: string; localizations: Record<string, string> | undefined };

export type Language = {
  /** The words for a Discord locale. A dialect without words of its own gets those of its language, all others English. */
  of(locale: string | undefined): Texts;
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
    localize(words) {
      const localizations = Object.fromEntries(others.map(([locale, texts]) => [locale, words(texts)]));
      return { text: words(en), localizations: others.length > 0 ? localizations : undefined };
    },
  };
}
