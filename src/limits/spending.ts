// What edits cost: the most that one can before it is run, and what it did once that is known. In millionths of a dollar,
// so that sums stay exact. Pure.
import { z } from 'zod';
import type { Edit } from '../edit/record.ts';
import { estimateCost, mostCost } from '../models/model.ts';
import { findModel } from '../models/models.ts';
import type { Outcome } from '../runflow/run.ts';

const perDollar = 1_000_000;
export const microsOf = (dollars: number) => Math.round(dollars * perDollar);

/** `warned`: the operator knows that most of it is spent. */
const spent = z.object({ micros: z.number(), warned: z.literal(true).optional() });
export type Spent = z.infer<typeof spent>;
export const nothingSpent: Spent = { micros: 0 };
export const readSpent = (value: unknown): Spent | undefined => spent.safeParse(value).data;

const dayMs = 24 * 3_600_000;
/** Days are those of UTC: none is longer than another. */
export const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);
export const nextDayAt = (ms: number) => (Math.floor(ms / dayMs) + 1) * dayMs;

/** The most that an edit can cost. */
export const reservedFor = ({ model, input }: Edit): number => microsOf(mostCost(findModel(model), input) ?? 0);

function costOf({ model, input }: Edit, outcome: Outcome): number | undefined {
  if (outcome.kind !== 'succeeded') return outcome.charged === true ? undefined : 0;
  if (outcome.cost !== undefined) return microsOf(outcome.cost);
  const sizes = outcome.outputs.flatMap(({ width, height }) => (width && height ? [{ width, height }] : []));
  if (sizes.length < outcome.outputs.length || sizes.length === 0) return undefined;
  const estimate = estimateCost(findModel(model), input.image_urls.length, sizes);
  return estimate === undefined ? undefined : microsOf(estimate);
}

/** What became of its run is not known: it may have been charged. */
const unknownEnds = new Set(['timeout', 'uncertain', 'run-lost']);

/** What an edit cost; undefined where nobody can tell, so that the most that it can have cost counts. */
export function spentOn(edit: Edit): number | undefined {
  if ('outcome' in edit) return costOf(edit, edit.outcome);
  if (edit.state === 'deleted') return edit.runId === undefined ? 0 : undefined;
  if (edit.state !== 'failed') return undefined;
  if (edit.unposted) return costOf(edit, edit.unposted.outcome);
  return edit.charged === true || unknownEnds.has(edit.reason) ? undefined : 0;
}
