// What a refusal of Runflow says, in each of the shapes that its documents and clients show, shortened for the log: which
// field it minds, and why, is what an operator needs.
import { z } from 'zod';

export type ErrorBody = { code: string; message: string };

const most = { entries: 5, entryLength: 160, length: 600 };

const text = z.string().default('').catch('');
const anything = z.unknown().optional();
const envelope = z.object({
  code: text,
  message: text,
  error: anything,
  errors: anything,
  detail: anything,
});
const entry = z.object({
  field: text,
  loc: z
    .array(z.union([z.string(), z.number()]))
    .default([])
    .catch([]),
  message: text,
  msg: text,
});

function shorten(words: string, length: number): string {
  return words.length > length ? `${words.slice(0, length - 1)}…` : words;
}

/** One entry of a list: text, `{ field, message }` or `{ loc, msg }`; undefined when it is none of them. */
function readEntry(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const read = entry.safeParse(value).data;
  if (!read) return undefined;
  const where = read.field || read.loc.join('.');
  return [where, read.message || read.msg].filter((part) => part !== '').join(': ') || undefined;
}

function readEntries(value: unknown): string[] {
  const list = Array.isArray(value) ? value : [value];
  const all = list.map(readEntry).filter((one) => one !== undefined);
  const shown = all.slice(0, most.entries).map((one) => shorten(one, most.entryLength));
  return all.length > shown.length ? [...shown, `${all.length - shown.length} more`] : shown;
}

/** Whether a refusal is Runflow's own: it has a code, or says which field it minds. */
export function saysWhy(json: unknown): boolean {
  const outer = envelope.safeParse(json).data;
  const inner = envelope.safeParse(outer?.error).data;
  return [outer, inner].some(
    (body) => body && (body.code !== '' || readEntries([body.errors, body.detail].flat()).length > 0),
  );
}

/** Empty texts where the body says nothing. */
export function readErrorBody(json: unknown): ErrorBody {
  const outer = envelope.safeParse(json).data;
  if (!outer) return { code: '', message: '' };
  const inner = envelope.safeParse(outer.error).data;
  const said = typeof outer.error === 'string' ? outer.error : inner?.message;
  const details = [outer, ...(inner ? [inner] : [])].flatMap(({ errors, detail }) => [
    ...readEntries(errors),
    ...readEntries(detail),
  ]);
  const message = shorten(said || outer.message, most.length);
  const rest = details.length > 0 ? `(${details.join('; ')})` : '';
  return {
    code: inner?.code || outer.code,
    message: shorten([message, rest].filter((part) => part !== '').join(' '), 2 * most.length),
  };
}
