// What becomes of a stored row that cannot be read, or holds something odd: rows that protect somebody hold, rows that only
// remember something are written anew, and none of them stops anything else.

import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { createAudit } from '../../src/audit/audit.ts';
import { createCounts, weekOf } from '../../src/audit/counts.ts';
import { StoreError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { createMembers } from '../../src/moderation/members.ts';
import { createRefusals } from '../../src/moderation/refusals.ts';
import { createReportLimit } from '../../src/moderation/report-limit.ts';
import { createRooms } from '../../src/moderation/room.ts';
import { createDrafts } from '../../src/run/drafts.ts';
import { createInlinePictures } from '../../src/runflow/inline.ts';
import { createLanguage } from '../../src/settings/language.ts';
import { createSettings, type Settings } from '../../src/settings/settings.ts';
import { catalogues } from '../../src/texts/texts.ts';
import { createStillClock, openStore } from './stores.ts';

const hour = 3_600_000;

function setUp() {
  const { store, path } = openStore();
  const clock = createStillClock();
  const audit = createAudit(store, clock);
  const database = new DatabaseSync(path);
  const spoil = (table: 'entry' | 'record', key: string, text: string) => {
    const spoilt = database.prepare(`UPDATE ${table} SET value = ? WHERE key LIKE ?`).run(text, `%${key}%`);
    expect(spoilt.changes, key).toBe(1);
  };
  return { store, clock, audit, members: createMembers(store, audit, clock), spoil };
}

/** Cut off; JSON that is no entry; entries of something else. */
const entries = [
  '{"value":',
  '{}',
  'null',
  '7',
  '"text"',
  '{"value":null}',
  '{"value":[{"odd":true}]}',
  '{"value":"odd"}',
];
const records = ['{"half', '{}', 'null', '7', '"odd"', '[]'];

describe.each(entries)('an entry that holds %s', (text) => {
  test('holds what a server set nobody knows how', async () => {
    const { store, clock, spoil } = setUp();
    const settings = createSettings(store, clock);
    await settings.update('1', (before: Settings) => ({ ...before, unchecked: 'block', blocklist: ['word'] }));
    spoil('entry', 'settings:1', text);
    const held = {
      unchecked: 'hold',
      uncheckedRestricted: 'hold',
      flagged: 'hold',
      listUnread: true,
      reviewChannel: '0',
    };
    expect(await settings.get('1')).toMatchObject(held);
  });

  test('keeps nobody from telling those who run a server that their review channel is gone', async () => {
    const { store, clock, spoil } = setUp();
    const told: string[] = [];
    const rooms = createRooms({
      messenger: {
        channel: async () => 'gone',
        server: async () => ({ name: 'Darkroom', ownerId: '9', systemChannelId: undefined }),
        send: async () => ({ channelId: '1', messageId: '2' }),
        sendDirect: async (_user, _nonce, { text }) => {
          told.push(text);
          return { channelId: '1', messageId: '3' };
        },
      },
      settings: createSettings(store, clock),
      store,
      language: createLanguage(catalogues),
      clock,
      log: createLog('silent', []),
    });
    const gone = { channelId: '5', trouble: 'gone', missing: [] } as const;
    for (let times = 0; times < 2; times += 1) await rooms.tell('1', 'en-US', gone);
    expect(told).toHaveLength(1);
    spoil('entry', 'room-told:1', text);
    for (let times = 0; times < 2; times += 1) await rooms.tell('1', 'en-US', gone);
    expect(told).toHaveLength(2);
    spoil('entry', 'room-told:1', text);
    await rooms.mended('1');
    await rooms.tell('1', 'en-US', gone);
    expect(told).toHaveLength(3);
  });

  test('is counted from the beginning where it is only a count', async () => {
    const { store, clock, audit, members, spoil } = setUp();
    const refusals = createRefusals(store, audit, clock);
    const refuse = () => refusals.note('1', 'mia', { entry: 'word', prompt: 'a word' });
    await refuse();
    spoil('entry', 'refusals:1:mia', text);
    expect(await members.history('1', 'mia')).toMatchObject({ refusedPrompts: 1 });
    await refuse();
    expect(await members.history('1', 'mia')).toMatchObject({ refusedPrompts: 2 });
    const report = createReportLimit(store, clock);
    await report('1', 'mia');
    spoil('entry', 'reports:1:mia', text);
    await report('1', 'mia');
    const week = weekOf(clock.now());
    const day = new Date(week).toISOString().slice(0, 10);
    await store.space('weekly-edits').set(`1:${day}`, 4);
    spoil('entry', `weekly-edits:1:${day}`, text);
    expect(await createCounts(store, clock).edits('1', [week])).toEqual([0]);
  });

  test('is as if it had expired where it is a draft or a picture that can be had again', async () => {
    const { store, spoil } = setUp();
    const drafts = createDrafts(store);
    const picture = {
      url: 'https://a.b/c.png',
      name: 'c.png',
      contentType: null,
      bytes: 1,
      width: null,
      height: null,
      spoiler: true,
    };
    await drafts.save('1', { pictures: [picture] });
    expect(await drafts.load('1')).toEqual({ pictures: [picture] });
    spoil('entry', 'draft:1', text);
    expect(await drafts.load('1')).toBeUndefined();
    const inline = createInlinePictures(store.space('inline'));
    await inline.keep('run', 0, 'data:image/png;base64,AAAA');
    spoil('entry', 'inline:run/0', text.replace('"odd"', '7'));
    const again: string[] = [];
    const open = async () => Promise.reject(new Error('asked again'));
    const { open: openReference } = inline.opener(open, async (runId) => {
      again.push(runId);
      return 'data:image/png;base64,AAAA';
    });
    const picked = await openReference('inline:run/0', new AbortController().signal);
    await expect(picked.pieces()).rejects.toThrow('asked again');
    expect(again).toEqual(['run']);
  });
});

describe.each(records)('a record that holds %s', (text) => {
  test('holds for as long as its time-out lasts, in direct messages too', async () => {
    const { clock, members, spoil } = setUp();
    await members.timeOut('1', 'mia', 'vera', hour);
    await members.timeOut('2', 'mia', 'vera', 2 * hour);
    spoil('record', 'time-out:2:mia', text);
    expect(await members.anywhere('mia')).toEqual({ until: clock.now() + 2 * hour });
    await expect(members.current('2', 'mia')).rejects.toThrow(StoreError);
    clock.move(2 * hour);
    expect(await members.anywhere('mia')).toBeUndefined();
  });

  test('is counted from the beginning where it is a sum of the log', async () => {
    const { audit, spoil } = setUp();
    const entry = { actorId: 'bot', memberId: 'mia', editId: '7' };
    await audit.append('1', { ...entry, action: 'held' });
    spoil('record', 'account:1:7', text);
    spoil('record', 'history:1:mia', text);
    expect(await audit.history('1', 'mia')).toMatchObject({ flagged: 0 });
    await audit.append('1', { ...entry, action: 'held' });
    await audit.append('1', { ...entry, actorId: 'vera', action: 'approved' });
    expect(await audit.history('1', 'mia')).toMatchObject({ flagged: 1, approved: 1 });
    expect(await audit.list('1', { limit: 9 })).toHaveLength(3);
  });
});
