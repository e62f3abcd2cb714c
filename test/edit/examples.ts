// Edits, outcomes and arbitrary sequences of events for the tests of the pure parts.
import fc from 'fast-check';
import { type Accepted, acceptEdit, type Delivering, type EditEvent, type Settled } from '../../src/edit/edit.ts';
import type { RunInput } from '../../src/edit/request.ts';
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

/** Any event, whether or not it makes sense where it is tried; those that end an edit early come less often. */
const events: fc.Arbitrary<EditEvent> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ type: fc.constantFrom('sending', 'not-created', 'gave-up', 'reply-gone') }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('approved' as const), spoiler: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom('not-found', 'put-off'), until: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('created' as const), runId: fc.uuid() }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constantFrom('ended', 'refreshed'), outcome: outcomes }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('posted' as const), channelId: fc.string(), messageId: fc.uuid() }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('deleted' as const), by: fc.string() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('withheld', 'told') }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('failed' as const),
      reason: fc.constantFrom('credit', 'timeout', 'undeliverable', 'run-failed'),
      detail: fc.string(),
      told: fc.boolean(),
    }),
  },
);

const usualWay: readonly EditEvent[] = [
  { type: 'sending' },
  { type: 'created', runId: 'run-1' },
  { type: 'ended', outcome: success() },
  { type: 'approved', spoiler: false },
];

/** Some of the usual way, so that late states are met as often as early ones, and then anything. */
export const sequences: fc.Arbitrary<EditEvent[]> = fc
  .tuple(fc.nat({ max: usualWay.length }), fc.array(events, { maxLength: 30 }))
  .map(([length, rest]) => [...usualWay.slice(0, length), ...rest]);
