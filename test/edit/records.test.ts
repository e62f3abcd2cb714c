// Edits in the store: who may write them, the lists that they stand in, and how a run's end is kept, on a real file.
import { describe, expect, test } from 'vitest';
import { move } from '../../src/edit/moves.ts';
import { states } from '../../src/edit/older-records.ts';
import type { Edit } from '../../src/edit/record.ts';
import { createRecords } from '../../src/edit/records.ts';
import { openStore } from '../store/stores.ts';
import { accepted, delivering, paid, success } from './examples.ts';

function setUp() {
  const { store, another } = openStore();
  return { records: createRecords(store, 60_000), other: createRecords(another(), 60_000) };
}

const running = (edit: Edit, runId = 'run-1') => move(edit, { type: 'created', runId }, 2_000);
const later = 1e12;

describe('an edit', () => {
  test('is admitted once, and changed only by whoever saw it last', async () => {
    const { records, other } = setUp();
    const first = await records.admit(accepted());
    expect(first?.version).toBe(1);
    expect(await other.admit(accepted())).toBeUndefined();
    const sending = move(accepted(), { type: 'sending' }, 5);
    expect(await other.save(sending, 1)).toMatchObject({ version: 2 });
    expect(await records.save(running(accepted()), 1)).toBeUndefined();
    expect(await records.find(accepted().id)).toMatchObject({ version: 2, edit: { state: 'accepted', tries: 1 } });
  });

  test('waits for no moderator any more once it is deleted', async () => {
    const { records } = setUp();
    const held = move(delivering(), { type: 'held' }, 5);
    await records.admit(held);
    const waiting = () => records.openReviews(held.origin.guildId ?? '', 9);
    expect(await waiting()).toHaveLength(1);
    await records.save(move(held, { type: 'deleted', by: 'mia' }, 6), 1);
    expect(await waiting()).toEqual([]);
  });

  test('keeps nothing of a deleted result but what its log rests on, nor does the copy of an older version', async () => {
    const { store } = openStore();
    const records = createRecords(store, 60_000);
    const posted = move(delivering(), { type: 'posted', channelId: 'c', messageId: 'm' }, 5);
    await store.space('closed').set(posted.id, posted);
    const found = await records.find(posted.id);
    expect(found).toMatchObject({ version: 0, edit: { input: posted.input } });
    let gone = move(posted, { type: 'deleted', by: 'mia' }, 6);
    let version = 0;
    const save = async () => {
      version = (await records.save(gone, version))?.version ?? Number.NaN;
    };
    await save();
    expect((await records.load(posted.id))?.input, 'its message has to come down').toEqual(posted.input);
    for (const duty of gone.owed ?? []) {
      gone = move(gone, { type: 'paid', duty }, 7);
      await save();
    }
    const nothing = { prompt: '', image_urls: [] };
    expect(await records.load(posted.id)).toMatchObject({ erased: true, input: nothing, outcome: { outputs: [] } });
    expect(JSON.stringify(await store.space('closed').get(posted.id))).toBeUndefined();
  });

  test('is withdrawn only while nobody took it up', async () => {
    const { records, other } = setUp();
    await records.admit(accepted());
    expect(await records.withdraw(accepted())).toBe(true);
    expect(await records.load(accepted().id)).toBeUndefined();
    expect(await records.withdraw(accepted())).toBe(true);
    await records.admit(accepted());
    await other.save(move(accepted(), { type: 'sending' }, 5), 1);
    expect(await records.withdraw(accepted())).toBe(false);
    expect(await records.load(accepted().id)).toBeDefined();
  });

  test('is withdrawn, too, when another process closed it because its requester was refused', async () => {
    const { records, other } = setUp();
    await records.admit(accepted());
    await other.save(move(accepted(), { type: 'withdrawn' }, 5), 1);
    expect(await records.withdraw(accepted())).toBe(true);
    expect(await records.load(accepted().id)).toMatchObject({ state: 'deleted', erased: true });
  });

  test('stands among the open ones by when it is due, among its server’s by age, and leaves them when it closes', async () => {
    const { records } = setUp();
    const ids = ['3', '1', '2'];
    for (const id of ids)
      await records.admit({ ...delivering(), id, dueAt: Number(id) * 1_000, createdAt: Number(id) });
    const due = async (until: number) => (await records.dueIds(until, undefined, 9)).map(({ key }) => key);
    expect(await due(2_500)).toEqual(['1', '2']);
    expect(await due(later)).toEqual(['1', '2', '3']);
    expect((await records.due(later, (await records.dueIds(later, undefined, 1))[0], 9)).map(({ key }) => key)).toEqual(
      ['2', '3'],
    );
    const posted = { type: 'posted', channelId: 'c', messageId: 'm' } as const;
    await records.save(paid(move({ ...delivering(), id: '1' }, posted, 9)), 1);
    expect(await due(later)).toEqual(['2', '3']);
    const guildId = delivering().origin.guildId ?? '';
    const newest = await records.ofGuild(guildId, undefined, 2);
    expect(newest.map(({ key }) => key)).toEqual(['1', '3']);
    expect((await records.ofGuild(guildId, newest[1], 2)).map(({ key }) => key)).toEqual(['2']);
  });

  test('that is new is left to the process that admitted it for some seconds', async () => {
    const { records } = setUp();
    await records.admit(accepted({}, 10_000));
    expect(await records.dueIds(14_000, undefined, 9)).toEqual([]);
    expect(await records.dueIds(16_000, undefined, 9)).toHaveLength(1);
  });

  test('is read again in whatever state it was stored', async () => {
    const { records } = setUp();
    const met = new Set<Edit['state']>();
    const seen = async (edit: Edit) => {
      const id = `${edit.state}${met.size}`;
      met.add(edit.state);
      await records.admit({ ...edit, id });
      expect(await records.load(id)).toMatchObject({ id, state: edit.state });
      return edit;
    };
    const settled = move(running(accepted()), { type: 'ended', outcome: success({ nsfw: true }) }, 3_000);
    const posted = { type: 'posted', channelId: 'c', messageId: 'm' } as const;
    const failed = { type: 'failed', reason: 'run-failed', detail: '' } as const;
    for (const edit of [accepted(), running(accepted()), settled, delivering(), move(delivering(), posted, 9)]) {
      await seen(edit);
      await seen(move(edit, failed, 9));
      await seen(move(edit, { type: 'withheld' }, 9));
      await seen(move(edit, { type: 'held' }, 9));
      await seen(move(edit, { type: 'deleted', by: 'mia' }, 9));
    }
    expect([...met].sort()).toEqual(Object.keys(states).sort());
  });

  test('stands among the open reviews until the decision, with or without a card', async () => {
    const { records } = setUp();
    const outcome = success({ nsfw: true });
    let edit: Edit = move(running(accepted()), { type: 'ended', outcome }, 3_000);
    edit = move(edit, { type: 'held' }, 3_000);
    const guildId = edit.origin.guildId ?? '';
    let saved = await records.admit(edit);
    const open = async () => (await records.openReviews(guildId, 9)).length;
    expect(await open()).toBe(1);
    edit = move(edit, { type: 'card-posted', card: { channelId: 'r', messageId: 'm' }, fresh: true }, 4_000);
    saved = await records.save(edit, saved?.version ?? 0);
    expect(await open()).toBe(1);
    expect(await records.openReviews('another', 9)).toEqual([]);
    const gone = await records.save(move(edit, { type: 'deleted', by: 'mia' }, 5_000), saved?.version ?? 0);
    expect(await open()).toBe(0);
    saved = await records.save(edit, gone?.version ?? 0);
    expect(await open()).toBe(1);
    const verdict = { kind: 'rejected', by: 'vera', at: 5_000, reason: undefined } as const;
    await records.save(move(edit, { type: 'decided', verdict }, 5_000), saved?.version ?? 0);
    expect(await open()).toBe(0);
  });
});

