// Text and buttons of a card in the review channel. Pure.

import type { History } from '../audit/accounts.ts';
import { sayReason } from '../audit/log-line.ts';
import { buttonId, buttons } from '../buttons.ts';
import type { Button, Select } from '../discord/components.ts';
import { messageLimit } from '../discord/limits.ts';
import { claimOn } from '../edit/claim.ts';
import type { FailureReason } from '../edit/failure-reason.ts';
import { isPictureOwed, takeDownsOf } from '../edit/owed.ts';
import type { Deleted, Delivered, Delivering, Failed, Held, Rejected } from '../edit/record.ts';
import { canPostAgain, isRestored } from '../edit/review.ts';
import type { Remark, Review, Verdict } from '../edit/review-record.ts';
import { isDeleted, undoMs } from '../edit/undo.ts';
import { asCase } from '../edit/waiting.ts';
import type { Outcome } from '../runflow/run.ts';
import { escapeText, messageLink, shorten, time } from '../texts/format.ts';
import type { Texts } from '../texts/texts.ts';

import type { Alike, Before } from './pictures-before.ts';

export type CardEdit = (Held | Delivering | Delivered | Rejected | Failed | Deleted) & { review: Review };

/** What came of the run; undefined when it never counted. */
export const resultOf = (edit: CardEdit): Outcome | undefined =>
  edit.state === 'failed' ? edit.unposted?.outcome : 'outcome' in edit ? edit.outcome : undefined;

/** Keeps the whole card within Discord's 2,000 characters. */
const shownReporters = 10;
const shownRemarks = 3;
const shownPast = 4;
const shownReports = 4;
/** Enough of the prompt to know what was asked for. */
const leastPrompt = 200;
const longestShown = 150;

function heading({ review }: CardEdit, t: Texts): string {
  const words = t.moderation.card;
  if (review.kind === 'report') {
    const named = review.reporters.slice(0, shownReporters).map((id) => `<@${id}>`);
    return words.reported(named.join(', '), review.reporters.length - named.length);
  }
  if (review.filtered) return words.heldExplicit;
  return review.flag === null ? words.heldUnchecked : words.heldFlagged;
}

function verdictLine(verdict: Verdict, t: Texts, longest = 200): string {
  const by = verdict.by === 'bot' ? t.moderation.card.nobody : `<@${verdict.by}>`;
  // That nobody decided says it already.
  const said = verdict.reason && verdict.by !== 'bot' ? sayReason(verdict.reason, t) : '';
  const reason = said === '' ? '' : ` – ${escapeText(shorten(said, longest))}`;
  const undone = verdict.undoneAt === undefined ? '' : ` · ${t.moderation.card.undoneAt(verdict.undoneAt)}`;
  return `**${t.moderation.verdicts[verdict.kind]}** · ${by} · ${time(verdict.at, 'f')}${reason}${undone}`;
}

/** Why it was reported. */
const reportLines = ({ reports = [] }: Review, t: Texts): string[] =>
  reports
    .slice(0, shownReports)
    .map(({ by, reason }) => `-# <@${by}>: ${quotePrompt(sayReason(reason, t), longestShown)}`);

/** What was decided before and counts no more. */
const pastLines = ({ past = [] }: Review, t: Texts): string[] =>
  past.slice(-shownPast).map((one) => `-# ${verdictLine(one, t, 60)}`);

/** The verdicts that count, the oldest first, and what the requester asked for in between. */
function outcome({ verdict, earlier = [], contested }: Review, t: Texts): string[] {
  return [
    ...earlier.map((one) => verdictLine(one, t)),
    contested ? t.moderation.card.contested : '',
    verdict ? verdictLine(verdict, t) : '',
  ];
}

/** Whether a picture that has to come down could not be deleted so far. */
function stillStands(edit: CardEdit): boolean {
  return isPictureOwed(edit) && takeDownsOf(edit).some(({ tries = 0 }) => tries > 0);
}

/** Who deleted the result, unless a verdict says so already. */
function deleterOf(edit: CardEdit): string | undefined {
  if (!isDeleted(edit)) return undefined;
  if (edit.state === 'deleted') return edit.by;
  return edit.state === 'delivered' ? edit.deletedBy : undefined;
}

const quotePrompt = (prompt: string, room: number) => shorten(escapeText(prompt.replace(/\s+/g, ' ')), room);

function notPosted(edit: Failed, t: Texts): string {
  const words = t.moderation.card;
  const told: Partial<Record<FailureReason, string>> = words.whyNotPosted;
  return (isRestored(edit) ? words.notRestored : words.notPosted)(told[edit.reason] ?? t.result.failures[edit.reason]);
}

/** Where the picture stands that was reported. */
function messageOf(edit: CardEdit, t: Texts): string[] {
  if (edit.state !== 'delivered' || edit.deletedBy !== undefined || edit.review.kind !== 'report') return [];
  return [t.moderation.card.message(messageLink(edit.origin.guildId ?? '@me', edit))];
}

