// A card as it is read elsewhere: what it says, in the reader's language, and where its pictures are.
import type { Case } from '../edit/waiting.ts';
import type { Texts } from '../texts/texts.ts';
import type { LookUp } from './about.ts';
import { cardText, remarkLines } from './card-text.ts';
import type { Cards, Pictures } from './cards.ts';
import type { Remarks } from './remarks.ts';

export type View = {
  /** @param room the most characters that it may have */
  text(edit: Case, room: number, t: Texts): Promise<string>;
  /** Addresses of what has to be judged. @throws {DiscordTrouble} */
  pictures(edit: Case): Promise<Pictures>;
};

export function createView(options: {
  cards: Pick<Cards, 'shown'>;
  lookUp: LookUp;
  remarks: Pick<Remarks, 'of'>;
}): View {
  return {
    async text(edit, room, t) {
      const { guildId, userId } = edit.origin;
      // Whoever reads it looks at it: that goes without saying.
      const { claim: _theirs, ...review } = edit.review;
      const remarks = guildId === undefined ? [] : await options.remarks.of(guildId, userId);
      const lines = remarkLines(remarks, t.moderation.card.memberRemark);
      const left = room - lines.join('\n').length - 1;
      const about = await options.lookUp(edit);
      const text = cardText({ ...edit, review }, { ...about, room: left }, t);
      return [text, ...lines].join('\n');
    },
    pictures: options.cards.shown,
  };
}
