// The moves of a review: a few by example, then what must hold whatever people do in whatever order and at whatever time.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EditEvent } from '../../src/edit/events.ts';
import type { Message } from '../../src/edit/messages.ts';
import { move } from '../../src/edit/moves.ts';
import { isPictureOwed, nextDuty, takeDownsOf } from '../../src/edit/owed.ts';
import { type Edit, isAgeRestricted } from '../../src/edit/record.ts';
import { canUndo, undoMs } from '../../src/edit/undo.ts';
import { decideOutcome } from '../../src/moderation/policy.ts';
import { readSettings } from '../../src/settings/settings.ts';
import { policies } from '../../src/settings/table.ts';
import { accepted, paid, sequences, settled, success } from './examples.ts';

const notice = { channelId: 'c', messageId: 'notice' };
const card = { channelId: 'review', messageId: 'card' };
const posted: EditEvent = { type: 'posted', channelId: 'c', messageId: 'picture' };

function verdict(
  kind: 'approved' | 'rejected' | 'expired' | 'kept' | 'taken-down',
  by = 'vera',
  at = 1_000,
): EditEvent {
  return { type: 'decided', verdict: { kind, by, at, reason: undefined } };
}

function moved(edit: Edit, ...sequence: EditEvent[]): Edit {
  return sequence.reduce((now, event) => move(now, event, 1_000), edit);
}

const onCard: EditEvent[] = [
  { type: 'held' },
  { type: 'notified', notice },
  { type: 'card-posted', card, fresh: true },
];
const held = () => paid(moved(settled(success({ nsfw: true })), ...onCard));
const rewrite = expect.objectContaining({ kind: 'rewrite-card' });
const takeDown = (message: Message) => ({ kind: 'take-down', message });

test('an approved picture in a new message leaves the notice to be taken down; in its place nothing', () => {
  const apart = moved(held(), verdict('approved'), posted);
  expect(apart.state).toBe('delivered');
  expect(apart.owed).toContainEqual(takeDown(notice));
  const inPlace = moved(held(), verdict('approved'), { ...posted, ...notice });
  expect(inPlace.owed).not.toContainEqual(expect.objectContaining({ kind: 'take-down' }));
});

test('a card that is being rewritten when something else changes is rewritten again', () => {
  const remark = (text: string): EditEvent => ({ type: 'remarked', remark: { by: 'vera', at: 1_000, text } });
  const first = moved(held(), remark('one'));
  const duty = nextDuty(first);
  if (!duty) throw new Error('nothing is owed');
  const second = moved(first, remark('two'));
  expect(second.owed).toHaveLength(1);
  const left = moved(second, { type: 'paid', duty });
  expect(left.owed).toEqual([{ kind: 'rewrite-card', change: 1 }]);
  expect(paid(left).owed).toBeUndefined();
});

test('undo of an approval takes the picture down and opens the card again', () => {
  const undone = moved(paid(moved(held(), verdict('approved'), posted)), { type: 'undone', by: 'vera' });
  expect(undone).toMatchObject({ state: 'held', round: 1 });
  expect(undone.owed).toContainEqual(takeDown({ channelId: 'c', messageId: 'picture' }));
  expect(undone.owed).toContainEqual(rewrite);
  expect(undone.review).toMatchObject({ verdict: undefined, notice: undefined, card });
});

test('a picture that cannot be deleted stays owed without holding up the rest, and its card says so until it is gone', () => {
  const takenDown = moved(settled(success()), { type: 'approved', spoiler: false }, posted, {
    type: 'reported',
    by: 'noah',
  });
  const decided = paid(moved(takenDown, { type: 'card-posted', card, fresh: true }));
  const owing = moved(decided, verdict('taken-down'));
  const [duty] = takeDownsOf(owing);
  if (!duty) throw new Error('nothing is owed');
  const failed = moved(owing, { type: 'duty-failed', duty, until: 5_000 });
  expect(takeDownsOf(failed)).toEqual([{ ...duty, tries: 1, dueAt: 5_000 }]);
  expect(failed.owed).toContainEqual(rewrite);
  expect(nextDuty(failed, 4_999)?.kind).toBe('entry');
  expect(isPictureOwed(failed)).toBe(true);
  const [later] = takeDownsOf(failed);
  const rewritten = moved(failed, { type: 'paid', duty: { kind: 'rewrite-card' } });
  expect(nextDuty(rewritten, 5_000)?.kind).toBe('entry');
  const gone = later ? moved(rewritten, { type: 'paid', duty: later }) : rewritten;
  expect(takeDownsOf(gone)).toEqual([]);
  expect(gone.owed).toContainEqual(rewrite);
});

