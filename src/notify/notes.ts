// The private note about a result that is held or not shown: its words for each thing that becomes of it, sent once and
// then rewritten, so that it never says what is over beside a newer message.
import { sayReason } from '../audit/log-line.ts';
import { buttonId, buttons } from '../buttons.ts';
import { noteOf } from '../edit/note.ts';
import type { Edit } from '../edit/record.ts';
import { canContest } from '../edit/reopen.ts';
import type { SettingsStore } from '../settings/settings.ts';
import { escapeText, messageLink } from '../texts/format.ts';
import type { Texts } from '../texts/texts.ts';
import type { Private, Reached, RewritePrivate, SendPrivately } from './private.ts';

export type Notes = {
  /** Sends what is to be said of the edit as it is. @returns undefined when nobody was reached. @throws {DiscordTrouble} */
  send(edit: Edit, how: Parameters<SendPrivately>[2]): Promise<Reached | undefined>;
  /** Brings the note up to date, as long as Discord lets it be. @throws {DiscordTrouble} when Discord is down */
  rewrite(edit: Edit): Promise<void>;
};

const hourMs = 3_600_000;

/** Why it waits for a moderator. */
function whyHeld({ review }: Edit, t: Texts): string {
  const { explicit, unchecked, flagged } = t.moderation.held;
  if (review?.filtered) return explicit;
  return review?.flag === null ? unchecked : flagged;
}

/** Why a result is not shown. */
export function whyNotShown(edit: Edit, t: Texts): string {
  const words = t.result.notShownPrivate;
  const reason = edit.review?.verdict?.reason;
  switch (edit.state === 'rejected' && edit.reason) {
    case 'expired':
      return words.expired;
    case 'rejected':
      return words.rejected(reason ? escapeText(sayReason(reason, t)) : '');
    default:
      return 'outcome' in edit && edit.outcome.kind === 'succeeded' && edit.outcome.nsfw === null
        ? words.unchecked
        : words.flagged;
  }
}

export function createNotes(options: {
  sendPrivately: SendPrivately;
  rewritePrivate: RewritePrivate;
  settings: Pick<SettingsStore, 'get'>;
}): Notes {
  /** What is to be said of it now; undefined while that is about to change. */
  async function write(edit: Edit): Promise<((t: Texts) => Private) | undefined> {
    const says = noteOf(edit);
    const { origin, review } = edit;
    const settings = origin.guildId === undefined ? undefined : await options.settings.get(origin.guildId);
    const contestButton = (t: Texts) => ({
      id: buttonId(buttons.contest, edit.id),
      label: t.moderation.contest.button,
    });
    const withdrawButton = (t: Texts) => ({
      id: buttonId(buttons.withdraw, edit.id),
      label: t.moderation.withdraw.button,
    });
    const mayContest = settings?.reviewChannel !== undefined && canContest(edit);
    switch (says) {
      case undefined:
        return undefined;
      case 'waiting':
        return (t) => ({ text: whyHeld(edit, t), buttons: [withdrawButton(t)] });
      case 'unseen': {
        const until = (review?.openedAt ?? 0) + (settings?.expiryHours ?? 0) * hourMs;
        return (t) => ({ text: t.moderation.held.unseen(until), buttons: [withdrawButton(t)] });
      }
      case 'approved': {
        const link = edit.state === 'delivered' ? messageLink(origin.guildId ?? '@me', edit) : '';
        return (t) => ({ text: t.moderation.held.approved(link) });
      }
      case 'contested':
        return (t) => ({ text: t.moderation.held.contested, buttons: [withdrawButton(t)] });
      case 'lost':
      case 'deleted':
        return (t) => ({ text: t.moderation.held[says] });
      case 'blocked':
      case 'rejected':
      case 'expired':
        return (t) => ({ text: whyNotShown(edit, t), buttons: mayContest ? [contestButton(t)] : [] });
    }
  }

  return {
    async send(edit, how) {
      const words = await write(edit);
      return words && options.sendPrivately(edit, words, { ...how, note: edit.review?.note });
    },

    async rewrite(edit) {
      const { note } = edit.review ?? {};
      const words = await write(edit);
      if (note === undefined || !words || (await options.rewritePrivate(edit, note, words))) return;
      // Nobody else tells them that no moderator can be asked.
      if (noteOf(edit) === 'unseen') {
        await options.sendPrivately(edit, words, { purpose: `u${edit.round ?? 0}`, first: 'follow-up' });
      }
    },
  };
}