/** Who looks at it now. */
function claimLine(edit: CardEdit, now: number, t: Texts): string {
  const claim = claimOn(asCase(edit)?.review, now);
  return claim ? t.moderation.card.claimed(claim.by, claim.until) : '';
}

/** What moderators noted, the latest last: those before are not shown. */
export function remarkLines(remarks: readonly Remark[] = [], say: (by: string, text: string) => string): string[] {
  return remarks.slice(-shownRemarks).map(({ by, text }) => `-# ${say(by, quotePrompt(text, longestShown))}`);
}

/** What was decided about pictures that look alike. */
function alikeLines({ results, sources }: Before = {}, t: Texts): string[] {
  const words = t.moderation.card.alike;
  const line = (say: typeof words.results, { rejected, shown, last }: Alike) =>
    `-# ${say(rejected, shown)} ${words.last} ${verdictLine(last, t)}`;
  return [...(results ? [line(words.results, results)] : []), ...(sources ? [line(words.sources, sources)] : [])];
}

export type About = {
  /** The member's, only if looked up. */
  history?: History | undefined;
  /** What was decided about pictures that look alike, only if looked up. */
  before?: Before | undefined;
  now: number;
  /** The most characters that it may have. */
  room?: number;
};

/** What a card says of an edit. */
export function cardText(
  edit: CardEdit,
  { history, before: seen, now, room: most = messageLimit }: About,
  t: Texts,
): string {
  const words = t.moderation.card;
  const { review, origin, input } = edit;
  const result = resultOf(edit);
  const { seed, actualPrompt } = result?.kind === 'succeeded' ? result : {};
  const isTold = review.unshown !== 'words';
  const more = input.image_urls.length - 1;
  const deleter = deleterOf(edit);
  const rest = [
    ...outcome(review, t),
    deleter === undefined ? '' : words.deleted(deleter),
    canPostAgain(edit) ? notPosted(edit, t) : '',
    stillStands(edit) ? words.stillStands : '',
    claimLine(edit, now, t),
    [`<@${origin.userId}>`, `<#${origin.channelId}>`, time(edit.createdAt, 'f'), ...messageOf(edit, t)].join(' · '),
    `-# ${edit.model}${seed === undefined ? '' : ` · ${words.seed(seed)}`}`,
    review.unshown ? `-# ${words.unshown[review.unshown]}` : '',
    more > 0 ? `-# ${words.moreSources(more)}` : '',
    isTold && actualPrompt && actualPrompt !== input.prompt
      ? `-# ${words.actualPrompt(quotePrompt(actualPrompt, 300))}`
      : '',
    ...alikeLines(seen, t),
    history ? `-# ${words.history(history.flagged, history.approved, history.rejected)}` : '',
  ].filter((line) => line !== '');
  const head = heading(edit, t);
  const lengthOf = (lines: readonly string[]) => lines.join('\n').length + 10;
  const before = [...reportLines(review, t), ...pastLines(review, t), ...remarkLines(review.remarks, words.remark)];
  // The oldest give way to what is to be judged.
  while (before.length > 0 && lengthOf([head, ...before, ...rest]) > most - leastPrompt) before.shift();
  const room = most - lengthOf([head, ...before, ...rest]);
  const prompt = quotePrompt(isTold ? input.prompt : '', Math.max(1, Math.min(1_000, room)));
  return shorten([head, `> ${prompt}`, ...before, ...rest].join('\n'), most);
}

/** Verdict buttons while it is open, then Undo while allowed (the handler checks who and when). */
export function cardControls(edit: CardEdit, now: number, t: Texts): { buttons: Button[]; select?: Select } {
  const words = t.moderation.card;
  const { id, review } = edit;
  // Nothing is left to decide, or to take back.
  if (edit.state === 'deleted') return { buttons: [] };
  if (canPostAgain(edit)) return { buttons: [{ id: buttonId(buttons.postAgain, id), label: words.postAgain }] };
  if (review.verdict) {
    const final = review.verdict.by === 'bot' || isDeleted(edit);
    const late = now - review.verdict.at >= undoMs;
    return { buttons: final || late ? [] : [{ id: buttonId(buttons.undo, id), label: words.undo }] };
  }
  const select = {
    id: buttonId(buttons.timeOut, id),
    placeholder: words.timeOut,
    options: Object.entries(words.timeOutChoices).map(([value, label]) => ({ value, label })),
  };
  if (review.kind === 'report') {
    return {
      buttons: [
        { id: buttonId(buttons.takeDown, id), label: words.takeDown, danger: true },
        { id: buttonId(buttons.keep, id), label: words.keep },
      ],
      select,
    };
  }
  return {
    buttons: [
      { id: buttonId(buttons.approve, id), label: words.approve },
      { id: buttonId(buttons.approveSpoiler, id), label: words.approveSpoiler },
      { id: buttonId(buttons.reject, id), label: words.reject, danger: true },
    ],
    select,
  };
}
