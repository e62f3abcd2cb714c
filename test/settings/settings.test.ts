// A server's settings: what is stored and read again.

import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createSettings, readSettings, type Settings } from '../../src/settings/settings.ts';
import { openStore } from '../store/stores.ts';

const defaults: Settings = {
  flagged: 'hold',
  flaggedRestricted: 'hold',
  unchecked: 'post',
  uncheckedRestricted: 'post',
  reviewChannel: undefined,
  moderatorRole: undefined,
  selfApproval: false,
  reminderHours: 12,
  expiryHours: 72,
  deleteExpiredFiles: false,
  blocklist: [],
};

describe('stored settings', () => {
  test('are the defaults where nothing is stored', async () => {
    expect(await createSettings(openStore().store, systemClock).get('1')).toEqual(defaults);
  });

  test('are remembered for each server by itself', async () => {
    const { store, another } = openStore();
    const change = (settings: Settings): Settings => ({
      ...settings,
      reviewChannel: '42',
      blocklist: ['one', 'two'],
    });
    const changed = await createSettings(store, systemClock).update('1', change);
    expect(changed).toEqual({ ...defaults, reviewChannel: '42', blocklist: ['one', 'two'] });
    expect(await createSettings(another(), systemClock).get('1')).toEqual(changed);
    expect(await createSettings(store, systemClock).get('2')).toEqual(defaults);
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
    const stored = { flagged: 'block', unchecked: 3, expiryHours: 9999, reminderHours: 2 };
    expect(readSettings(stored)).toEqual({ ...defaults, flagged: 'block', reminderHours: 2 });
  });

  test('of schema 1 are read: four were nested, two had other names', () => {
    const stored = {
      moderation: { flagged: 'block', unchecked: 'spoiler', flaggedRestricted: 'post', uncheckedRestricted: 'hold' },
      reviewChannelId: '42',
      moderatorRoleId: '43',
      selfApproval: true,
      reminderHours: 3,
      expiryHours: 30,
      deleteExpiredFiles: true,
      blocklist: ['word'],
    };
    expect(readSettings(stored)).toEqual({
      flagged: 'block',
      flaggedRestricted: 'post',
      unchecked: 'spoiler',
      uncheckedRestricted: 'hold',
      reviewChannel: '42',
      moderatorRole: '43',
      selfApproval: true,
      reminderHours: 3,
      expiryHours: 30,
      deleteExpiredFiles: true,
      blocklist: ['word'],
    });
  });

  test('of schema 1 bring nothing but the policies out of their nest', () => {
    const moderation = { flagged: 'block', blocklist: ['x'], selfApproval: true, reviewChannel: '42' };
    expect(readSettings({ moderation })).toEqual({ ...defaults, flagged: 'block' });
  });

  test('lose no change when many are made at once, from two processes', async () => {
    const { store, another } = openStore();
    const desks = [createSettings(store, systemClock), createSettings(another(), systemClock)];
    const words = Array.from({ length: 30 }, (_, index) => `word${index}`);
    await Promise.all(
      words.map((word, index) =>
        desks[index % 2]?.update('1', (settings) => ({ ...settings, blocklist: [...settings.blocklist, word] })),
      ),
    );
    const { blocklist } = await createSettings(store, systemClock).get('1');
    expect([...blocklist].sort()).toEqual([...words].sort());
  });

  test('stay as they were when a change throws, and can be changed again at once', async () => {
    const settings = createSettings(openStore().store, systemClock);
    const refuse = () => {
      throw new Error('no');
    };
    await expect(settings.update('1', refuse)).rejects.toThrow('no');
    await settings.update('1', (before) => ({ ...before, reminderHours: 1 }));
    expect((await settings.get('1')).reminderHours).toBe(1);
  });
});
