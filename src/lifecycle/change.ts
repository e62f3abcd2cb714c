// What a person does to an edit: read, choose, save if nobody else changed it, else again.
import type { Clock } from '../clock.ts';
import type { EditEvent } from '../edit/events.ts';
import { type HeldLease, holdLease } from '../edit/lease.ts';
import { move } from '../edit/moves.ts';
import type { Edit } from '../edit/record.ts';
import type { Records } from '../edit/records.ts';
import type { Timing } from '../edit/timing.ts';
import { UserError } from '../errors.ts';

/** A step under way is mostly over by then, and the person is answered by its result; it need not be over. */
const patienceMs = 3_000;
const lookMs = 50;
const mostTries = 20;

export function createChange(options: {
  records: Pick<Records, 'claim' | 'find' | 'save'>;
  clock: Clock;
  timing: Pick<Timing, 'leaseMs'>;
}) {
  const { records, clock, timing } = options;

  async function waitForLease(id: string): Promise<HeldLease | undefined> {
    const until = clock.elapsed() + patienceMs;
    while (true) {
      const lease = await holdLease(records, id, timing.leaseMs, clock);
      if (lease || clock.elapsed() > until) return lease;
      await new Promise<void>((resolve) => clock.after(lookMs, resolve));
    }
  }

  return async (
    id: string,
    choose: (edit: Edit) => EditEvent | undefined,
    done: (before: Edit, after: Edit) => Promise<void>,
  ): Promise<Edit | undefined> => {
    const lease = await waitForLease(id);
    try {
      for (let tries = 0; tries < mostTries; tries += 1) {
        const found = await records.find(id);
        if (!found) return undefined;
        const event = choose(found.edit);
        const changed = event ? move(found.edit, event, clock.now()) : found.edit;
        if (changed === found.edit) return changed;
        if (!(await records.save(changed, found.version))) continue;
        await done(found.edit, changed);
        return changed;
      }
      throw new UserError((t) => t.general.busy);
    } finally {
      await lease?.release();
    }
  };
}
