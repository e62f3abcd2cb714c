// A server's settings: what is stored and read again.

import { DatabaseSync } from 'node:sqlite';
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
  ping: undefined,
  selfApproval: false,
  reminderHours: 12,
  expiryHours: 72,
  deleteExpiredFiles: false,
  atOnce: undefined,
  perHour: undefined,
  perDay: undefined,
  cooldownSeconds: undefined,
  serverPerDay: undefined,
  blocklist: [],
  roleLimits: [],
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
    ['an empty record', {}],
    ['an older version', { moderation: { flagged: 'hold' }, reviewChannelId: undefined }],
    ['a newer version’s row of its own', { theme: 'dark', moderation: { later: 'hold' } }],
    ['hours and answers that make no sense', { reminderHours: 'soon', expiryHours: -1, selfApproval: 'yes' }],
  ])('are the defaults for what is not set: %s', (_what, stored) => {
    expect(readSettings(stored)).toEqual(defaults);
  });

  const held = {
    ...defaults,
    unchecked: 'hold',
    uncheckedRestricted: 'hold',
    reviewChannel: '0',
    listUnread: true,
  };

  test.each([
    ['a text', 'hold', held],
    ['a list', [], held],
    ['a number', 7, held],
    ['the policies of schema 1', { moderation: 7 }, { ...held, reviewChannel: undefined, listUnread: undefined }],
    ['a policy of a newer version', { unchecked: 'quarantine' }, { ...defaults, unchecked: 'hold' }],
    ['a policy that is no text', { uncheckedRestricted: 3 }, { ...defaults, uncheckedRestricted: 'hold' }],
    ['a policy that is null', { unchecked: null, flagged: null }, { ...defaults, unchecked: 'hold' }],
    ['a review channel', { reviewChannel: { id: '42' } }, { ...defaults, reviewChannel: '0' }],
    ['a moderator role', { moderatorRole: 7 }, defaults],
    ['the prompt list', { blocklist: 'word' }, { ...defaults, listUnread: true }],
    ['an entry of it', { blocklist: ['a', { word: 'b' }] }, { ...defaults, blocklist: ['a'], listUnread: true }],
  ])('open nothing where they cannot be read, and keep the rest: %s', (_what, stored, expected) => {
    expect(readSettings(stored)).toEqual(expected);
  });

  test('keep what can be read beside what cannot', () => {
    const stored = { flagged: 'block', unchecked: 3, expiryHours: 9999, reminderHours: 2 };
    expect(readSettings(stored)).toEqual({ ...defaults, flagged: 'block', unchecked: 'hold', reminderHours: 2 });
  });

  test('that are not even JSON open nothing, and can be changed again', async () => {
    const { store, path } = openStore();
    const settings = createSettings(store, systemClock);
    await settings.update('1', (before) => ({ ...before, flagged: 'block' }));
    const database = new DatabaseSync(path);
    const tables = database.prepare("SELECT name FROM pragma_table_list WHERE schema = 'main'").all();
    const spoilt = tables
      .filter(({ name }) => {
        const columns = database.prepare('SELECT name FROM pragma_table_info(?)').all(String(name));
        return ['key', 'value'].every((wanted) => columns.some((column) => column.name === wanted));
      })
      .map(({ name }) => database.prepare(`UPDATE ${name} SET value = '{' WHERE key LIKE '%settings%'`).run().changes);
    database.close();
    expect(spoilt.filter((changes) => changes === 1)).toEqual([1]);
    expect(await settings.get('1')).toEqual(held);
    await settings.update('1', (before) => ({ ...before, unchecked: 'block', reviewChannel: '42' }));
    expect(await settings.get('1')).toEqual({ ...held, unchecked: 'block', reviewChannel: '42' });
  });

  test('of a newer version survive a change of another row', async () => {
    const { store } = openStore();
    const rows = { unchecked: 'quarantine', theme: 'dark', moderation: { flagged: 'block' } };
    await store.space<unknown>('settings').set('1', rows);
    await createSettings(store, systemClock).update('1', (before) => ({ ...before, reviewChannel: '42' }));
    expect(await store.space<unknown>('settings').get('1')).toEqual({
      unchecked: 'quarantine',
      theme: 'dark',
      flagged: 'block',
      reviewChannel: '42',
    });
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
      roleLimits: [],
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