test('what was deleted is owed until it is gone, and only once', () => {
  const delivered = moved(settled(success()), { type: 'approved', spoiler: false }, posted);
  const deleted = moved(delivered, { type: 'deleted', by: 'mia' });
  expect(takeDownsOf(deleted)).toEqual([takeDown({ channelId: 'c', messageId: 'picture' })]);
  expect(moved(deleted, { type: 'deleted', by: 'vera' })).toBe(deleted);
});

test('a result that waits for a review channel waits with growing pauses, until it is woken', () => {
  const waiting = moved(settled(success({ nsfw: true })), { type: 'held' }, { type: 'notified', notice, unseen: true });
  const put = moved(waiting, { type: 'no-room', until: 9_000 }, { type: 'no-room', until: 12_000 });
  expect(put).toMatchObject({ state: 'held', retries: 2, dueAt: 12_000, review: { unseen: true, card: undefined } });
  expect(moved(put, { type: 'woken' })).toMatchObject({ retries: 0, dueAt: 1_000 });
  expect(moved(put, { type: 'card-posted', card, fresh: true })).toMatchObject({ retries: 0, review: { card } });
});

test('while the picture is being posted nothing can be undone: it may be there already', () => {
  const delivering = moved(held(), verdict('approved'));
  expect(moved(delivering, { type: 'undone', by: 'vera' })).toBe(delivering);
});

test('a card that a crash kept the record from knowing is the one that was pressed', () => {
  const unknown = moved(settled(success({ nsfw: true })), { type: 'held' }, { type: 'notified', notice });
  const rejected = { ...verdict('rejected'), card } as const;
  const decided = moved(unknown, rejected);
  expect(decided.review?.card).toEqual(card);
  expect(decided.owed).toContainEqual(rewrite);
});

test('a contested rejection keeps its card, an expired one gets a new one', () => {
  const contested = moved(paid(moved(held(), verdict('rejected'), { type: 'told' })), { type: 'contested' });
  expect(contested.review).toMatchObject({ card, notice: { ...notice, fresh: false } });
  expect(contested.owed).toContainEqual(rewrite);
  const expired = moved(paid(moved(held(), verdict('expired', 'bot'), { type: 'told' })), { type: 'contested' });
  expect(expired.review).toMatchObject({ card: undefined, contested: true, verdict: undefined });
});

test('a blocked result that is contested is held, and its line in the channel is the notice', () => {
  const blocked = moved(settled(success({ nsfw: true })), { type: 'withheld' }, { type: 'told', notice });
  expect(moved(paid(blocked), { type: 'contested' })).toMatchObject({
    state: 'held',
    review: { contested: true, notice: { ...notice, fresh: false }, card: undefined },
  });
});

test('a second report joins the open one, once for each person, and opens another after the decision', () => {
  const delivered = moved(settled(success()), { type: 'approved', spoiler: false }, posted);
  const twice = moved(delivered, { type: 'reported', by: 'noah' }, { type: 'reported', by: 'otto' });
  expect(twice.review?.reporters).toEqual(['noah', 'otto']);
  expect(moved(twice, { type: 'reported', by: 'noah' })).toBe(twice);
  const again = moved(paid(moved(twice, verdict('kept'), { type: 'reviewed' })), { type: 'reported', by: 'mia' });
  expect(again.review).toMatchObject({ reporters: ['mia'], card: undefined, verdict: undefined, told: false });
});

