// Tells everybody concerned how a report ended, each of them once: who was told is in the record, so that a retry goes on
// with those who were not.
import { sayReason } from '../audit/log-line.ts';
import type { EditEvent } from '../edit/events.ts';
import type { Delivered } from '../edit/record.ts';
import type { Review, Verdict } from '../edit/review-record.ts';
import type { StepContext } from '../edit/step.ts';
import { isRefusal } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Recipient, SendDirect } from '../notify/direct.ts';
import { publicLocale } from '../notify/public.ts';
import { escapeText } from '../texts/format.ts';
import type { Texts, Words } from '../texts/texts.ts';

/** @throws {DiscordTrouble} when Discord is down: the rest is told later */
export type AnswerReport = (
  edit: Delivered & { review: Review },
  verdict: Verdict,
  context: Pick<StepContext, 'note'>,
) => Promise<EditEvent>;

type Letter = Pick<Recipient, 'id' | 'locale'> & { words: Words };

/** What the reporters read: after an answer that no longer holds, that this is another one. */
function answer({ deletedBy, review }: Delivered, { kind, by }: Verdict, t: Texts): string {
  const { takenDown, deleted, unseen, kept, anew } = t.moderation.report;
  const again = review?.answeredBefore === true;
  if (kind === 'taken-down') return again ? anew.takenDown : takenDown;
  // Somebody may have deleted it before the moderators decided.
  if (deletedBy !== undefined) return deleted;
  if (by === 'bot') return again ? anew.unseen : unseen;
  return again ? anew.kept : kept;
}

/** Those concerned, each with the one letter that says the most to them. */
function letters(edit: Delivered & { review: Review }, verdict: Verdict): Letter[] {
  const { origin, deletedBy, review } = edit;
  const { kind, by, reason } = verdict;
  // Whoever deleted it before knows that it is gone.
  const isTheirs = kind === 'taken-down' && deletedBy === by;
  const others = review.reporters.filter((id) => !(isTheirs && id === origin.userId));
  const own: Letter = {
    id: origin.userId,
    locale: origin.locale,
    words: (t) => t.moderation.report.requester(reason ? escapeText(sayReason(reason, t)) : ''),
  };
  return [
    ...others.map((id): Letter => ({ id, locale: publicLocale(edit), words: (t) => answer(edit, verdict, t) })),
    ...(isTheirs ? [own] : []),
  ];
}

export function createAnswerReport(options: { sendDirect: SendDirect; log: Log }): AnswerReport {
  const { log } = options;
  return async (edit, verdict, { note }) => {
    const answered = new Set(edit.review.answered);
    for (const { id, locale, words } of letters(edit, verdict)) {
      if (answered.has(id)) continue;
      try {
        const purpose = `report ${edit.review.openedAt} ${verdict.at}`;
        await options.sendDirect(edit, { id, locale, purpose }, (t) => ({ text: words(t) }));
      } catch (error) {
        if (!isRefusal(error)) throw error;
        log.debug({ edit: edit.id, err: error }, 'somebody cannot be told of a report');
      }
      await note({ type: 'answered', userId: id, decidedAt: verdict.at });
    }
    return { type: 'reviewed' };
  };
}
