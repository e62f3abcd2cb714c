// What a card in the review channel says and offers. Pure.
import type { Button, Select } from '../discord/messenger.ts';
import type { Delivered, Delivering, Held, Rejected } from '../edit/edit.ts';
import { type Review, undoMs } from '../edit/review.ts';
import { escapeText, messageLimit, shorten, texts } from '../texts.ts';
import type { History } from './members.ts';

const words = texts.review;

/** Custom ids of a card's buttons: what they do, and the edit. By the first one a posted card is recognised. */
export const cardIds = {
  approve: (id: string) => `review-approve:${id}`,
  spoiler: (id: string) => `review-spoiler:${id}`,
  reject: (id: string) => `review-reject:${id}`,
  takeDown: (id: string) => `review-take-down:${id}`,
  keep: (id: string) => `review-keep:${id}`,
  timeOut: (id: string) => `review-time-out:${id}`,
  undo: (id: string) => `review-undo:${id}`,
  contest: (id: string) => `contest:${id}`,
};

export type CardEdit = (Held | Delivering | Delivered | Rejected) & { review: Review };

/** A card has 2,000 characters for everything that it says. */
const shownReporters = 10;

const seconds = (at: number) => Math.floor(at / 1000);

function heading(edit: CardEdit): string {
  const { review } = edit;
  if (review.kind === 'report') {
    const named = review.reporters.slice(0, shownReporters).map((id) => `<@${id}>`);
    const more = review.reporters.length - named.length;
    return words.reported(`${named.join(', ')}${more > 0 ? ` ${words.others(more)}` : ''}`);
  }
  return review.flag === null ? words.heldUnchecked : words.heldFlagged;
}

function outcome(review: Review): string {
  const { verdict } = review;
  if (!verdict) return review.contested ? words.contested : '';
  const by = verdict.by === 'bot' ? words.nobody : `<@${verdict.by}>`;
  const reason = verdict.reason ? ` – ${escapeText(shorten(verdict.reason, 200))}` : '';
  return `**${words.verdicts[verdict.kind]}** · ${by} · <t:${seconds(verdict.at)}:f>${reason}`;
}

/** The card's text; `history` only where it was looked up. */
export function cardText(edit: CardEdit, history: History | undefined): string {
  const { review, origin, input, outcome: result } = edit;
  const seed = result.kind === 'succeeded' ? result.seed : undefined;
  const rest = [
    outcome(review),
    `<@${origin.userId}> · <#${origin.channelId}> · <t:${seconds(edit.createdAt)}:f>`,
    `-# ${edit.model}${seed === undefined ? '' : ` · seed ${seed}`}`,
    history ? `-# ${words.history(history.flagged, history.approved, history.rejected)}` : '',
  ].filter((line) => line !== '');
  const head = heading(edit);
  const room = messageLimit - head.length - rest.join('\n').length - 10;
  const prompt = shorten(escapeText(input.prompt.replace(/\s+/g, ' ')), Math.min(1_000, room));
  return [head, `> ${prompt}`, ...rest].join('\n');
}

/** Buttons while it is open, Undo while that is allowed (the handler checks by whom and when). */
export function cardControls(edit: CardEdit, now: number): { buttons: Button[]; select?: Select } {
  const { id, review } = edit;
  if (review.verdict) {
    const final = review.verdict.kind === 'taken-down' || review.verdict.by === 'bot';
    const late = now - review.verdict.at >= undoMs;
    return { buttons: final || late ? [] : [{ id: cardIds.undo(id), label: words.undo }] };
  }
  const select = {
    id: cardIds.timeOut(id),
    placeholder: words.timeOut,
    options: Object.entries(words.timeOutChoices).map(([value, label]) => ({ value, label })),
  };
  if (review.kind === 'report') {
    return {
      buttons: [
        { id: cardIds.takeDown(id), label: words.takeDown, danger: true },
        { id: cardIds.keep(id), label: words.keep },
      ],
      select,
    };
  }
  return {
    buttons: [
      { id: cardIds.approve(id), label: words.approve },
      { id: cardIds.spoiler(id), label: words.approveSpoiler },
      { id: cardIds.reject(id), label: words.reject, danger: true },
    ],
    select,
  };
}
