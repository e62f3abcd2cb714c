// What a card says: every verdict with who, when and why, also those that count no more, and never too much for a message.
import { expect, test } from 'vitest';
import { move } from '../../src/edit/moves.ts';
import type { Edit } from '../../src/edit/record.ts';
import { asCase } from '../../src/edit/waiting.ts';
import { cardText } from '../../src/moderation/card-text.ts';
import { en } from '../../src/texts/en/en.ts';
import { delivering } from '../edit/examples.ts';

const now = 100_000;
const card = { channelId: 'review', messageId: 'card' };
const held = move(move(delivering(), { type: 'held' }, now), { type: 'card-posted', card, fresh: true }, now);

const decide = (edit: Edit, kind: 'approved' | 'rejected' | 'kept', by: string, note?: string, at = now) =>
  move(edit, { type: 'decided', verdict: { kind, by, at, reason: note === undefined ? undefined : { note } } }, at);

function textOf(edit: Edit, room?: number): string {
  const { review } = edit;
  if (!review || !('outcome' in edit) || edit.state === 'settled') throw new Error('nobody looks at it');
  return cardText({ ...edit, review }, room === undefined ? { now } : { now, room }, en);
}

test('keeps a verdict that was taken back, and one from before a report, with who, when and why', () => {
  const undone = move(decide(held, 'rejected', '1', 'too dark'), { type: 'undone', by: '1' }, now + 60_000);
  expect(textOf(undone)).toContain('-# **Rejected** · <@1> · <t:100:f> – too dark · taken back <t:160:f>');
  const posted = move(decide(undone, 'approved', '2'), { type: 'posted', channelId: 'c', messageId: 'm' }, now);
  const reported = move(posted, { type: 'reported', by: '3' }, now);
  const text = textOf(reported);
  expect(text).toContain('-# **Rejected** · <@1>');
  expect(text).toContain('-# **Approved** · <@2> · <t:100:f>');
  expect(text).toContain('[the message](https://discord.com/channels/200000000000000001/c/m)');
  expect(asCase(reported)?.review.verdict).toBeUndefined();
  expect(textOf(decide(reported, 'kept', '4'))).toMatch(/\n\*\*Kept\*\* · <@4>/);
});

test('fits into a message whatever is written, and leaves the prompt readable', () => {
  let edit = held;
  for (let round = 0; round < 12; round += 1) {
    const remark = { by: '9'.repeat(20), at: now, text: '*'.repeat(300) };
    edit = move(edit, { type: 'remarked', remark }, now);
    edit = move(decide(edit, 'rejected', '1', '_'.repeat(500)), { type: 'undone', by: '1' }, now);
  }
  edit = { ...edit, input: { ...edit.input, prompt: 'snow '.repeat(300) } };
  for (const room of [2_000, 1_000]) {
    const text = textOf(decide(edit, 'rejected', '2', '*'.repeat(500)), room);
    expect(text.length).toBeLessThanOrEqual(room);
    expect(text.split('\n')[1]?.length).toBeGreaterThan(150);
  }
});
