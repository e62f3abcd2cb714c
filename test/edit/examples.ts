// Edits, outcomes and arbitrary sequences of events for the tests of the pure parts.
import fc from 'fast-check';
import type { EditEvent } from '../../src/edit/events.ts';
import { owesSource } from '../../src/edit/kept.ts';
import { move } from '../../src/edit/moves.ts';
import { nextDuty } from '../../src/edit/owed.ts';
import { type Accepted, acceptEdit, type Delivering, type Edit, type Settled } from '../../src/edit/record.ts';
import type { RunInput } from '../../src/runflow/input.ts';
import type { Outcome } from '../../src/runflow/run.ts';

export type Success = Extract<Outcome, { kind: 'succeeded' }>;

export const klein = 'black-forest-labs/flux-2-klein-9b/edit';

export function success(changes: Partial<Success> = {}): Success {
  return {
    kind: 'succeeded',
    outputs: [{ url: 'https://media.runflow.io/1.png', width: 1024, height: 768 }],
    partial: false,
    seed: 42,
    nsfw: false,
    ...changes,
  };
}

export function accepted(input: Partial<RunInput> = {}, now = 1_000): Accepted {
  return acceptEdit(
    {
      id: '1300000000000000001',
      origin: {
        guildId: '200000000000000001',
        channelId: '300000000000000001',
        userId: '400000000000000001',
        ageRestricted: false,
        uploadLimit: 10 * 2 ** 20,
      },
      reply: { applicationId: '500000000000000001', token: 'interaction-token', expiresAt: now + 900_000 },
      model: klein,
      input: { prompt: 'make it snow', image_urls: ['https://cdn.discordapp.com/a.png'], ...input },
    },
    now,
  );
}

function withRun(edit: Accepted) {
  const { tries: _tries, sentAt: _sentAt, looks: _looks, state: _state, ...common } = edit;
  return { ...common, runId: 'run-1', submittedAt: 2_000 };
}

export function settled(outcome: Outcome): Settled {
  return { ...withRun(accepted()), state: 'settled', settledAt: 3_000, outcome };
}

export function delivering(input: Partial<RunInput> = {}, outcome: Partial<Success> = {}): Delivering {
  return {
    ...withRun(accepted(input)),
    state: 'delivering',
    settledAt: 3_000,
    outcome: success(outcome),
    spoiler: false,
    badDownloads: 0,
  };
}

const outcomes: fc.Arbitrary<Outcome> = fc.oneof(
  fc
    .record({ partial: fc.boolean(), nsfw: fc.constantFrom(true, false, null), seed: fc.integer() })
    .map((changes) => success(changes)),
  fc.record({ kind: fc.constant('failed' as const), code: fc.string(), message: fc.string() }),
  fc.constant({ kind: 'canceled' as const }),
);

const people = fc.constantFrom('mia', 'vera', 'otto');

const verdicts = fc.record({
  kind: fc.constantFrom('approved', 'approved-spoiler', 'rejected', 'expired', 'kept', 'taken-down'),
  by: fc.constantFrom('vera', 'otto', 'bot'),
  at: fc.constant(0),
  reason: fc.option(fc.record({ note: fc.string() }), { nil: undefined }),
});

const messages = fc.record({ channelId: fc.constant('c'), messageId: fc.uuid() });

