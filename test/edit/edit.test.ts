// The moves of an edit: each by an example, then what must hold over any sequence of events.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EditEvent } from '../../src/edit/events.ts';
import { move } from '../../src/edit/moves.ts';
import { readStoredEdit } from '../../src/edit/older-records.ts';
import { type Edit, isClosed, type State } from '../../src/edit/record.ts';
import { accepted, delivering, nextEvent, paid, sequences, settled, success } from './examples.ts';

/** The edit after each of the events, one millisecond apart. */
function moved(edit: Edit, ...sequence: EditEvent[]): Edit {
  return sequence.reduce((now, event, index) => move(now, event, 5_000 + index), edit);
}

const created: EditEvent = { type: 'created', runId: 'run-1' };
const posted: EditEvent = { type: 'posted', channelId: 'c', messageId: 'm' };
const failed: EditEvent = { type: 'failed', reason: 'credit', detail: '402' };

describe('a new edit', () => {
  test('is accepted, due at once, and nothing was sent for it', () => {
    expect(accepted({}, 7)).toMatchObject({
      state: 'accepted',
      createdAt: 7,
      dueAt: 7,
      retries: 0,
      tries: 0,
      looks: 0,
    });
    expect(accepted().sentAt).toBeUndefined();
  });

  test('goes the whole way to delivered', () => {
    const end = moved(
      accepted(),
      { type: 'sending' },
      created,
      { type: 'ended', outcome: success({ seed: 7 }) },
      { type: 'approved', spoiler: false },
      posted,
    );
    expect(end).toMatchObject({ state: 'delivered', runId: 'run-1', channelId: 'c', messageId: 'm' });
    expect(end).toMatchObject({ outcome: { seed: 7 } });
    expect(end).toMatchObject({ deliveredAt: 5_004, submittedAt: 5_001, createdAt: 1_000 });
    expect(end.owed, 'its original is put away once it is there').toEqual([{ kind: 'keep-source' }]);
    expect(isClosed(paid(end))).toBe(true);
  });
});

describe('while a create request is out', () => {
  test('a second one is not counted', () => {
    const once = moved(accepted(), { type: 'sending' });
    expect(once).toMatchObject({ tries: 1, sentAt: 5_000 });
    expect(moved(once, { type: 'sending' })).toBe(once);
  });

  test('each look that does not find it is counted, until it is certain that there is none', () => {
    const looked = moved(accepted(), { type: 'sending' }, { type: 'not-found', until: 9_000 });
    expect(looked).toMatchObject({ looks: 1, dueAt: 9_000, sentAt: 5_000 });
    const certain = moved(looked, { type: 'not-created' });
    expect(certain).toMatchObject({ looks: 0, tries: 1, sentAt: undefined });
    expect(moved(certain, { type: 'sending' })).toMatchObject({ tries: 2, looks: 0 });
  });

  test('cannot be withdrawn any more once one is out', () => {
    const sent = moved(accepted(), { type: 'sending' });
    expect(moved(sent, { type: 'withdrawn' })).toBe(sent);
    expect(moved(accepted(), { type: 'withdrawn' })).toMatchObject({ state: 'deleted', by: 'bot' });
  });

  test('a look means nothing when none is out', () => {
    const edit = accepted();
    expect(moved(edit, { type: 'not-found', until: 9_000 })).toBe(edit);
  });
});

test('the first end of a run is kept, a later one changes nothing', () => {
  const first = moved(accepted(), created, { type: 'ended', outcome: success({ seed: 1 }) });
  expect(first).toMatchObject({ state: 'settled', outcome: { seed: 1 } });
  expect(moved(first, { type: 'ended', outcome: { kind: 'canceled' } })).toBe(first);
});

test('a run that was given up is still settled by a late end', () => {
  const waiting = moved(accepted(), created, { type: 'gave-up' });
  expect(waiting).toMatchObject({ state: 'running', givenUp: true });
  expect(moved(waiting, { type: 'ended', outcome: success() })).toMatchObject({ state: 'settled' });
});

test('only a success can be approved', () => {
  const canceled = settled({ kind: 'canceled' });
  expect(moved(canceled, { type: 'approved', spoiler: false })).toBe(canceled);
  expect(moved(settled(success()), { type: 'approved', spoiler: false })).toMatchObject({
    state: 'delivering',
    settledAt: 3_000,
  });
});

