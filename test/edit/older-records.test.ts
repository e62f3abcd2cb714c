// Records of version 0.1 are read as this version has them: what was owed, the card's state, reasons that were sentences.
import { expect, test } from 'vitest';
import type { AuditEntry } from '../../src/audit/audit.ts';
import { nextDuty } from '../../src/edit/owed.ts';
import { type Edit, isClosed } from '../../src/edit/record.ts';
import { createRecords } from '../../src/edit/records.ts';
import { adoptOlder } from '../../src/store/open.ts';
import { openStore } from '../store/stores.ts';
import { accepted, paid } from './examples.ts';

const entry: AuditEntry = { id: '0a', at: 5, action: 'rejected', actorId: 'vera', memberId: 'mia', editId: '1' };
const message = { channelId: 'c', messageId: 'm' };
const card = { channelId: 'review', messageId: 'card' };

/** As it stood in a database, before it is known to be anything. */
async function stored(record: Record<string, unknown>): Promise<Edit> {
  const { store } = openStore();
  const { tries: _tries, sentAt: _sentAt, looks: _looks, ...common } = accepted();
  await store.space<unknown>('open').set(common.id, { ...common, runId: 'run-1', submittedAt: 2, ...record });
  const records = createRecords(store, 1_000);
  await adoptOlder(store, records.adopt);
  const edit = await records.load(common.id);
  if (!edit) throw new Error('nothing was read');
  return edit;
}

const review = {
  kind: 'held',
  flag: true,
  openedAt: 3,
  reminded: false,
  contested: false,
  reporters: [],
  told: false,
  notice: { ...message, fresh: true },
  card: { ...card, fresh: false },
  verdict: { kind: 'rejected', by: 'vera', at: 4, reason: 'Shows a real person: my mother' },
};
const rejected = { state: 'rejected', outcome: { kind: 'canceled' }, reason: 'rejected', closedAt: 4, told: true };

test('what was owed in three places is owed in one', async () => {
  const edit = await stored({
    ...rejected,
    audit: [{ ...entry, reason: 'Breaks another rule' }],
    remove: [message],
    review,
  });
  expect(edit.owed).toEqual([
    { kind: 'entry', entry: { ...entry, reason: { note: 'Breaks another rule' } } },
    { kind: 'take-down', message },
    { kind: 'rewrite-card' },
  ]);
  expect(edit).not.toHaveProperty('audit');
  expect(edit).not.toHaveProperty('remove');
  expect(isClosed(edit)).toBe(false);
  expect(isClosed(paid(edit))).toBe(true);
});

test('a sentence that was stored as a reason is its note, and a card is where it was', async () => {
  const edit = await stored({ ...rejected, review: { ...review, card: { ...card, fresh: true } } });
  expect(edit.review?.verdict?.reason).toEqual({ note: 'Shows a real person: my mother' });
  expect(edit.review?.card).toEqual(card);
  expect(nextDuty(edit)).toBeUndefined();
});

test('one that owes nothing and was never reviewed stays as it is', async () => {
  const edit = await stored({ state: 'running', givenUp: false });
  expect(edit).toMatchObject({ state: 'running', runId: 'run-1' });
  expect(edit).not.toHaveProperty('owed');
});

test('a record of this version reads back as it was written', async () => {
  const { store } = openStore();
  const records = createRecords(store, 1_000);
  const edit: Edit = {
    ...accepted(),
    owed: [{ kind: 'entry', entry: { ...entry, reason: { key: 'nsfw', note: 'n' } } }],
  };
  await records.admit(edit);
  expect(await records.load(edit.id)).toEqual(JSON.parse(JSON.stringify(edit)));
});
