// The prompt lists, compiled: each server's once for each of its versions, and the operator's own once.
import { StartError, UserError } from '../errors.ts';
import { checkEntry, compileBlocklist, type FindEntry, mostEntries } from './blocklist.ts';

/** Servers whose lists are kept compiled; a full hostile list takes a few megabytes. */
const keptLists = 100;

/** @returns what finds the entry of a server's present list that a prompt contains */
export type ServerLists = (guildId: string, list: readonly string[]) => FindEntry;

export function createServerLists(compile = compileBlocklist): ServerLists {
  const kept = new Map<string, { list: readonly string[]; find: FindEntry }>();
  return (guildId, list) => {
    const known = kept.get(guildId);
    const same = known?.list.length === list.length && known.list.every((entry, index) => entry === list[index]);
    const now = known && same ? known : { list, find: compile(list) };
    // The map keeps the order of use.
    kept.delete(guildId);
    kept.set(guildId, now);
    for (const oldest of kept.keys()) {
      if (kept.size <= keptLists) break;
      kept.delete(oldest);
    }
    return now.find;
  };
}

/**
 * Compiles the operator's own list, which holds everywhere.
 * @throws {StartError} one line for each entry that could match nothing, or too much
 */
export function compileOperatorList(entries: readonly string[]): FindEntry {
  const problems: string[] = [];
  if (entries.length > mostEntries) problems.push(`PROMPT_BLOCKLIST can have at most ${mostEntries} entries`);
  const checked = entries.map((entry) => {
    try {
      return checkEntry(entry);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problems.push(`PROMPT_BLOCKLIST: ${error.message}`);
      return entry;
    }
  });
  if (problems.length > 0) throw new StartError(problems);
  return compileBlocklist(checked);
}
