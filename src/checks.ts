// What is looked at before the start: everything at the same time, so that an operator reads all that is wrong at once.
import { StartError } from './errors.ts';

/** A store that is away is waited for, but not when there is something else to say. */
const patienceMs = 2_000;

/**
 * Opens a part while the checks run.
 * @param checks each resolves with what the operator has to change, if anything
 * @throws {StartError} with all that is wrong, the part's own included
 */
export async function openWhileChecking<Part extends { close(): unknown }>(
  opening: Promise<Part>,
  checks: readonly Promise<string | undefined>[],
): Promise<Part> {
  // Handled below, perhaps later.
  opening.catch(() => {});
  const problems = (await Promise.all(checks)).filter((problem) => problem !== undefined);
  if (problems.length === 0) return opening;
  const late = new Promise<readonly string[]>((resolve) => setTimeout(() => resolve([]), patienceMs).unref());
  const opened = opening.then(
    async (part): Promise<readonly string[]> => {
      await part.close();
      return [];
    },
    (error: unknown) => (error instanceof StartError ? error.problems : [String(error)]),
  );
  throw new StartError([...problems, ...(await Promise.race([opened, late]))]);
}