test.each(['approved', 'kept'] as const)('time never decides that a held result is %s', (kind) => {
  const open = held();
  expect(moved(open, verdict(kind, 'bot'))).toBe(open);
});

const places = [true, false].flatMap((ageRestricted) =>
  [true, false].flatMap((channel) => [true, false, undefined].map((now) => ({ ageRestricted, channel, now }))),
);

test.each(places)('no setting posts a flagged result outside of age-restricted places: %j', (place) => {
  for (const flagged of policies) {
    for (const flaggedRestricted of policies) {
      const reviewChannel = place.channel ? '1' : undefined;
      const settings = readSettings({ flagged, flaggedRestricted, reviewChannel });
      const edit = settled(success({ nsfw: true }));
      const { ageRestricted, now } = place;
      const { type } = decideOutcome({ ...edit, origin: { ...edit.origin, ageRestricted } }, settings, now);
      if (!ageRestricted || now !== true) expect(['held', 'withheld']).toContain(type);
      if (!place.channel) expect(type).not.toBe('held');
    }
  }
});

type Moment = { before: Edit; after: Edit; event: EditEvent; now: number };

/** Checks whole histories: arbitrary events at arbitrary times, in a server and in direct messages. */
function always(check: (history: Moment[]) => void): void {
  const short = { weight: 8, arbitrary: fc.constantFrom(1, 1_000, 60_000) };
  const long = { weight: 1, arbitrary: fc.constantFrom(undoMs - 1, undoMs, 13 * 3_600_000) };
  const pauses = fc.array(fc.oneof(short, long), { minLength: 40, maxLength: 40 });
  const origins = fc.record({
    ageRestricted: fc.boolean(),
    private: fc.option(fc.constant(true as const), { nil: undefined }),
    guildId: fc.option(fc.constant('200000000000000001'), { nil: undefined, freq: 4 }),
  });
  fc.assert(
    fc.property(sequences, pauses, origins, (sequence, waits, origin) => {
      const first = accepted();
      let edit: Edit = { ...first, origin: { ...first.origin, ...origin } };
      let now = 2_000;
      const history = sequence.map((event, index) => {
        now += waits[index] ?? 1;
        const dated = event.type === 'decided' ? { ...event, verdict: { ...event.verdict, at: now } } : event;
        const before = edit;
        edit = move(before, dated, now);
        return { before, after: edit, event: dated, now };
      });
      check(history.filter(({ before, after }) => before !== after));
    }),
    { numRuns: 1_000 },
  );
}

const entriesOf = ({ owed = [] }: Edit) => owed.flatMap((duty) => (duty.kind === 'entry' ? [duty.entry] : []));

const actionOf = (event: EditEvent, before: Edit): string | undefined => {
  if (event.type === 'failed') {
    return ['delivering', 'held'].includes(before.state) && before.review ? 'not-posted' : undefined;
  }
  if (event.type === 'decided') return event.verdict.kind;
  if (event.type === 'withheld') return 'blocked';
  if (event.type === 'covered') {
    const [first] = event.covers;
    if (first?.by === before.origin.userId) return undefined;
    return first?.spoiler ? 'covered' : 'shown';
  }
  const others: EditEvent['type'][] = ['held', 'undone', 'contested', 'reported', 'deleted', 'post-again'];
  return others.includes(event.type) ? event.type : undefined;
};