/** Any event, whether or not it makes sense where it is tried; those that end an edit early come less often. */
const events: fc.Arbitrary<EditEvent> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constantFrom('withdrawn', 'sending', 'not-created', 'gave-up', 'reply-gone', 'shrinking'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('approved' as const), spoiler: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom('not-found', 'put-off'), until: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('created' as const), runId: fc.uuid() }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constantFrom('ended', 'refreshed'), outcome: outcomes }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('outcome-kept' as const),
      runId: fc.constantFrom('run-1', 'run-2'),
      outcome: outcomes,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ type: fc.constant('posted' as const), channelId: fc.string(), messageId: fc.uuid() }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('deleted' as const), by: fc.string() }) },
  {
    weight: 1,
    arbitrary: fc
      .record({ picture: fc.nat(1), asset: fc.constant('asset-2') })
      .map((intake) => ({ type: 'taken-in' as const, intake })),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('source-kept' as const), assets: fc.constant(['asset-1']) }) },
  {
    weight: 1,
    arbitrary: fc
      .record({ picture: fc.nat(3), spoiler: fc.boolean(), by: people })
      .map((cover) => ({ type: 'covered' as const, covers: [cover] })),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('post-again' as const), by: people }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('shared' as const),
      reply: fc.constant({ applicationId: '1', token: 'another', expiresAt: 900_000 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constantFrom('posting', 'too-large', 'words-refused', 'wait-told', 'create-refused'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('reconsidered' as const), restricted: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom('withheld', 'told', 'sent-directly') }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('failed' as const),
      reason: fc.constantFrom('credit', 'timeout', 'undeliverable', 'run-failed'),
      detail: fc.string(),
      told: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('paid' as const), duty: fc.constant({ kind: 'rewrite-card' } as const) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('duty-failed' as const),
      duty: fc.record({
        kind: fc.constant('take-down' as const),
        message: fc.constant({ channelId: 'c', messageId: 'm' }),
      }),
      until: fc.nat(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('no-room' as const), until: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('woken' as const) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom('claimed', 'released'), by: people }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constantFrom('held', 'contested', 'contested', 'reminded', 'reviewed', 'card-gone'),
    }),
  },
  { weight: 8, arbitrary: fc.record({ type: fc.constant('decided' as const), verdict: verdicts }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('answered' as const), userId: people, decidedAt: fc.constant(0) }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('reported' as const), by: people }) },
  { weight: 8, arbitrary: fc.record({ type: fc.constant('undone' as const), by: people }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('notified' as const), notice: messages }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('card-posted' as const), card: messages, fresh: fc.boolean() }),
  },
);

const begun: readonly EditEvent[] = [{ type: 'sending' }, { type: 'created', runId: 'run-1' }];
const notice = { channelId: 'c', messageId: 'notice' };
const card = { channelId: 'review', messageId: 'card' };

/** How edits usually begin: a clean result, a flagged one that is held, a posted one that is reported. */
const usualWays: readonly (readonly EditEvent[])[] = [
  [...begun, { type: 'ended', outcome: success() }, { type: 'approved', spoiler: false }],
  [
    ...begun,
    { type: 'ended', outcome: success({ nsfw: true }) },
    { type: 'held' },
    { type: 'notified', notice },
    { type: 'card-posted', card, fresh: true },
  ],
  [
    ...begun,
    { type: 'ended', outcome: success() },
    { type: 'approved', spoiler: false },
    { type: 'posted', channelId: 'c', messageId: 'm' },
    { type: 'reported', by: 'mia' },
    { type: 'card-posted', card, fresh: true },
  ],
];

/** Some of a usual way, so that late states are met as often as early ones, and then anything. */
export const sequences: fc.Arbitrary<EditEvent[]> = fc
  .tuple(fc.constantFrom(...usualWays), fc.nat({ max: 7 }), fc.array(events, { maxLength: 30, size: 'max' }))
  .map(([way, length, rest]) => [...way.slice(0, length), ...rest]);

/** What the steps would do next with an open edit, and a moderator's silence: enough to bring any edit to its end. */
export function nextEvent(edit: Edit): EditEvent {
  const duty = nextDuty(edit);
  if (duty) return { type: 'paid', duty };
  if (owesSource(edit)) return { type: 'source-kept', assets: ['asset-1'] };
  const late = { by: 'bot', at: 0, reason: undefined };
  switch (edit.state) {
    case 'accepted':
      return edit.sentAt === undefined ? { type: 'sending' } : { type: 'created', runId: 'run-1' };
    case 'running':
      return { type: 'ended', outcome: success() };
    case 'settled':
      if (edit.outcome.kind !== 'succeeded') return { type: 'failed', reason: 'run-failed', detail: '' };
      return edit.outcome.nsfw ? { type: 'held' } : { type: 'approved', spoiler: false };
    case 'held':
      if (!edit.review.notice?.fresh) return { type: 'notified', notice };
      if (!edit.review.card) return { type: 'card-posted', card, fresh: false };
      return { type: 'decided', verdict: { ...late, kind: 'expired' } };
    case 'delivering':
      return { type: 'posted', channelId: 'c', messageId: 'm' };
    case 'delivered':
      if (edit.review?.verdict) return { type: 'reviewed' };
      if (!edit.review?.card) return { type: 'card-posted', card, fresh: true };
      return { type: 'decided', verdict: { ...late, kind: 'kept' } };
    case 'rejected':
    case 'failed':
      return { type: 'told' };
    case 'deleted':
      throw new Error('a deleted edit is over');
  }
}

/** The edit once everything that it owes is paid. */
export function paid(edit: Edit): Edit {
  const duty = nextDuty(edit);
  if (duty) return paid(move(edit, { type: 'paid', duty }, 9_000));
  return owesSource(edit) ? move(edit, { type: 'source-kept', assets: ['asset-1'] }, 9_000) : edit;
}
