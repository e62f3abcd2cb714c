// Custom ids: what is in them comes out again, and every one fits into Discord's hundred characters.
import { expect, test } from 'vitest';
import { buttonId, buttons, findResultEdit, readButtonId } from '../src/buttons.ts';

const id = '9223372036854775807';

test('an id carries the edit, and is read back', () => {
  expect(buttonId(buttons.again, id)).toBe(`again:${id}`);
  expect(readButtonId(buttonId(buttons.deleteConfirmed, id, '12'))).toEqual({
    name: 'delete-confirmed',
    args: [id, '12'],
  });
});

test.each(Object.values(buttons))('%s fits with the longest arguments', (name) => {
  // A page of the log has the most: a direction, an entry's id of 33 characters and two people.
  // In the queue: a verdict, an edit, since when it waits, a kind, a member, a number.
  const inQueue = ['approved-spoiler', id, '0'.repeat(9), 'contested', id, '9999'];
  const inLog = ['before', '0'.repeat(33), '', id];
  const ofQueue = name === buttons.queueDecide ? inQueue : inQueue.slice(1);
  const args = name === buttons.logPage ? inLog : name.startsWith('queue-') ? ofQueue : [id, id];
  expect(buttonId(name, ...args).length).toBeLessThanOrEqual(100);
});

test('a result is recognised by its Again button, however deep it lies', () => {
  expect(findResultEdit([{ type: 1, components: [{ custom_id: `again:${id}` }] }])).toBe(id);
  expect(findResultEdit([{ custom_id: `delete:${id}` }, { custom_id: 'again:x' }])).toBeUndefined();
});
