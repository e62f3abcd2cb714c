// What becomes of a result: only a flag withholds it, and a failure says what Runflow said.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { carefulPolicy, decideOutcome, needsLook, policyFor } from '../../src/moderation/policy.ts';
import { readSettings, type Settings } from '../../src/settings/settings.ts';
import { policies } from '../../src/settings/table.ts';
import { settled, success } from '../edit/examples.ts';

const defaults = readSettings(undefined);

test('a flagged result is withheld, also when only some of the pictures came', () => {
  expect(decideOutcome(settled(success({ nsfw: true })), defaults, false)).toEqual({ type: 'withheld' });
  expect(decideOutcome(settled(success({ nsfw: true, partial: true })), defaults, false)).toEqual({ type: 'withheld' });
});

test('a cleared result is approved', () => {
  expect(decideOutcome(settled(success({ nsfw: false })), defaults, false)).toEqual({
    type: 'approved',
    spoiler: false,
  });
});

test('a result that was not checked is approved', () => {
  expect(decideOutcome(settled(success({ nsfw: null })), defaults, false)).toEqual({
    type: 'approved',
    spoiler: false,
  });
});

test('what was rebuilt after the store was lost goes to the moderators, or where there are none, is withheld', () => {
  for (const nsfw of [true, null]) {
    const inServer = { ...settled(success({ nsfw })), recovered: true } as const;
    expect(decideOutcome(inServer, defaults, false)).toEqual({ type: 'held' });
    const direct = { ...inServer, origin: { ...inServer.origin, guildId: undefined } };
    expect(decideOutcome(direct, defaults, false)).toEqual({ type: 'withheld' });
  }
});

test('a failed run fails the edit with the code and the message of Runflow', () => {
  expect(decideOutcome(settled({ kind: 'failed', code: 'OOM', message: 'out of memory' }), defaults, false)).toEqual({
    type: 'failed',
    reason: 'run-failed',
    detail: 'OOM: out of memory',
  });
});

test('a success without a picture is bad output', () => {
  for (const code of ['RUN_NOT_FOUND', 'UNKNOWN_END']) {
    const lost = decideOutcome(settled({ kind: 'failed', code, message: 'nobody knows' }), defaults, false);
    expect(lost).toMatchObject({ type: 'failed', reason: 'run-lost' });
  }
  const event = decideOutcome(settled({ kind: 'failed', code: 'NO_OUTPUT', message: 'no picture' }), defaults, false);
  expect(event).toMatchObject({ type: 'failed', reason: 'bad-output' });
});

test('a canceled run fails the edit', () => {
  expect(decideOutcome(settled({ kind: 'canceled' }), defaults, false)).toMatchObject({
    type: 'failed',
    reason: 'run-canceled',
  });
});

const policy = fc.constantFrom(...policies);
const anySettings: fc.Arbitrary<Settings> = fc
  .record({
    flagged: policy,
    unchecked: policy,
    flaggedRestricted: policy,
    uncheckedRestricted: policy,
    reviewChannel: fc.constantFrom(undefined, '42'),
  })
  .map((some) => ({ ...defaults, ...some }));
const anyFlag = fc.constantFrom(true, false, null);
const anyPlace = fc.record({ ageRestricted: fc.boolean(), guild: fc.boolean() });

describe('the policy', () => {
  test('posts what is cleared, always', () => {
    fc.assert(fc.property(anySettings, anyPlace, (settings, place) => policyFor(settings, false, place) === 'post'));
  });

  test('never shows a flagged result where the channel is not age-restricted', () => {
    fc.assert(
      fc.property(anySettings, fc.boolean(), (settings, guild) =>
        ['hold', 'block'].includes(policyFor(settings, true, { ageRestricted: false, guild })),
      ),
    );
  });

  test('holds only where there is a review channel', () => {
    fc.assert(
      fc.property(anySettings, anyFlag, anyPlace, (settings, flag, place) => {
        const decided = policyFor(settings, flag, place);
        return decided !== 'hold' || (place.guild && settings.reviewChannel !== undefined);
      }),
    );
  });

  const strict = ['post', 'spoiler', 'hold', 'block'];
  const anyLooks = fc.record({ before: fc.boolean(), now: fc.constantFrom(true, false, undefined) });

  test('is the most careful of all looks at the channel; where a look cannot tell, of both answers', () => {
    fc.assert(
      fc.property(anySettings, anyFlag, fc.boolean(), anyLooks, (settings, flag, guild, looks) => {
        const careful = strict.indexOf(carefulPolicy(settings, flag, guild, looks));
        const possible = looks.now === undefined ? [true, false] : [looks.before, looks.now];
        const each = possible.map((ageRestricted) =>
          strict.indexOf(policyFor(settings, flag, { ageRestricted, guild })),
        );
        return careful === Math.max(...each);
      }),
    );
  });

  test('never shows a flagged result unless every look found the channel age-restricted', () => {
    fc.assert(
      fc.property(anySettings, fc.boolean(), anyLooks, (settings, guild, looks) => {
        fc.pre(!looks.before || looks.now !== true);
        return ['hold', 'block'].includes(carefulPolicy(settings, true, guild, looks));
      }),
    );
  });

  test('asks for another look wherever one could make it more careful', () => {
    fc.assert(
      fc.property(anySettings, anyFlag, anyLooks, (settings, flag, { before, now }) => {
        fc.pre(!needsLook(settings, flag, true, before));
        const known = carefulPolicy(settings, flag, true, { before, now: before });
        return known === carefulPolicy(settings, flag, true, { before, now });
      }),
    );
  });

  test('otherwise does what the server said', () => {
    fc.assert(
      fc.property(anySettings, anyFlag, anyPlace, (settings, flag, place) => {
        fc.pre(flag !== false);
        const { flagged, flaggedRestricted, unchecked, uncheckedRestricted } = settings;
        const said = place.ageRestricted
          ? { true: flaggedRestricted, null: uncheckedRestricted }[`${flag}`]
          : { true: flagged, null: unchecked }[`${flag}`];
        const decided = policyFor(settings, flag, place);
        if (said === 'block') expect(decided).toBe('block');
        else if (flag === null || place.ageRestricted) expect([said, 'block']).toContain(decided);
        if ((flag === null || place.ageRestricted) && said !== 'hold') expect(decided).toBe(said);
      }),
    );
  });

  test.each([
    ['flagged', true, false, 'block'],
    ['not checked', null, false, 'post'],
    ['flagged, in an age-restricted channel', true, true, 'block'],
    ['not checked, in an age-restricted channel', null, true, 'post'],
  ] as const)('without any setting: %s', (_what, flag, ageRestricted, expected) => {
    expect(policyFor(defaults, flag, { ageRestricted, guild: true })).toBe(expected);
  });
});
