// The run list: parameters, order, and cursors. A cursor names a position, not a count, so it stays valid as runs
// arrive.
import { z } from 'zod';
import { check, invalidField } from './errors.ts';
import { parseQuery } from './query.ts';
import { type Run, type RunField, runFields, showRun } from './run.ts';

const parameters = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  q: z.string().optional(),
  fields: z.string().optional(),
  sort_by: z.enum(['created_at:asc', 'created_at:desc', 'completed_at:asc', 'completed_at:desc']).optional(),
  pq: z.string().optional(),
});

const cursorShape = z.strictObject({
  sort: z.enum(['created_at:asc', 'created_at:desc', 'completed_at:asc', 'completed_at:desc']),
  go: z.enum(['next', 'prev']),
  key: z.string(),
});
type Cursor = z.infer<typeof cursorShape>;

function writeCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

function readCursor(text: string): Cursor {
  try {
    return cursorShape.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
  } catch {
    throw invalidField('pq', 'Not a cursor');
  }
}

function readFields(text: string | undefined): readonly RunField[] {
  if (text === undefined) return runFields;
  return text.split(',').map((name) => {
    const field = runFields.find((known) => known === name.trim());
    if (!field) throw invalidField('fields', `Unknown field "${name.trim()}"`);
    return field;
  });
}

/** Sorts runs by time, then by id; runs without that time come last in both directions. */
function sortKey(run: Run, sort: Cursor['sort']): string {
  const time = sort.startsWith('created_at') ? run.created_at : run.completed_at;
  return `${time ?? (sort.endsWith('asc') ? '~' : '')}|${run.id}`;
}

/** One page of `candidates` for a query string. */
export function listRuns(candidates: Iterable<Run>, query: unknown, tell: (run: Run) => unknown) {
  const asked = check(parameters, query);
  const cursor = asked.pq === undefined ? undefined : readCursor(asked.pq);
  if (cursor && asked.sort_by && asked.sort_by !== cursor.sort) {
    throw invalidField('pq', 'The cursor belongs to another sort_by');
  }
  const sort = cursor?.sort ?? asked.sort_by ?? 'created_at:desc';
  const fields = readFields(asked.fields);
  const filter = asked.q === undefined ? () => true : parseQuery(asked.q);

  const direction = sort.endsWith('asc') ? 1 : -1;
  const order = (a: string, b: string) => (a === b ? 0 : (a > b ? 1 : -1) * direction);
  const rows = [...candidates]
    .filter(filter)
    .map((run) => ({ run, key: sortKey(run, sort) }))
    .sort((a, b) => order(a.key, b.key));

  let start = 0;
  let end = Math.min(rows.length, asked.limit);
  if (cursor?.go === 'next') {
    start = rows.findIndex((row) => order(row.key, cursor.key) > 0);
    if (start < 0) start = rows.length;
    end = Math.min(rows.length, start + asked.limit);
  } else if (cursor) {
    end = rows.findIndex((row) => order(row.key, cursor.key) >= 0);
    if (end < 0) end = rows.length;
    start = Math.max(0, end - asked.limit);
  }
  const page = rows.slice(start, end);
  const first = page.at(0);
  const last = page.at(-1);
  return {
    items: page.map(({ run }) => showRun(run, tell, fields)),
    next_pq: last && end < rows.length ? writeCursor({ sort, go: 'next', key: last.key }) : null,
    prev_pq: first && start > 0 ? writeCursor({ sort, go: 'prev', key: first.key }) : null,
  };
}