describe('whatever people do, whenever they do it', () => {
  test('every kind of decision is met by the histories that are tried', () => {
    const met = new Set<string>();
    always((history) => {
      for (const { event, before } of history) met.add(actionOf(event, before) ?? '');
    });
    const wanted = ['approved', 'approved-spoiler', 'rejected', 'expired', 'kept', 'taken-down', 'blocked'];
    expect([...met]).toEqual(expect.arrayContaining([...wanted, 'undone', 'contested', 'reported', 'deleted']));
  });

  test('a verdict stands until it is undone or contested, or a report opens another review', () => {
    always((history) => {
      for (const { before, after, event } of history) {
        if (before.review?.verdict === undefined || after.review?.verdict === before.review.verdict) continue;
        expect(['undone', 'contested', 'reported']).toContain(event.type);
        expect(after.review?.verdict).toBeUndefined();
      }
    });
  });

  test('a flagged picture gets on its way only by a person, or in an age-restricted place', () => {
    always((history) => {
      for (const { before, after, event } of history) {
        if (after.state !== 'delivering' || before.state === 'delivering') continue;
        if (after.outcome.nsfw !== true || isAgeRestricted(after)) continue;
        // Posted before, taken down by a slip, and posted again.
        if (after.review?.kind === 'report') {
          expect(before.state === 'delivered' ? event.type : before.state).toMatch(/^(?:undone|failed)$/);
          continue;
        }
        // Approved, not posted, and tried again; or approved for its requester, who shares it.
        expect(event.type === 'shared' ? ['delivered'] : ['held', 'failed']).toContain(before.state);
        expect(after.review?.verdict?.kind).toMatch(/^approved/);
        expect(after.review?.verdict?.by).not.toBe('bot');
      }
    });
  });

  test('it is contested once at most after somebody has decided, and never before', () => {
    always((history) => {
      const verdicts = history.flatMap(({ before, event }) =>
        event.type === 'contested' ? [before.review?.verdict?.by ?? 'settings'] : [],
      );
      const isPerson = (by: string) => by !== 'bot' && by !== 'settings';
      expect(verdicts.filter(isPerson).length).toBeLessThanOrEqual(1);
      for (const { before, event } of history) {
        if (event.type === 'contested') expect(before.state).toBe('rejected');
      }
    });
  });

  test('the server gets one entry for each thing that was done, and none in direct messages', () => {
    always((history) => {
      const ids = new Set<string>();
      for (const { before, after, event, now } of history) {
        if (event.type === 'paid') continue;
        const known = entriesOf(before).map(({ id }) => id);
        const added = entriesOf(after).filter(({ id }) => !known.includes(id));
        const action = after.origin.guildId === undefined ? undefined : actionOf(event, before);
        expect(added.map((entry) => entry.action)).toEqual(action === undefined ? [] : [action]);
        for (const { id, at, editId, memberId } of added) {
          expect(ids.has(id)).toBe(false);
          ids.add(id);
          expect({ at, editId, memberId }).toEqual({ at: now, editId: after.id, memberId: after.origin.userId });
        }
      }
    });
  });

  test('only whoever decided can undo it, within 15 minutes, and what was posted has to come down', () => {
    always((history) => {
      for (const { before, after, event, now } of history) {
        if (event.type !== 'undone') continue;
        expect(event.by).toBe(before.review?.verdict?.by);
        expect(now - (before.review?.verdict?.at ?? 0)).toBeLessThan(undoMs);
        if (before.state === 'delivered' && after.state === 'held') {
          const { channelId, messageId } = before;
          expect(after.owed).toContainEqual(takeDown({ channelId, messageId }));
        }
        expect(canUndo(after, event.by, now)).toBe(false);
      }
    });
  });

  test('a decided card loses its buttons when the time to undo is over, and an open one keeps them', () => {
    always((history) => {
      for (const { after, event } of history) {
        const closing = (after.owed ?? []).filter((duty) => duty.kind === 'close-card');
        const { review } = after;
        if (event.type === 'undone' || event.type === 'contested') expect(closing).toEqual([]);
        if (event.type !== 'decided' || event.verdict.by === 'bot' || !review?.card) continue;
        expect(closing).toEqual([{ kind: 'close-card', card: review.card, dueAt: event.verdict.at + undoMs }]);
      }
    });
  });

  test('nothing is held, or posted anew, behind the back of an open report', () => {
    always((history) => {
      for (const { before, after, event } of history) {
        if (before.review?.kind !== 'report' || before.state !== 'delivered' || after.state === 'delivered') continue;
        expect([event.type, before.review.verdict?.kind]).toEqual(['undone', 'taken-down']);
        expect(before.deletedBy, 'nobody else has deleted it').toBe(before.review.verdict?.by);
      }
    });
  });
});
