// What a server's moderators decided before about pictures that look alike. Kept by server and never read for another one:
// the latest of so many cases, found by parts of their prints, never by looking through them.
import { z } from 'zod';
import { type VerdictKind, verdictKinds } from '../audit/audit.ts';
import type { Edit } from '../edit/record.ts';
import { isOpen } from '../edit/review.ts';
import type { Verdict } from '../edit/review-record.ts';
import { alikeWithin, distanceOf, isPrint, listsAlike, listsOf, type Print } from '../picture/likeness.ts';
import { type Item, type Place, rankOf, type Store } from '../store/store.ts';

/** Verdicts on alike pictures: how many showed it, how many did not, and the latest. */
export type Alike = { shown: number; rejected: number; last: Verdict };

/** By results that look alike, and by what they were made of. */
export type Before = { results?: Alike | undefined; sources?: Alike | undefined };

export type PicturesBefore = {
  /** Keeps the verdict on an edit's pictures as it stands now, or forgets it where there is none. Idempotent. */
  note(edit: Edit): Promise<void>;
  /** What was decided about pictures that look like an open edit's; undefined when nothing was. */
  find(edit: Edit): Promise<Before | undefined>;
};

/** Cases of one server. The next one takes the place of the oldest. */
const mostCases = 2_000;
/** Read of one list: with that many cases, a list has some fifty of them. */
const mostInList = 200;

const printShape = z.string().refine(isPrint);
const caseShape = z.object({
  editId: z.string(),
  kind: z.enum(verdictKinds),
  by: z.string(),
  at: z.number(),
  results: z.array(printShape).readonly(),
  source: printShape.optional(),
});
type Case = z.infer<typeof caseShape>;

const showing: readonly VerdictKind[] = ['approved', 'approved-spoiler', 'kept'];

/** Only people's verdicts: time says nothing about a picture. */
function verdictOf({ review }: Edit): Verdict | undefined {
  return review?.verdict?.by === 'bot' ? undefined : review?.verdict;
}

const verdictParts = ({ kind, by, at }: Verdict) => ({ kind, by, at });

/** Between what is in a rank. */
const mark = '.';
const printsIn = (at: string): Print[] => at.slice(0, at.indexOf(' ')).split(mark).slice(1);

function sum(found: readonly Case[]): Alike | undefined {
  const [last] = found.toSorted((one, other) => other.at - one.at);
  if (!last) return undefined;
  const shown = found.filter(({ kind }) => showing.includes(kind)).length;
  const { kind, by, at } = last;
  return { shown, rejected: found.length - shown, last: { kind, by, at, reason: undefined } };
}

export function createPicturesBefore(store: Store, most = mostCases): PicturesBefore {
  const cases = store.table('case', (value) => caseShape.safeParse(value).data);
  const turns = store.table('case-turn', (value) => z.number().safeParse(value).data, 0);

  const listOfEdit = (guildId: string, editId: string) => `${guildId}:edit:${editId}`;
  const nameOf = (guildId: string, of: 'result' | 'source', part: string) => `${guildId}:${of}:${part}`;

  /** Each place has the prints of its list beside the time, so that only what is alike has to be read. */
  function placesOf(guildId: string, { editId, at, results, source }: Case): Place[] {
    const places = [
      { of: 'result' as const, prints: [...new Set(results)] },
      { of: 'source' as const, prints: source === undefined ? [] : [source] },
    ].flatMap(({ of, prints }) => {
      const parts = new Set(prints.flatMap(listsOf));
      return [...parts].map((part) => {
        const here = prints.filter((print) => listsOf(print).includes(part));
        return { list: nameOf(guildId, of, part), rank: [rankOf(at), ...here].join(mark) };
      });
    });
    return [{ list: listOfEdit(guildId, editId), rank: '' }, ...places];
  }

  /** The key of a case that is kept already. */
  async function keyOf(guildId: string, editId: string): Promise<string | undefined> {
    return (await cases.items(listOfEdit(guildId, editId), { limit: 1 }))[0]?.key;
  }

  async function tryKeep(guildId: string, one: Case): Promise<boolean> {
    const places = placesOf(guildId, one);
    const known = await keyOf(guildId, one.editId);
    if (known !== undefined) {
      const found = await cases.get(known);
      return store.commit([cases.write(known, one, found?.version ?? 0, { places })]);
    }
    const turn = await turns.get(guildId);
    const number = turn?.value ?? 0;
    const key = `${guildId}:${number % most}`;
    const oldest = await cases.get(key);
    return store.commit([
      turns.write(guildId, number + 1, turn?.version ?? 0),
      cases.write(key, one, oldest?.version ?? 0, { places }),
    ]);
  }

  async function tryForget(guildId: string, editId: string): Promise<boolean> {
    const key = await keyOf(guildId, editId);
    const found = key === undefined ? undefined : await cases.get(key);
    if (key === undefined || found?.value.editId !== editId) return true;
    return store.commit([{ table: 'case', key, expected: found.version }]);
  }

  /** The decided cases with a picture that looks like one of these, without this edit's own. */
  async function findAlike(guildId: string, of: 'result' | 'source', prints: readonly Print[], editId: string) {
    const lists = [...new Set(prints.flatMap(listsAlike))];
    const read = (part: string) => cases.items(nameOf(guildId, of, part), { backwards: true, limit: mostInList });
    const isAlike = ({ at }: Item) =>
      printsIn(at).some((there) => prints.some((here) => distanceOf(here, there) <= alikeWithin));
    const items = (await Promise.all(lists.map(read))).flat().filter(isAlike);
    const keys = [...new Set(items.map(({ key }) => key))];
    const found = await Promise.all(keys.map((key) => cases.get(key)));
    return found.flatMap((one) => (one && one.value.editId !== editId ? [one.value] : []));
  }

  return {
    async note(edit) {
      const { guildId } = edit.origin;
      const { prints } = edit.review ?? {};
      if (guildId === undefined || !prints) return;
      const verdict = verdictOf(edit);
      const work = verdict
        ? () => tryKeep(guildId, { editId: edit.id, ...verdictParts(verdict), ...prints })
        : () => tryForget(guildId, edit.id);
      while (!(await work())) {
        // Another process was first: what it left is looked at anew.
      }
    },

    async find({ id, origin: { guildId }, review }) {
      const { prints } = review ?? {};
      if (guildId === undefined || !prints || !isOpen(review)) return undefined;
      const { results, source } = prints;
      const [alike, made] = await Promise.all([
        findAlike(guildId, 'result', results, id),
        source === undefined ? [] : findAlike(guildId, 'source', [source], id),
      ]);
      // What its result says already is not said again of what it was made of.
      const known = new Set(alike.map(({ editId }) => editId));
      const found = { results: sum(alike), sources: sum(made.filter(({ editId }) => !known.has(editId))) };
      return found.results || found.sources ? found : undefined;
    },
  };
}
