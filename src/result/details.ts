// What is known of a posted result, for whoever asks: its chain back to the first original, and what its run says.
import type { Delivered, Delivering, Edit } from '../edit/record.ts';
import type { Records } from '../edit/records.ts';
import { RunflowError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Parent } from '../models/model.ts';
import type { Runflow } from '../runflow/client.ts';

/** A result that another one was made of; without its edit once that is forgotten. */
export type Link = { parent: Parent; edit: Edit | undefined };

export type Details = {
  edit: Delivering | Delivered;
  /** The nearest first. */
  chain: readonly Link[];
  /** There are more. */
  isCut: boolean;
};

/** Reads what is known of a result. */
export type GetDetails = (edit: Delivering | Delivered) => Promise<Details>;

/** As many as fit into a message. */
const longestChain = 6;

export function createGetDetails(options: {
  records: Pick<Records, 'load'>;
  runflow: Pick<Runflow, 'read'>;
  log: Log;
}): GetDetails {
  const { records, runflow, log } = options;

  async function readChain(edit: Edit): Promise<Pick<Details, 'chain' | 'isCut'>> {
    const chain: Link[] = [];
    let next = edit.parent;
    while (next && chain.length < longestChain) {
      const found = await records.load(next.editId);
      chain.push({ parent: next, edit: found });
      next = found?.parent;
    }
    return { chain, isCut: next !== undefined };
  }

  /** A callback does not tell what a run cost; the run itself does. */
  async function withCost(edit: Delivering | Delivered): Promise<Delivering | Delivered> {
    const { outcome, runId, input } = edit;
    // Reading a run in sync mode means reading its pictures.
    if (outcome.cost !== undefined || input.sync_mode) return edit;
    try {
      const read = (await runflow.read(runId))?.outcome;
      if (read?.kind !== 'succeeded') return edit;
      // What the first end said stays; the run says the rest.
      return { ...edit, outcome: { ...read, ...outcome } };
    } catch (err) {
      if (!(err instanceof RunflowError)) throw err;
      log.debug({ edit: edit.id, run: runId, err }, 'a run could not be read for its details');
      return edit;
    }
  }

  return async (edit) => {
    const [read, chain] = await Promise.all([withCost(edit), readChain(edit)]);
    return { edit: read, ...chain };
  };
}
