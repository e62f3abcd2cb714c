// A card as it is read elsewhere: what it says, in the reader's language, and where its pictures are.
import type { Clock } from '../clock.ts';
import type { Case } from '../edit/waiting.ts';
import type { Texts } from '../texts/texts.ts';
import { cardText, remarkLines } from './card-text.ts';
import type { Cards, Pictures } from './cards.ts';
import type { Members } from './members.ts';
import type { Remarks } from './remarks.ts';

export type View = {
  /** @param room the most characters that it may have */
  text(edit: Case, room: number, t: Texts): Promise<string>;
  /** Addresses of what has to be judged. @throws {DiscordTrouble} */
  pictures(edit: Case): Promise<Pictures>;
};

export function createView(options: {
  cards: Pick<Cards, 'shown'>;
  members: Pick<Members, 'history'>;
  remarks: Pick<Remarks, 'of'>;
  clock: Pick<Clock, 'now'>;
}): View {
  return {
    async text(edit, room, t) {
      const { guildId, userId } = edit.origin;
      const history = guildId === undefined ? undefined : await options.members.history(guildId, userId, edit.id);
      // Whoever reads it looks at it: that goes without saying.
      const { claim: _theirs, ...review } = edit.review;
      const remarks = guildId === undefined ? [] : await options.remarks.of(guildId, userId);
      const lines = remarkLines(remarks, t.moderation.card.memberRemark);
      const left = room - lines.join('\n').length - 1;
      const text = cardText({ ...edit, review }, { history, now: options.clock.now(), room: left }, t);
      return [text, ...lines].join('\n');
    },
    pictures: options.cards.shown,
  };
}
