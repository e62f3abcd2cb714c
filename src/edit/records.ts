// Stores edits: open ones in one space, closed ones in another where they expire, so that a start reads only open ones.
import { moreCareful, type Outcome } from '../runflow/run.ts';
import type { Lease, Store } from '../store/store.ts';
import { readStoredEdit } from './older-records.ts';
import { type Edit, isClosed } from './record.ts';

export type Records = {
  /** Undefined while somebody else works on the edit. */
  claim(id: string, leaseMs: number): Promise<Lease | undefined>;
  /** Saves a new edit; `duplicate` when it is saved already or being saved right now. */
  admit(edit: Edit, leaseMs: number): Promise<'accepted' | 'duplicate'>;
  load(id: string): Promise<Edit | undefined>;
  /** Saves an edit; a closed one moves to the other space. */
  save(edit: Edit): Promise<void>;
  open(): AsyncIterable<[id: string, edit: Edit]>;
  /** Saves a run's outcome until its edit has it, even if this process dies. */
  keepOutcome(runId: string, outcome: Outcome, editId: string | undefined): Promise<void>;
  outcome(runId: string): Promise<Outcome | undefined>;
  dropOutcome(runId: string): Promise<void>;
  /** Every saved outcome with its edit's id. */
  outcomes(): AsyncIterable<[runId: string, entry: { editId: string | undefined }]>;
};

/** Far longer than a callback can overtake the answer to its create request; a poll finds the outcome too. */
const keepOutcomeMs = 24 * 3_600_000;

export function createRecords(store: Store, keepClosedMs: number): Records {
  const open = store.space<Edit>('open');
  const closed = store.space<Edit>('closed');
  const outcomes = store.space<{ outcome: Outcome; editId: string | undefined }>('outcome');

  const claim = (id: string, leaseMs: number) => store.claim(`edit:${id}`, leaseMs);

  async function load(id: string): Promise<Edit | undefined> {
    const stored = (await open.get(id)) ?? (await closed.get(id));
    return stored && readStoredEdit(stored);
  }

  return {
    claim,
    async admit(edit, leaseMs) {
      const lease = await claim(edit.id, leaseMs);
      if (!lease) return 'duplicate';
      try {
        if (await load(edit.id)) return 'duplicate';
        await open.set(edit.id, edit);
        return 'accepted';
      } finally {
        // The edit is saved, so do not tell the member that it was refused; the lease lapses by itself.
        await lease.release().catch(() => {});
      }
    },
    load,
    async save(edit) {
      if (!isClosed(edit)) return open.set(edit.id, edit);
      // In this order: after a crash in between, the open copy is older and its last move is simply repeated.
      await closed.set(edit.id, { ...edit, reply: undefined }, keepClosedMs);
      await open.delete(edit.id);
    },
    async *open() {
      for await (const [id, stored] of open.entries()) yield [id, readStoredEdit(stored)];
    },
    async keepOutcome(runId, outcome, editId) {
      // Keep the first, for later ones report the same end; but of two flags the more careful one counts.
      const kept = await outcomes.get(runId);
      const careful = kept ? moreCareful(kept.outcome, outcome) : outcome;
      if (careful !== kept?.outcome) await outcomes.set(runId, { outcome: careful, editId }, keepOutcomeMs);
    },
    outcome: async (runId) => (await outcomes.get(runId))?.outcome,
    dropOutcome: (runId) => outcomes.delete(runId),
    outcomes: () => outcomes.entries(),
  };
}
