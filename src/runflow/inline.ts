// Pictures that come inside Runflow's answers as data: URIs (sync_mode). An answer is read without holding them; a
// record gets a reference, and the bytes lie beside it in the store, with an expiry of their own, until they are posted.
import { DownloadError } from '../errors.ts';
import { createForgetful, type Space } from '../store/store.ts';
import type { Download, Downloads } from './downloads.ts';
import type { Outcome, Run } from './run.ts';

/** What stands in an answer's JSON, and then in a record, in place of the bytes. */
const scheme = 'inline:';
const opening = Buffer.from('"data:');
const quote = 0x22;
const backslash = 0x5c;
/** Shorter texts stay as they are. */
const worthwhile = 4_096;

/** As long as a result can wait for moderators; Runflow itself forgets sooner. */
const keepMs = 7 * 24 * 3_600_000;

export type Answer = {
  /** The JSON, in which `inline:0`, `inline:1`, … stand for the pictures. */
  text: string;
  /** Their data: URIs, in order; empty ones unless they were to be kept. */
  pictures: string[];
};

/** Reads the body of an answer, however many pictures are in it. @param keep whether their bytes are wanted */
export async function readAnswer(body: AsyncIterable<Buffer>, keep: boolean): Promise<Answer> {
  const text: Buffer[] = [];
  const pictures: string[] = [];
  /** Bytes not looked at yet: an opening may be cut in two. */
  let rest: Buffer = Buffer.alloc(0);
  /** The picture that is being read. */
  let inside: { pieces: Buffer[]; size: number } | undefined;

  function take(picture: { pieces: Buffer[]; size: number }, piece: Buffer): void {
    if (keep || picture.size < worthwhile) picture.pieces.push(piece);
    picture.size += piece.length;
  }

  function close({ pieces, size }: { pieces: Buffer[]; size: number }): void {
    const whole = Buffer.concat(pieces);
    if (size < worthwhile) {
      text.push(Buffer.from('"'), whole, Buffer.from('"'));
      return;
    }
    text.push(Buffer.from(`"${scheme}${pictures.length}"`));
    const uri = keep ? whole.toString('latin1') : '';
    // JSON may spell a slash as \/ and a plus as \u002b.
    pictures.push(uri.includes('\\') ? String(JSON.parse(`"${uri}"`)) : uri);
  }

  for await (const chunk of body) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length > 0) {
      if (inside) {
        const end = rest.indexOf(quote);
        take(inside, end === -1 ? rest : rest.subarray(0, end));
        rest = end === -1 ? Buffer.alloc(0) : rest.subarray(end + 1);
        if (end === -1) break;
        close(inside);
        inside = undefined;
        continue;
      }
      const start = rest.indexOf(opening);
      // An escaped quote is part of a longer text.
      if (start > 0 && rest[start - 1] === backslash) {
        text.push(rest.subarray(0, start + 1));
        rest = rest.subarray(start + 1);
        continue;
      }
      if (start === -1) {
        const sure = Math.max(0, rest.length - opening.length);
        text.push(rest.subarray(0, sure));
        rest = rest.subarray(sure);
        break;
      }
      text.push(rest.subarray(0, start));
      rest = rest.subarray(start + 1);
      inside = { pieces: [], size: 0 };
    }
  }
  text.push(...(inside ? [Buffer.from('"')] : []), rest);
  return { text: Buffer.concat(text).toString('utf8'), pictures };
}

/** The run with a reference in place of each inline picture, and which picture of the answer each one means. */
export function referInline(run: Run): { run: Run; places: { index: number; place: number }[] } {
  const { outcome } = run;
  if (outcome?.kind !== 'succeeded') return { run, places: [] };
  const places: { index: number; place: number }[] = [];
  const outputs = outcome.outputs.map((output, index) => {
    if (!output.url.startsWith(scheme)) return output;
    places.push({ index, place: Number(output.url.slice(scheme.length)) });
    return { ...output, url: `${scheme}${run.id}/${index}` };
  });
  return places.length === 0 ? { run, places } : { run: { ...run, outcome: { ...outcome, outputs } }, places };
}

export type InlinePictures = {
  keep(runId: string, index: number, uri: string): Promise<void>;
  /** Keeps the data: URIs in an outcome. @returns it with references */
  keepOutcome(runId: string, outcome: Outcome): Promise<Outcome>;
  /** Removes what was kept for an outcome. */
  drop(outcome: Outcome): Promise<void>;
  /** Opens references, too. @param again reads a picture from its run, where it was not kept */
  opener(
    open: Downloads['open'],
    again: (runId: string, index: number) => Promise<string | undefined>,
  ): Pick<Downloads, 'open'>;
};

export function createInlinePictures(stored: Space<unknown>): InlinePictures {
  // What cannot be read is read again from its run.
  const space = createForgetful(stored, (value) => (typeof value === 'string' ? value : undefined));
  const keep = (runId: string, index: number, uri: string) => space.set(`${runId}/${index}`, uri, keepMs);

  return {
    keep,

    async keepOutcome(runId, outcome) {
      if (outcome.kind !== 'succeeded') return outcome;
      const outputs = [];
      for (const [index, output] of outcome.outputs.entries()) {
        const isInline = /^data:/i.test(output.url);
        if (isInline) await keep(runId, index, output.url);
        outputs.push(isInline ? { ...output, url: `${scheme}${runId}/${index}` } : output);
      }
      return { ...outcome, outputs };
    },

    async drop(outcome) {
      if (outcome.kind !== 'succeeded') return;
      for (const { url } of outcome.outputs) if (url.startsWith(scheme)) await space.delete(url.slice(scheme.length));
    },

    opener: (open, again) => ({
      async open(url, signal): Promise<Download> {
        if (!url.startsWith(scheme)) return open(url, signal);
        const key = url.slice(scheme.length);
        const read = async () => {
          const [runId = '', index = ''] = key.split('/');
          const uri = (await space.get(key)) ?? (await again(runId, Number(index)));
          if (!uri) throw new DownloadError('expired', 'the picture of this run is not kept any more');
          return open(uri, signal);
        };
        // Nothing of it is in memory before its turn.
        return {
          size: undefined,
          begin: async () => {},
          pieces: async (arrived) => (await read()).pieces(arrived),
          whole: async (arrived) => (await read()).whole(arrived),
        };
      },
    }),
  };
}