test('a withheld result is rejected, and closed once the requester was told', () => {
  const rejected = moved(settled(success({ nsfw: true })), { type: 'withheld' });
  expect(rejected).toMatchObject({ state: 'rejected', reason: 'blocked', told: false });
  expect(isClosed(rejected)).toBe(false);
  const told = moved(rejected, { type: 'told' });
  expect(isClosed(told), 'its server has no entry of it yet').toBe(false);
  expect(isClosed(paid(told))).toBe(true);
});

test('fresh URLs replace the expired ones and nothing else that the first outcome said', () => {
  const edit = delivering({}, { seed: 1, nsfw: false });
  const outcome = success({ outputs: [{ url: 'https://fresh.example/1.png' }], seed: 2, nsfw: false, partial: true });
  const fresh = moved(edit, { type: 'refreshed', outcome });
  expect(fresh).toEqual({ ...edit, outcome: { ...edit.outcome, outputs: outcome.outputs } });
  expect(moved(edit, { type: 'refreshed', outcome: { kind: 'canceled' } })).toBe(edit);
});

describe('a result that came back after it was about to be posted', () => {
  const message = { channelId: '1', messageId: '2' };
  const posted = { type: 'posted', ...message } as const;
  const flagged = { type: 'outcome-kept', runId: 'run-1', outcome: success({ nsfw: true }) } as const;
  const verdict = { kind: 'approved', by: 'vera', at: 1_000, reason: undefined } as const;

  test('is still looked for when a moderator approves it later', () => {
    const back = moved(delivering(), { type: 'posting' }, flagged);
    const approved = moved(back, { type: 'held' }, { type: 'decided', verdict });
    expect(approved).toMatchObject({ state: 'delivering', posting: { first: expect.any(Number) } });
    const reconsidered = moved(
      delivering({}, { nsfw: null }),
      { type: 'posting' },
      { type: 'reconsidered', restricted: true },
    );
    expect(moved(reconsidered, { type: 'approved', spoiler: false })).toHaveProperty('posting');
    expect(moved(delivering(), { type: 'posting' }, { type: 'held' })).toHaveProperty('posting');
  });

  test.each([{}, { recovered: true } as const])(
    'comes down where it stands, and is sent anew after that: %j',
    (more) => {
      const down = moved({ ...delivering(), ...more }, { type: 'posting' }, flagged, posted);
      expect(down).toMatchObject({ state: 'settled', round: 1, owed: [{ kind: 'take-down', message }] });
      expect(down).not.toHaveProperty('posting');
      const standing = moved(delivering(), { type: 'posting' }, { ...flagged, type: 'refreshed', standing: message });
      expect(standing).toEqual(moved(delivering(), { type: 'posting' }, flagged, posted));
    },
  );

  test('rebuilt after a lost store, it may have been posted before', () => {
    const edit = { ...settled(success()), recovered: true } as const;
    expect(moved(edit, posted)).toMatchObject({ state: 'delivered', ...message });
  });
});

