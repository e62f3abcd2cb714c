// The moderation of an edit, as its record keeps it. review.ts says what events make of it.
import type { Reason, VerdictKind } from '../audit/audit.ts';
import type { Message, Notice } from './messages.ts';

/** A decision; `bot` stands for expiry. */
export type Verdict = {
  kind: VerdictKind;
  by: string;
  at: number;
  reason: Reason | undefined;
  /** When whoever decided took it back. */
  undoneAt?: number | undefined;
};

/** What its card cannot show: the picture that was edited, and why; `words`: Discord takes neither it nor the prompt. */
export type Unshown = 'gone' | 'unreadable' | 'too-large' | 'words';

/** What a moderator notes for the others. */
export type Remark = { by: string; at: number; text: string };

/** What the pictures on its card look like (picture/likeness.ts), as far as that is known. */
export type Prints = { results: readonly string[]; source?: string | undefined };

/** Who looks at it, and until when nobody else is shown it. */
export type Claim = { by: string; until: number };

/** The moderation of an edit. */
export type Review = {
  kind: 'held' | 'report';
  /** What Runflow said: true is flagged, null is not checked. False only for a report. */
  flag: boolean | null;
  /** It was to be posted, and Discord's own filter refused it. */
  filtered?: true | undefined;
  openedAt: number;
  /** Absent until posted in the review channel. */
  card: Message | undefined;
  unshown?: Unshown | undefined;
  prints?: Prints | undefined;
  /** The private follow-up that tells the requester how it stands; absent where they were told in another way. */
  note?: string | undefined;
  /** No moderator can be asked at present, and the requester was told so. */
  unseen?: true | undefined;
  /** Nothing can be posted in the origin channel, not even that the result waits. */
  noticeless?: true | undefined;
  /** How many downloads for its card had expired or were no picture. */
  badDownloads?: number | undefined;
  /** How many of its cards somebody deleted. */
  lost?: number | undefined;
  /** The neutral notice in the origin channel: waiting for a moderator, or not shown. */
  notice: Notice | undefined;
  reminded: boolean;
  /** The requester asked for another look. */
  contested: boolean;
  /** Who reported the posted result, in order. */
  reporters: readonly string[];
  /** Why they did, where they said so; the first ones. */
  reports?: readonly { by: string; reason: Reason }[] | undefined;
  verdict: Verdict | undefined;
  claim?: Claim | undefined;
  /** The latest last. */
  remarks?: readonly Remark[] | undefined;
  /** The verdicts that were contested, the oldest first. */
  earlier?: readonly Verdict[] | undefined;
  /** What was decided before and counts no more: taken back, or from before a report. The oldest first. */
  past?: readonly Verdict[] | undefined;
  /** A moderator had let the result through before it was reported. */
  approved?: true | undefined;
  /** Who of those concerned by a report was told of its verdict. */
  answered?: readonly string[] | undefined;
  /** An answer was given, and its verdict was taken back. */
  answeredBefore?: true | undefined;
  /** Whether everyone concerned knows the outcome. */
  told: boolean;
};

/** Whether the channel says that a result waits, as far as anything can be said there. */
export function isNoticed({ notice, noticeless }: Review): boolean {
  return notice?.fresh === true || noticeless === true;
}

/** A review that begins now. */
export function openReview(kind: Review['kind'], flag: boolean | null, now: number): Review {
  return {
    kind,
    flag,
    openedAt: now,
    card: undefined,
    notice: undefined,
    reminded: false,
    contested: false,
    reporters: [],
    verdict: undefined,
    told: false,
  };
}
