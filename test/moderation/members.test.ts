// Time-outs and members' histories, over a real store.
import { describe, expect, test } from 'vitest';
import { createAudit } from '../../src/audit/audit.ts';
import { createMembers } from '../../src/moderation/members.ts';
import { adoptOlder } from '../../src/store/open.ts';
import { createStillClock, openStore } from '../store/stores.ts';

const hour = 3_600_000;

function setUp() {
  const { store, another } = openStore();
  const clock = createStillClock();
  const audit = createAudit(store, clock);
  const log = async () => (await Array.fromAsync(audit.all('1'))).map(({ action, actorId }) => `${actorId} ${action}`);
  return { clock, audit, log, members: createMembers(store, audit, clock), another };
}

describe('a time-out', () => {
  test('holds until it ends, in one server, for one member, and after a restart', async () => {
    const { members, clock, another, audit } = setUp();
    await members.timeOut('1', 'mia', 'vera', hour, { editId: '9' });
    const expected = { until: clock.now() + hour, by: 'vera', at: clock.now() };
    expect(await members.current('1', 'mia')).toEqual(expected);
    expect(await members.current('1', 'noah')).toBeUndefined();
    expect(await members.current('2', 'mia')).toBeUndefined();
    expect(await createMembers(another(), audit, clock).current('1', 'mia')).toEqual(expected);
    clock.move(hour - 1);
    expect(await members.current('1', 'mia')).toEqual(expected);
    clock.move(1);
    expect(await members.current('1', 'mia')).toBeUndefined();
  });

  test('is in the audit log, and so is its end', async () => {
    const { members, audit, log, clock } = setUp();
    await members.timeOut('1', 'mia', 'vera', hour, { editId: '9' });
    expect(await members.lift('1', 'mia', 'otto')).toBe(true);
    expect(await members.current('1', 'mia')).toBeUndefined();
    expect(await members.lift('1', 'mia', 'otto')).toBe(false);
    expect(await log()).toEqual(['vera timed-out', 'otto time-out-lifted']);
    const [, first] = await audit.list('1', { memberId: 'mia', limit: 5 });
    const details = { until: new Date(clock.now() + hour).toISOString() };
    expect(first).toMatchObject({ memberId: 'mia', editId: '9', details });
  });

  test('is not shortened by a second one, and made longer by a longer one', async () => {
    const { members, clock } = setUp();
    await members.timeOut('1', 'mia', 'vera', 24 * hour);
    const until = clock.now() + 24 * hour;
    clock.move(hour);
    expect((await members.timeOut('1', 'mia', 'otto', hour)).until).toBe(until);
    expect((await members.timeOut('1', 'mia', 'otto', 24 * hour)).until).toBe(until + hour);
  });

  test('is lifted once by two moderators at once', async () => {
    const { members, log } = setUp();
    await members.timeOut('1', 'mia', 'vera', hour);
    const lifted = await Promise.all([members.lift('1', 'mia', 'vera'), members.lift('1', 'mia', 'otto')]);
    expect(lifted.filter(Boolean)).toHaveLength(1);
    expect(await log()).toHaveLength(2);
  });
});

test('the time-out that ends last is found, in whatever server it is', async () => {
  const { members, clock } = setUp();
  expect(await members.anywhere('mia')).toBeUndefined();
  await members.timeOut('1', 'mia', 'vera', hour);
  await members.timeOut('2', 'mia', 'otto', 3 * hour);
  await members.timeOut('3', 'mia', 'vera', 2 * hour);
  await members.timeOut('3', 'mia2', 'vera', 9 * hour);
  expect(await members.anywhere('mia')).toMatchObject({ until: clock.now() + 3 * hour });
  await members.lift('2', 'mia', 'otto');
  expect(await members.anywhere('mia')).toMatchObject({ until: clock.now() + 2 * hour });
  clock.move(2 * hour);
  expect(await members.anywhere('mia')).toBeUndefined();
});

test('a time-out of an older version holds', async () => {
  const { store } = openStore();
  const clock = createStillClock();
  const until = clock.now() + hour;
  await store.space<unknown>('time-out').set('1:mia', { until, by: 'vera', at: clock.now() });
  const members = createMembers(store, createAudit(store, clock), clock);
  await adoptOlder(store, { 'time-out': members.adopt });
  expect(await members.current('1', 'mia')).toMatchObject({ until, by: 'vera' });
  expect(await members.anywhere('mia')).toMatchObject({ until });
  expect(await store.space<unknown>('time-out').get('1:mia')).toBeUndefined();
});

test('a history counts what became of the edits of one member', async () => {
  const { members, audit } = setUp();
  const note = (action: Parameters<typeof audit.append>[1]['action'], editId?: string, memberId = 'mia') =>
    audit.append('1', { action, actorId: action === 'held' ? 'bot' : 'vera', memberId, editId });
  for (const editId of ['1', '2', '3', '4']) await note('held', editId);
  await note('approved', '1');
  await note('rejected', '2');
  await note('expired', '3');
  await note('blocked', '5');
  await note('reported', '6');
  await note('taken-down', '6');
  await note('prompt-refused');
  await note('timed-out');
  await note('held', '7', 'noah');
  expect(await members.history('1', 'mia')).toEqual({
    flagged: 5,
    approved: 1,
    rejected: 1,
    expired: 1,
    takenDown: 1,
    refusedPrompts: 1,
    timeOuts: 1,
  });
  // Undone and decided the other way.
  await note('undone', '2');
  await note('approved-spoiler', '2');
  expect(await members.history('1', 'mia')).toMatchObject({ approved: 2, rejected: 0 });
  // What the card of an edit says of the others.
  expect(await members.history('1', 'mia', '2')).toMatchObject({ flagged: 4, approved: 1 });
  expect(await members.history('1', 'mia', '6')).toMatchObject({ flagged: 5, takenDown: 0 });
  expect(await members.history('1', 'mia', 'unknown')).toMatchObject({ flagged: 5, takenDown: 1 });
  expect(await members.history('1', 'otto')).toEqual({
    flagged: 0,
    approved: 0,
    rejected: 0,
    expired: 0,
    takenDown: 0,
    refusedPrompts: 0,
    timeOuts: 0,
  });
});