describe('a fresh read that is more careful about the picture', () => {
  const outcome = success({ outputs: [{ url: 'https://fresh.example/1.png' }], nsfw: true });

  test.each([
    [false, true],
    [null, true],
    [false, null],
  ])('(%j, then %j) asks again what may happen to it', (before, after) => {
    const again = moved(delivering({}, { nsfw: before }), { type: 'refreshed', outcome: { ...outcome, nsfw: after } });
    expect(again).toMatchObject({ state: 'settled', outcome: { nsfw: after, outputs: outcome.outputs } });
    expect(moved(again, { type: 'approved', spoiler: false }).state).toBe(after ? 'settled' : 'delivering');
  });

  test('takes down what an earlier attempt has posted', () => {
    const standing = { channelId: '1', messageId: '2' };
    const message = { kind: 'take-down', message: standing };
    expect(moved(delivering(), { type: 'refreshed', outcome, standing })).toMatchObject({ owed: [message] });
    const same = moved(delivering(), { type: 'refreshed', outcome: success(), standing });
    expect(same).not.toHaveProperty('owed');
  });

  test('takes down what was being posted meanwhile, wherever the edit is by then', () => {
    const posted = { type: 'posted', channelId: '1', messageId: '2' } as const;
    const again = moved(delivering(), { type: 'refreshed', outcome });
    for (const edit of [again, moved(again, { type: 'held' }), moved(again, { type: 'withheld' })]) {
      const late = moved(edit, posted);
      expect(late.state).toBe(edit.state);
      expect(late.owed).toContainEqual({ kind: 'take-down', message: { channelId: '1', messageId: '2' } });
    }
  });

  test('counts also before it is decided what may happen to it', () => {
    const again = moved(settled(success()), { type: 'refreshed', outcome });
    expect(again).toMatchObject({ state: 'settled', outcome: { nsfw: true } });
    expect(moved(again, { type: 'approved', spoiler: false })).toBe(again);
  });

  test('does not take back what a flag said before', () => {
    const again = moved(delivering({}, { nsfw: true }), { type: 'refreshed', outcome: { ...outcome, nsfw: false } });
    expect(again).toMatchObject({ state: 'delivering', outcome: { nsfw: true } });
  });

  test('changes nothing about what a moderator saw and approved', () => {
    const card = { channelId: '1', messageId: '2' };
    const approved = moved(
      settled(success({ nsfw: null })),
      { type: 'held' },
      { type: 'card-posted', card, fresh: true },
      { type: 'decided', verdict: { kind: 'approved', by: '3', at: 4, reason: undefined }, card },
    );
    expect(moved(approved, { type: 'refreshed', outcome })).toMatchObject({
      state: 'delivering',
      outcome: { nsfw: true },
    });
  });

  test('is what the moderators are told', () => {
    const held = moved(settled(success({ nsfw: null })), { type: 'held' });
    const fresh = moved(held, { type: 'refreshed', outcome });
    expect(fresh).toMatchObject({ state: 'held', outcome: { nsfw: true }, review: { flag: true } });
    const card = { channelId: '1', messageId: '2' };
    const onCard = paid(moved(held, { type: 'card-posted', card, fresh: true }));
    expect(moved(onCard, { type: 'refreshed', outcome })).toMatchObject({ owed: [{ kind: 'rewrite-card' }] });
    expect(moved(onCard, { type: 'refreshed', outcome: success({ nsfw: null }) }).owed).toEqual(onCard.owed);
  });
});

test('putting a step off counts, and the next state starts counting anew', () => {
  const later = moved(delivering(), { type: 'put-off', until: 8_000 }, { type: 'put-off', until: 9_000 });
  expect(later).toMatchObject({ state: 'delivering', retries: 2, dueAt: 9_000 });
  expect(moved(later, posted)).toMatchObject({ retries: 0, dueAt: 5_000 });
});

test('pictures begun to be shrunk are counted until the step comes to an end, also one that puts it off', () => {
  const begun = moved(delivering(), { type: 'shrinking' }, { type: 'shrinking' });
  expect(begun.shrinks).toBe(2);
  expect(moved(begun, { type: 'put-off', until: 8_000 }).shrinks).toBeUndefined();
  expect(moved(begun, posted).shrinks).toBeUndefined();
  expect(moved(begun, { type: 'reply-gone' }).shrinks).toBe(2);
});

test('a reply that is gone is forgotten', () => {
  const gone = moved(delivering(), { type: 'reply-gone' });
  expect(gone.reply).toBeUndefined();
  expect(moved(gone, { type: 'reply-gone' })).toBe(gone);
});

test('what was posted while the result became one that is not shown comes down', () => {
  const takeDown = (messageId: string) => ({ kind: 'take-down', message: { channelId: 'c', messageId } });
  const notice = { channelId: 'c', messageId: 'm' };
  const flagged = moved(delivering(), { type: 'refreshed', outcome: success({ nsfw: true }) });
  const held = moved(flagged, { type: 'held' }, { type: 'notified', notice });
  for (const edit of [flagged, held, moved(flagged, { type: 'withheld' }), moved(delivering(), posted)]) {
    const late = moved(edit, { ...posted, messageId: 'late' });
    expect(late.state).toBe(edit.state);
    expect(late.owed).toContainEqual(takeDown('late'));
  }
  // Where the notice was: then another one is needed.
  const inPlace = moved(held, posted);
  expect(inPlace).toMatchObject({ state: 'held', review: { notice: { fresh: false } } });
  expect(inPlace.owed).toContainEqual(takeDown('m'));
});

