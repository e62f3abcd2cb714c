// Takes an edit in, or refuses it for certain: a requester who reads that nothing was charged must be right, also when
// the store took the record and its answer was lost.
import { type Clock, within } from '../clock.ts';
import type { Allowance } from '../edit/allowance.ts';
import type { Edit } from '../edit/record.ts';
import type { Records, Saved } from '../edit/records.ts';
import { backoff, type Timing } from '../edit/timing.ts';
import { StoreError, UserError } from '../errors.ts';
import { createLines } from '../lines.ts';
import type { Log } from '../log.ts';

export type Terms = {
  /** How long there is time to save it: what cannot be acknowledged must not be taken. */
  withinMs?: number | undefined;
  allowance?: Allowance | undefined;
};

export type Admit = {
  /** @throws {UserError} when it could not be saved, or nothing is left of the allowance; then it is not saved later either */
  (edit: Edit, terms?: Terms): Promise<Saved | 'duplicate'>;
  /** Whether its requester was refused: nobody may take it up. */
  refused(id: string): boolean;
};

/** What is left for it before the interaction has to be answered. */
const readBackMs = 200;
/** Pause before another try. */
const againMs = 150;
/** The store does no write that comes later than this. */
const certainMs = 3_000;

export function createAdmit(options: {
  records: Pick<Records, 'admit' | 'find' | 'withdraw'>;
  /** Whether no new edit can come to anything before the operator has changed something. */
  isClosed: () => boolean;
  clock: Clock;
  timing: Timing;
  log: Log;
}): Admit {
  const { records, clock, timing, log } = options;
  const refusals = new Set<string>();
  const inLine = createLines();

  /** Removes the record, should it be there after all; tries until the store answers. */
  async function withdraw(
    edit: Edit,
    allowance: Allowance | undefined,
    refusedAt: number,
    retries: number,
  ): Promise<void> {
    let waitMs = certainMs - (clock.elapsed() - refusedAt);
    try {
      if (!(await records.withdraw(edit, allowance))) {
        log.error({ edit: edit.id }, 'an edit that was refused had been taken up by another process');
      }
      // The write may still be on its way: once more when it can no longer come.
      if (waitMs <= 0) {
        refusals.delete(edit.id);
        return;
      }
    } catch {
      waitMs = backoff(retries, timing);
    }
    clock.after(waitMs, () => void withdraw(edit, allowance, refusedAt, retries + 1));
  }

  const readBack = (id: string): Promise<Saved | undefined> => {
    const found = records.find(id).catch(() => undefined);
    return within(clock, readBackMs, found, () => undefined);
  };

  /** Of many who take from one allowance at once, each would only find that another was faster: they take turns. */
  function save(edit: Edit, left: () => number | undefined, allowance: Allowance | undefined) {
    if (!allowance) return records.admit(edit, left);
    const late = () => new StoreError('it was not the turn of an edit in time');
    const saved = inLine(allowance.line, async () => {
      if (left() === 0) throw late();
      return records.admit(edit, left, allowance);
    });
    return within(clock, left() ?? certainMs, saved, () => {
      throw late();
    });
  }

  const admit = async (wanted: Edit, { withinMs, allowance }: Terms = {}): Promise<Saved | 'duplicate'> => {
    if (options.isClosed()) throw new UserError((t) => t.general.closed);
    const edit: Edit = allowance ? { ...wanted, allowance: true } : wanted;
    const began = clock.elapsed();
    const left = () => (withinMs === undefined ? undefined : Math.max(0, began + withinMs - clock.elapsed()));
    for (let tries = 0; ; tries += 1) {
      try {
        const saved = await save(edit, left, allowance);
        // What stands there after an answer was lost is what we wrote.
        return saved ?? (tries > 0 ? await records.find(edit.id) : undefined) ?? 'duplicate';
      } catch (err) {
        if (err instanceof UserError) throw err;
        // The store may have it, and only its answer was lost.
        const found = await readBack(edit.id);
        if (found) return found;
        // A store that is started anew is away for a moment.
        if ((left() ?? 0) > againMs + readBackMs) {
          await new Promise<void>((resolve) => clock.after(againMs, resolve));
          continue;
        }
        refusals.add(edit.id);
        void withdraw(edit, allowance, clock.elapsed(), 0);
        log.error({ edit: edit.id, err }, 'an edit could not be saved; it was refused');
        throw new UserError((t) => t.general.storeDown, { cause: err });
      }
    }
  };
  return Object.assign(admit, { refused: (id: string) => refusals.has(id) });
}
