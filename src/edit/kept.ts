// The original of an edit is put away at Runflow, so that it can be edited again when its own address has ended: when that
// is owed, and when it has to be dropped. Pure.
import type { EditEvent } from './events.ts';
import type { Duty, Edit } from './record.ts';
import { isDeleted, undoMs } from './undo.ts';

type DropSource = Extract<Duty, { kind: 'drop-source' }>;

/** What the picture was edited for is there or takes its time: until then nothing may hold up the run and its result. */
const afterThat: ReadonlySet<EditEvent['type']> = new Set<EditEvent['type']>(['posted', 'held', 'gave-up']);

/** Whether the original can be had in no other way: a result is fetched again from its own message. */
function isWorthKeeping({ input, parent, kept, recovered, erased, owed = [] }: Edit): boolean {
  if (kept || recovered || erased || owed.some(({ kind }) => kind === 'keep-source')) return false;
  const fromMessage = parent !== undefined && input.image_urls.length === 1;
  return !fromMessage && input.image_urls.some((url) => /^https?:/i.test(url));
}

const without = <Any extends Edit>(edit: Any, kinds: readonly Duty['kind'][]): Any => {
  const { owed = [] } = edit;
  const left = owed.filter(({ kind }) => !kinds.includes(kind));
  return left.length === owed.length ? edit : { ...edit, owed: left.length === 0 ? undefined : left };
};

const withDuty = <Any extends Edit>(edit: Any, duty: Duty): Any => ({ ...edit, owed: [...(edit.owed ?? []), duty] });

/** What of an edit's pictures lies at Runflow: all that were put away, or only those that were converted before. */
const assetsOf = ({ kept, intake = [] }: Edit): readonly string[] => kept ?? intake.flatMap(({ asset }) => asset ?? []);

/** What is owed for the original because of an event. */
export function oweSource<Any extends Edit>(edit: Any, event: EditEvent): Any {
  if (isDeleted(edit)) {
    const rid = without(edit, ['keep-source', 'drop-source']);
    const assets = assetsOf(edit);
    return assets.length > 0 ? withDuty(rid, { kind: 'drop-source', assets }) : rid;
  }
  // Taken down, it may still come back for a while; posted again, it owes its original again.
  if (event.type === 'decided' && event.verdict.kind === 'taken-down') {
    const rid = without(edit, ['keep-source', 'drop-source']);
    const assets = assetsOf(edit);
    if (assets.length === 0) return rid;
    const drop: DropSource = { kind: 'drop-source', assets, dueAt: event.verdict.at + undoMs };
    return withDuty(rid, drop);
  }
  if (event.type === 'undone') return without(edit, ['drop-source']);
  return afterThat.has(event.type) && isWorthKeeping(edit) ? withDuty(edit, { kind: 'keep-source' }) : edit;
}

/** Whether the original is still to be put away. */
export const owesSource = ({ owed = [] }: Edit): boolean => owed.some(({ kind }) => kind === 'keep-source');

export const owesOnlySource = ({ owed = [] }: Edit): boolean => owed.every(({ kind }) => kind === 'keep-source');

/** The edit once its original is put away; the same object when that is not owed any more. */
export function keepSource(edit: Edit, assets: readonly string[]): Edit {
  return owesSource(edit) ? { ...without(edit, ['keep-source']), kept: assets } : edit;
}

/** The edit once its original is gone. */
export function dropSource({ kept: _gone, intake: _too, ...edit }: Edit): Edit {
  return edit;
}