describe('a result whose channel or rules changed while it was being posted', () => {
  test('is judged again, and a channel that was once open to everybody stays so', () => {
    const restricted = { ...delivering({}, { nsfw: true }), origin: { ...delivering().origin, ageRestricted: true } };
    expect(moved(restricted, { type: 'reconsidered', restricted: true })).toMatchObject({ state: 'settled' });
    const open = moved(restricted, { type: 'reconsidered', restricted: false });
    expect(open).toMatchObject({ state: 'settled', settledAt: 3_000, openPlace: true });
    expect(moved(open, { type: 'approved', spoiler: true }), 'flagged').toBe(open);
    expect(moved(open, { type: 'held' })).toMatchObject({ state: 'held', openPlace: true });
  });

  test('is posted all the same when a moderator approved it', () => {
    const verdict = { kind: 'approved', by: 'vera', at: 1, reason: undefined } as const;
    const held = moved(settled(success({ nsfw: true })), { type: 'held' }, { type: 'decided', verdict });
    expect(held.state).toBe('delivering');
    expect(moved(held, { type: 'reconsidered', restricted: false })).toBe(held);
  });
});

describe('a failure', () => {
  test('keeps the run it had, and what was answered', () => {
    expect(moved(accepted(), failed)).toMatchObject({
      state: 'failed',
      runId: undefined,
      reason: 'credit',
      told: false,
    });
    expect(moved(delivering(), failed)).toMatchObject({ state: 'failed', runId: 'run-1', detail: '402', told: false });
  });

  test('is the first one, and closes when the requester was told', () => {
    const first = moved(accepted(), failed);
    expect(moved(first, { type: 'failed', reason: 'timeout', detail: 'late' })).toBe(first);
    expect(isClosed(first)).toBe(false);
    expect(isClosed(moved(first, { type: 'told' }))).toBe(true);
  });
});

test('a delivered picture is deleted by the first who does', () => {
  const gone = moved(delivering(), posted, { type: 'deleted', by: 'mia' });
  expect(gone).toMatchObject({ state: 'delivered', deletedBy: 'mia' });
  expect(moved(gone, { type: 'deleted', by: 'noah' })).toBe(gone);
});

test('an edit is over once its picture is deleted, whatever the record knew of it', () => {
  const running = moved(accepted(), { type: 'created', runId: 'run-1' });
  const settled = moved(running, { type: 'ended', outcome: success() });
  for (const early of [accepted(), running, settled, moved(settled, { type: 'held' }), delivering()]) {
    const gone = moved(early, { type: 'deleted', by: 'mia' });
    expect(gone).toMatchObject({ state: 'deleted', by: 'mia' });
    // What was under way when it was deleted has to come down, too.
    const late = moved(gone, posted);
    expect(late).toMatchObject({ state: 'deleted' });
    expect(late.owed?.at(-1)).toMatchObject({ kind: 'take-down', message: { messageId: posted.messageId } });
  }
});

test('an approved edit that could not be posted is over, too, once its picture is deleted', () => {
  const flagged = moved(delivering(), { type: 'refreshed', outcome: success({ nsfw: true }) }, { type: 'held' });
  const verdict = { kind: 'approved', by: 'vera', at: 0, reason: undefined } as const;
  const unposted = moved(flagged, { type: 'decided', verdict }, { ...failed, reason: 'undeliverable' });
  expect(moved(unposted, { type: 'post-again', by: 'vera' }).state).toBe('delivering');
  const gone = moved(unposted, { type: 'deleted', by: 'mia' });
  expect(gone).toMatchObject({ state: 'deleted', by: 'mia' });
  expect(moved(gone, { type: 'post-again', by: 'vera' })).toBe(gone);
});

test('an edit that is deleted while a moderator is asked leaves no notice that says so', () => {
  const notice = { channelId: 'c', messageId: 'notice' };
  const flagged = moved(delivering(), { type: 'refreshed', outcome: success({ nsfw: true }) });
  const held = moved(flagged, { type: 'held' }, { type: 'notified', notice });
  const verdict = { kind: 'approved', by: 'vera', at: 0, reason: undefined } as const;
  for (const edit of [held, moved(held, { type: 'decided', verdict })]) {
    const gone = moved(edit, { type: 'deleted', by: 'mia', message: { channelId: 'c', messageId: 'm' } });
    expect(gone.owed).toContainEqual({ kind: 'take-down', message: notice });
    expect(gone.owed).toContainEqual({ kind: 'take-down', message: { channelId: 'c', messageId: 'm' } });
    expect(gone.owed).not.toContainEqual({ kind: 'rewrite-card' });
    const card = { channelId: 'review', messageId: 'card' };
    const posted = { type: 'card-posted', card, fresh: true } as const;
    // Whether the card was there before, or on its way.
    expect(moved(edit, posted, { type: 'deleted', by: 'mia' }).owed).toContainEqual({ kind: 'rewrite-card' });
    const late = moved({ ...gone, owed: [] }, posted);
    expect(late).toMatchObject({ state: 'deleted', review: { card }, owed: [{ kind: 'rewrite-card' }] });
  }
});