describe('a run’s end', () => {
  test('is kept in the record, the first one, also when two report it at once', async () => {
    const { records, other } = setUp();
    const edit = running(accepted());
    await records.admit(edit);
    const [one, two] = await Promise.all([
      records.keepOutcome('run-1', success({ seed: 1 }), edit.id),
      other.keepOutcome('run-1', success({ seed: 2 }), edit.id),
    ]);
    expect([one?.result, two?.result].sort()).toEqual(['kept', 'known']);
    const found = await records.find(edit.id);
    expect(found).toMatchObject({ version: 2, edit: { state: 'running', ended: { runId: 'run-1' } } });
  });

  test('that overtakes the answer to its create request waits for it; that of another run is forgotten', async () => {
    const { records } = setUp();
    await records.admit(accepted());
    const { id } = accepted();
    expect(await records.keepOutcome('run-1', success(), id)).toMatchObject({ result: 'kept' });
    const waiting = await records.load(id);
    expect(waiting && running(waiting)).toMatchObject({ state: 'running', ended: { runId: 'run-1' } });
    expect(waiting && running(waiting, 'run-2')).not.toHaveProperty('ended');
  });

  test('of a run or an edit that nobody waits for is not kept', async () => {
    const { records } = setUp();
    await records.admit(running(accepted()));
    expect(await records.keepOutcome('run-2', success(), accepted().id)).toEqual({ result: 'unknown' });
    expect(await records.keepOutcome('run-1', success(), '404')).toEqual({ result: 'unknown' });
  });
});
