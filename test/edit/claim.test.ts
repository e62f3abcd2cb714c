// Claims on a case: who has it, when its card says so, and that every verdict ends it.
import { expect, test } from 'vitest';
import { claimMs, claimOn, showAfterMs } from '../../src/edit/claim.ts';
import { move } from '../../src/edit/moves.ts';
import type { Edit } from '../../src/edit/record.ts';
import { delivering } from '../edit/examples.ts';

const now = 10_000;
const card = { channelId: 'review', messageId: 'card' };
const held = move(move(delivering(), { type: 'held' }, now), { type: 'card-posted', card, fresh: true }, now);
const claim = (edit: Edit, by: string, at = now) => move(edit, { type: 'claimed', by }, at);
const showing = ({ owed = [] }: Edit) => owed.flatMap((duty) => (duty.kind === 'show-claim' ? [duty.dueAt] : []));
const rewrites = ({ owed = [] }: Edit) => owed.filter(({ kind }) => kind === 'rewrite-card').length;

test('the first has it until it lapses', () => {
  const taken = claim(held, 'vera');
  expect(claimOn(taken.review, now)).toEqual({ by: 'vera', until: now + claimMs });
  expect(claim(taken, 'otto')).toBe(taken);
  expect(move(taken, { type: 'released', by: 'otto' }, now)).toBe(taken);
  expect(claimOn(claim(taken, 'otto', now + claimMs).review, now + claimMs)?.by).toBe('otto');
});

test('its card says so after a while, and that it is over once it lapses', () => {
  const taken = claim(held, 'vera');
  expect(showing(taken)).toEqual([now + showAfterMs, now + claimMs]);
  // Given back before the card said anything: there is nothing to take back.
  const back = move(taken, { type: 'released', by: 'vera' }, now);
  expect([showing(back), rewrites(back)]).toEqual([[], 0]);
});

test('a card that says so is rewritten when it is given back, and only its end moves when it is renewed', () => {
  const taken = claim(held, 'vera');
  const shown = move(
    taken,
    { type: 'paid', duty: { kind: 'show-claim', dueAt: now + showAfterMs } },
    now + showAfterMs,
  );
  const renewed = claim(shown, 'vera', now + 60_000);
  expect(showing(renewed)).toEqual([now + 60_000 + claimMs]);
  const back = move(renewed, { type: 'released', by: 'vera' }, now + 61_000);
  expect([showing(back), rewrites(back)]).toEqual([[], 1]);
});

test.each(['approved', 'approved-spoiler', 'rejected', 'expired'] as const)('%s ends it', (kind) => {
  const by = kind === 'expired' ? 'bot' : 'otto';
  const decided = move(
    claim(held, 'vera'),
    { type: 'decided', verdict: { kind, by, at: now, reason: undefined } },
    now,
  );
  expect(decided.review?.verdict?.kind).toBe(kind);
  expect([decided.review?.claim, showing(decided), rewrites(decided)]).toEqual([undefined, [], 1]);
});

test('what is decided, or deleted, is claimed by nobody', () => {
  const gone = move(claim(held, 'vera'), { type: 'deleted', by: 'mia' }, now);
  expect(showing(gone)).toEqual([]);
  expect(claim(gone, 'vera')).toBe(gone);
});
