// Who looks at a case: a claim in its record, so that two moderators who work at once do not see the same one. It
// lapses by itself, and guards nothing: the first verdict wins. Pure.
import type { ReviewEvent } from './events.ts';
import type { Duty, Edit } from './record.ts';
import type { Claim, Review } from './review-record.ts';
import { asCase } from './waiting.ts';

/** Long enough to look and to write a reason, short enough that a case of somebody who left is soon free. */
export const claimMs = 5 * 60_000;
/** The card says who looks at it after that: most cases are decided before. */
export const showAfterMs = 3_000;

/** The claim in force. */
export function claimOn(review: Review | undefined, now: number): Claim | undefined {
  const { claim } = review ?? {};
  return claim && claim.until > now ? claim : undefined;
}

/** Whether somebody else looks at it now. */
export function isTaken(review: Review | undefined, by: string, now: number): boolean {
  const claim = claimOn(review, now);
  return claim !== undefined && claim.by !== by;
}

/** The review without its claim. */
export const unclaimed = ({ claim: _over, ...review }: Review): Review => review;

/** The review after a claim, or its end; the same object when that changes nothing. */
export function moveClaim(
  review: Review,
  event: Extract<ReviewEvent, { type: 'claimed' | 'released' }>,
  now: number,
): Review {
  if (review.verdict || isTaken(review, event.by, now)) return review;
  if (event.type === 'claimed') return { ...review, claim: { by: event.by, until: now + claimMs } };
  return review.claim ? unclaimed(review) : review;
}

const isShow = (duty: Duty) => duty.kind === 'show-claim';

/** Whether the card has said so, or is about to. */
function isShown(claim: Claim | undefined, { owed = [] }: Edit): boolean {
  return claim !== undefined && !owed.some((duty) => duty.kind === 'show-claim' && duty.dueAt < claim.until);
}

/**
 * What the card owes a claim: to name who looks at it after a while, and that nobody does any more once it has lapsed.
 * @param before the edit as it was, to see whether the claim is another one
 */
export function oweClaim<Any extends Edit>(before: Edit, after: Any, now: number): Any {
  const [was, is] = [asCase(before)?.review.claim, asCase(after)?.review.claim];
  if (was === is) return after;
  const { owed: all = [] } = after;
  const others = all.filter((duty) => !isShow(duty));
  const shown = isShown(was, before);
  const stays = shown && was?.by === is?.by;
  const times = is ? [...(stays ? [] : [now + showAfterMs]), is.until] : [];
  const owed: Duty[] = [
    ...others,
    ...times.map((dueAt): Duty => ({ kind: 'show-claim', dueAt })),
    ...(shown && !is && !others.some(({ kind }) => kind === 'rewrite-card') ? [{ kind: 'rewrite-card' } as const] : []),
  ];
  return owed.length === 0 && all.length === 0 ? after : { ...after, owed: owed.length === 0 ? undefined : owed };
}
