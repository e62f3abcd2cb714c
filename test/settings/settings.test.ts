// A server's settings: what is stored and read again, and what they make of a result under Discord's own rule.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { actions, createSettings, decide, readSettings, type Settings } from '../../src/settings/settings.ts';
import { openStore } from '../store/stores.ts';

const defaults: Settings = {
  moderation: { flagged: 'hold', unchecked: 'post', flaggedRestricted: 'hold', uncheckedRestricted: 'post' },
  reviewChannelId: undefined,
  moderatorRoleId: undefined,
  selfApproval: false,
  reminderHours: 12,
  expiryHours: 72,
  deleteExpiredFiles: false,
  blocklist: [],
};

describe('stored settings', () => {
  test('are the defaults where nothing is stored', async () => {
    expect(await createSettings(openStore().store).get('1')).toEqual(defaults);
  });

  test('are remembered for each server by itself', async () => {
    const { store, another } = openStore();
    const change = (settings: Settings): Settings => ({
      ...settings,
      reviewChannelId: '42',
      blocklist: ['one', 'two'],
    });
    const changed = await createSettings(store).update('1', change);
    expect(changed).toEqual({ ...defaults, reviewChannelId: '42', blocklist: ['one', 'two'] });
    expect(await createSettings(another()).get('1')).toEqual(changed);
    expect(await createSettings(store).get('2')).toEqual(defaults);
  });

  test.each([
    ['nothing', null],
    ['a text', 'hold'],
    ['a list', []],
    ['an older version', { moderation: { flagged: 'hold' }, reviewChannelId: undefined }],
    ['a newer version', { theme: 'dark', moderation: { flagged: 'quarantine', later: 'hold' } }],
    ['nonsense', { moderation: 7, reminderHours: 'soon', expiryHours: -1, selfApproval: 'yes', blocklist: 'word' }],
  ])('fall back to the defaults for what cannot be read: %s', (_what, stored) => {
    expect(readSettings(stored)).toEqual(defaults);
  });

  test('keep what can be read beside what cannot', () => {
    const stored = { moderation: { flagged: 'block', unchecked: 3 }, expiryHours: 9999, reminderHours: 2 };
    const read = readSettings(stored);
    expect(read.moderation).toEqual({ ...defaults.moderation, flagged: 'block' });
    expect([read.reminderHours, read.expiryHours]).toEqual([2, 72]);
  });

  test('lose no change when many are made at once, from two processes', async () => {
    const { store, another } = openStore();
    const desks = [createSettings(store), createSettings(another())];
    const words = Array.from({ length: 30 }, (_, index) => `word${index}`);
    await Promise.all(
      words.map((word, index) =>
        desks[index % 2]?.update('1', (settings) => ({ ...settings, blocklist: [...settings.blocklist, word] })),
      ),
    );
    const { blocklist } = await createSettings(store).get('1');
    expect([...blocklist].sort()).toEqual([...words].sort());
  });

  test('stay as they were when a change throws, and can be changed again at once', async () => {
    const settings = createSettings(openStore().store);
    const refuse = () => {
      throw new Error('no');
    };
    await expect(settings.update('1', refuse)).rejects.toThrow('no');
    await settings.update('1', (before) => ({ ...before, reminderHours: 1 }));
    expect((await settings.get('1')).reminderHours).toBe(1);
  });
});

const action = fc.constantFrom(...actions);
const anySettings: fc.Arbitrary<Settings> = fc
  .record({
    moderation: fc.record({
      flagged: action,
      unchecked: action,
      flaggedRestricted: action,
      uncheckedRestricted: action,
    }),
    reviewChannelId: fc.constantFrom(undefined, '42'),
  })
  .map((some) => ({ ...defaults, ...some }));
const anyFlag = fc.constantFrom(true, false, null);
const anyPlace = fc.record({ ageRestricted: fc.boolean(), guild: fc.boolean() });

describe('decide', () => {
  test('posts what is cleared, always', () => {
    fc.assert(fc.property(anySettings, anyPlace, (settings, place) => decide(settings, false, place) === 'post'));
  });

  test('never shows a flagged result where the channel is not age-restricted', () => {
    fc.assert(
      fc.property(anySettings, fc.boolean(), (settings, guild) =>
        ['hold', 'block'].includes(decide(settings, true, { ageRestricted: false, guild })),
      ),
    );
  });

  test('holds only where there is a review channel', () => {
    fc.assert(
      fc.property(anySettings, anyFlag, anyPlace, (settings, flag, place) => {
        const decided = decide(settings, flag, place);
        return decided !== 'hold' || (place.guild && settings.reviewChannelId !== undefined);
      }),
    );
  });

  test('otherwise does what the server said', () => {
    fc.assert(
      fc.property(anySettings, anyFlag, anyPlace, (settings, flag, place) => {
        fc.pre(flag !== false);
        const { flagged, flaggedRestricted, unchecked, uncheckedRestricted } = settings.moderation;
        const said = place.ageRestricted
          ? { true: flaggedRestricted, null: uncheckedRestricted }[`${flag}`]
          : { true: flagged, null: unchecked }[`${flag}`];
        const decided = decide(settings, flag, place);
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
    expect(decide(defaults, flag, { ageRestricted, guild: true })).toBe(expected);
  });
});