/** The only arrows between two different states. */
const arrows: Record<State, readonly State[]> = {
  accepted: ['running', 'failed', 'deleted'],
  running: ['settled', 'failed', 'deleted'],
  settled: ['held', 'delivering', 'rejected', 'failed', 'deleted'],
  held: ['delivering', 'rejected', 'failed', 'deleted'],
  delivering: ['delivered', 'settled', 'held', 'failed', 'deleted'],
  // An approval is undone, or a take-down.
  delivered: ['held', 'delivering'],
  rejected: ['held'],
  // Approved, not posted, and tried again.
  failed: ['delivering', 'deleted'],
  deleted: [],
};

/** Checks something at every step of arbitrary sequences of events. */
function always(check: (before: Edit, after: Edit, event: EditEvent) => void): void {
  fc.assert(
    fc.property(sequences, (sequence) => {
      let edit: Edit = accepted();
      sequence.forEach((event, index) => {
        const after = move(edit, event, 2_000 + index);
        check(edit, after, event);
        edit = after;
      });
    }),
    { numRuns: 500 },
  );
}

describe('whatever happens in whatever order', () => {
  test('every state is reached by the sequences that are tried', () => {
    const reached = new Set<State>();
    always((_before, after) => reached.add(after.state));
    expect([...reached].sort()).toEqual(Object.keys(arrows).sort());
  });

  test('an edit is read back from the store as it was written', () => {
    always((_before, after) => {
      const stored: unknown = JSON.parse(JSON.stringify(after));
      expect(readStoredEdit(stored), after.state).toMatchObject({ id: after.id, state: after.state });
    });
  });

  test('an edit is never changed in place', () => {
    fc.assert(
      fc.property(sequences, (sequence) => {
        let edit: Edit = accepted();
        for (const event of sequence) {
          const copy = structuredClone(edit);
          const after = move(edit, event, 2_000);
          expect(edit).toEqual(copy);
          edit = after;
        }
      }),
    );
  });

  test('an edit goes only along the allowed arrows', () => {
    always((before, after) => {
      if (before.state !== after.state) expect(arrows[before.state]).toContain(after.state);
    });
  });

  test('a closed edit stays as it is until people delete, report, contest or undo, or a late message comes down', () => {
    always((before, after, event) => {
      if (!isClosed(before) || after === before) return;
      if (event.type === 'posted') expect(after).toEqual({ ...before, owed: after.owed });
      else expect(['deleted', 'reported', 'contested', 'undone', 'covered', 'shared']).toContain(event.type);
      // Of its own pictures, whoever asked may cover and show what they like.
      if (event.type === 'covered') return;
      expect(isClosed(after), 'the server has to get an entry of it').toBe(false);
    });
  });

  test('what was asked for, by whom and where, never changes', () => {
    always((before, after) => {
      for (const key of ['id', 'createdAt', 'origin', 'model', 'input'] as const) expect(after[key]).toBe(before[key]);
    });
  });

  test('a run, once known, is never another one or forgotten', () => {
    always((before, after) => {
      const known = 'runId' in before ? before.runId : undefined;
      if (known !== undefined) expect(after).toMatchObject({ runId: known });
    });
  });

  test('a posted message stays the one, until a moderator takes it down', () => {
    always((before, after) => {
      if (before.state === 'delivered' && after.state === 'delivered') {
        expect(after).toMatchObject({ messageId: before.messageId, channelId: before.channelId });
      }
    });
  });

  test('a reply that is gone does not come back', () => {
    always((before, after) => {
      if (before.reply === undefined) expect(after.reply).toBeUndefined();
    });
  });

  test('a create request is counted before it can be out, and tries never shrink', () => {
    always((before, after) => {
      if (after.state !== 'accepted' || before.state !== 'accepted') return;
      expect(after.tries).toBeGreaterThanOrEqual(before.tries);
      if (after.sentAt !== undefined && before.sentAt === undefined) expect(after.tries).toBe(before.tries + 1);
    });
  });

  test('the steps and time alone bring any open edit to its end, and each of their events changes it', () => {
    always((_before, after) => {
      let edit = after;
      for (let steps = 0; steps < 20 && !isClosed(edit); steps += 1) {
        const next = move(edit, nextEvent(edit), 9_000);
        expect(next, nextEvent(edit).type).not.toBe(edit);
        edit = next;
      }
      expect(isClosed(edit)).toBe(true);
    });
  });
});
