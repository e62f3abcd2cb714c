// A page of the run list. Runflow's documents disagree on the cursor's name, and a page may hide its cursor or its items:
// what cannot be read makes the list incomplete, never shorter.
import { type Run, readRun } from './run.ts';

export type Page = {
  runs: Run[];
  next: string | undefined;
  /** Something is left out that no cursor leads to: that a run is not listed proves nothing. */
  gaps: boolean;
};

const names = { items: ['items', 'data', 'runs', 'results'], cursors: ['next_pq', 'next', 'next_cursor'] };

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A cursor, or an address that has it in its query; undefined when it is neither. */
function readCursor(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string' || value === '') return undefined;
  const query = /[?&]pq=([^&#]*)/.exec(value);
  if (query) return new URLSearchParams(`pq=${query[1]}`).get('pq') || undefined;
  return /^https?:/i.test(value) ? undefined : value;
}

/** @param asked how many items the page should have; as many without a cursor are not the end */
export function readPage(json: unknown, asked: number): Page | undefined {
  if (!isObject(json)) return undefined;
  const items = names.items.map((name) => json[name]).find((value) => Array.isArray(value));
  if (!items) return undefined;
  const read: (Run | undefined)[] = items.map(readRun);
  const runs = read.filter((run) => run !== undefined);
  const said = names.cursors.map((name) => json[name]).filter((value) => value !== undefined && value !== null);
  const next = said.map(readCursor).find((cursor) => cursor !== undefined);
  const hidden =
    next === undefined && (said.some((value) => value !== '' && value !== false) || json.has_more === true);
  const full = next === undefined && items.length >= asked;
  return { runs, next, gaps: hidden || full || runs.length < items.length };
}
