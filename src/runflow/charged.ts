// Whether a run that brought pictures was charged, for whoever reads that they cannot be shown.
import type { Runflow } from './client.ts';
import type { Outcome } from './run.ts';

/**
 * What the run says of it; undefined where it says nothing. A callback does not, so the run is read.
 * @param runflow never throws for it: the failure matters more
 */
export async function askWhetherCharged(
  runflow: Pick<Runflow, 'read'>,
  { runId, outcome }: { runId: string; outcome: Outcome },
): Promise<{ charged?: boolean }> {
  if (outcome.kind !== 'succeeded') return {};
  if (outcome.cost !== undefined) return { charged: true };
  const run = await runflow.read(runId).catch(() => undefined);
  return run?.outcome?.kind === 'succeeded' && run.outcome.cost !== undefined ? { charged: true } : {};
}
