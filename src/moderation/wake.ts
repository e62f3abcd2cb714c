// Continues what waits for a review channel as soon as somebody sets one, instead of at the next try.
import type { Edit } from '../edit/record.ts';
import type { Records } from '../edit/records.ts';
import { isOpen } from '../edit/review.ts';
import type { Change } from '../edit/step.ts';
import { DiscordTrouble, UserError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { SettingsStore } from '../settings/settings.ts';
import type { Item } from '../store/store.ts';
import type { CardEdit } from './card-text.ts';
import type { Cards } from './cards.ts';

/** Read at a time: while the channel was away, thousands may have come together. */
const page = 100;

/** Wakes a server's reviews. Never rejects: each of them is tried again by itself. */
export function createWake(options: {
  records: Pick<Records, 'openReviews'>;
  change: Change;
  cards: Pick<Cards, 'stands'>;
  settings: Pick<SettingsStore, 'get'>;
  log: Log;
}): (guildId: string) => Promise<void> {
  const { records, change, cards, log } = options;

  async function wakeOne(edit: CardEdit, channelId: string | undefined): Promise<void> {
    const { card } = edit.review;
    if (card && card.channelId === channelId) return;
    // The channel of its card may be gone; then it needs another one, in the new channel.
    if (card && (await cards.stands(edit))) return;
    await change(edit.id, (now) => {
      if (!isOpen(now.review) || now.review?.card?.messageId !== card?.messageId) return undefined;
      return { type: card ? 'card-gone' : 'woken' };
    });
  }

  async function* openReviews(guildId: string): AsyncGenerator<Edit> {
    let after: Item | undefined;
    while (true) {
      const found = await records.openReviews(guildId, page, after);
      for (const { edit } of found) yield edit;
      after = found.at(-1);
      if (found.length === 0) return;
    }
  }

  async function wakeAll(guildId: string): Promise<void> {
    const { reviewChannel } = await options.settings.get(guildId);
    for await (const edit of openReviews(guildId)) {
      if (edit.state !== 'held' && edit.state !== 'delivered') continue;
      const { review } = edit;
      if (!review || !isOpen(review)) continue;
      try {
        await wakeOne({ ...edit, review }, reviewChannel);
      } catch (error) {
        if (!(error instanceof DiscordTrouble || error instanceof UserError)) throw error;
        // Its next try comes anyway.
        log.warn({ edit: edit.id, err: error }, 'what waits for a review channel could not be woken');
      }
    }
  }

  return async (guildId) => {
    try {
      await wakeAll(guildId);
    } catch (err) {
      log.error({ guild: guildId, err }, 'what waits for a review channel could not be woken');
    }
  };
}
