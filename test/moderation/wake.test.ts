// Waking what waits for a review channel: all of it, by pages, on a real file.
import { expect, test } from 'vitest';
import type { EditEvent } from '../../src/edit/events.ts';
import { move } from '../../src/edit/moves.ts';
import { createRecords } from '../../src/edit/records.ts';
import { createLog } from '../../src/log.ts';
import { createWake } from '../../src/moderation/wake.ts';
import { createSettings } from '../../src/settings/settings.ts';
import { delivering } from '../edit/examples.ts';
import { createStillClock, openStore } from '../store/stores.ts';

test('wakes everything that waits, and reads only some of it at a time', async () => {
  const { store } = openStore();
  const records = createRecords(store, 60_000);
  const held = move(delivering(), { type: 'held' }, 5);
  const ids = Array.from({ length: 230 }, (_none, index) => `${1_000 + index}`);
  for (const id of ids) await records.admit({ ...held, id });
  const read: number[] = [];
  const woken: [string, EditEvent | undefined][] = [];
  const wake = createWake({
    records: {
      async openReviews(guildId, limit, after) {
        const found = await records.openReviews(guildId, limit, after);
        read.push(found.length);
        return found;
      },
    },
    async change(id, choose) {
      const edit = await records.load(id);
      if (edit) woken.push([id, choose(edit)]);
      return edit;
    },
    cards: { stands: async () => true },
    settings: createSettings(store, createStillClock()),
    log: createLog('silent', []),
  });
  await wake(held.origin.guildId ?? '');
  expect(woken).toEqual(ids.map((id) => [id, { type: 'woken' }]));
  expect(Math.max(...read)).toBeLessThanOrEqual(100);
});
